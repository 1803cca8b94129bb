#include <string.h>

#include "stores/keys.h"
#include "stores/setup_internal.h"

/* What a program may do in Redis: rules of ACL SETUSER, separated by blanks. %R~ keys it may read, ~ keys it
 * may read and write, & channels. A program that may WATCH, MULTI and EXEC commits figures; only the batch
 * does. */
#define READ_COMMANDS "+ping +get +mget"
/* What stores/keys.h names: the figures, and not sessions, keys and members beside them. */
#define FIGURES "~tk:head ~tk:{*"
#define COMMIT_COMMANDS READ_COMMANDS " +watch +unwatch +multi +exec +set +setrange +del +scan +publish"

#define TELL_ENDED "&" KEY_ENDED_CHANNEL " +publish "

static const struct {
  enum conf_program program;
  const char *rules;
} accounts[] = {
    {CONF_WORKER, "%R~tk:* ~tk:session:* ~tk:key:* ~tk:used:* ~tk:member:* ~tk:terms:* ~tk:login:* "
                  "~tk:cursor_key " TELL_ENDED READ_COMMANDS " +set +del"},
    {CONF_TAILER, "%R~tk:head " READ_COMMANDS},
    {CONF_BATCH, FIGURES " &tk:{* " COMMIT_COMMANDS},
    {CONF_PUSH, "&" KEY_CHANNELS " &" KEY_ENDED_CHANNEL " +psubscribe +subscribe"},
    {CONF_CLI, "%R~tk:* ~tk:key:* ~tk:member:* ~tk:terms:* " TELL_ENDED READ_COMMANDS " +set +del"},
};

MUST_CHECK static enum result set_user(struct setup *setup, const char *user, const char *password,
                                       const char *rules, struct err *e)
{
  g_autofree char *secret = g_strconcat(">", password, NULL);
  g_auto(GStrv) words = g_strsplit(rules, " ", -1);
  g_autoptr(GPtrArray) argv = g_ptr_array_new();
  const char *const head[] = {"ACL", "SETUSER", user, "reset", "on", secret};
  for (size_t i = 0; i < G_N_ELEMENTS(head); i++)
    g_ptr_array_add(argv, (gpointer)head[i]);
  for (char **word = words; *word != NULL; word++)
    g_ptr_array_add(argv, *word);
  g_autofree size_t *lengths = g_new(size_t, argv->len);
  for (guint i = 0; i < argv->len; i++)
    lengths[i] = strlen(argv->pdata[i]);
  redisReply *reply = NULL;
  enum result r = redis_command(setup->redis, (int)argv->len, (const char **)argv->pdata, lengths, &reply, e);
  if (r == RESULT_OK)
    freeReplyObject(reply);
  return r;
}

MUST_CHECK static enum result make_account(struct setup *setup, enum conf_program program, const char *rules,
                                           struct err *e)
{
  const struct conf_credentials *credentials = &setup->conf->credentials[program];
  g_autofree char *password = NULL;
  if (credentials->redis_user[0] == '\0') {
    setup_report(setup, "Redis user of [%s]: none is configured", conf_program_name(program));
    return RESULT_OK;
  }
  enum result r = conf_read_secret(credentials->redis_password_file, &password, e);
  if (r == RESULT_OK)
    r = set_user(setup, credentials->redis_user, password, rules, e);
  if (r == RESULT_OK)
    setup_report(setup, "Redis user %s: set", credentials->redis_user);
  return r;
}

/* Without an aclfile Redis refuses, and the users last until it is started again: the report says so. */
static void save(struct setup *setup)
{
  redisReply *reply = NULL;
  if (redis_call(setup->redis, &reply, NULL, "ACL", "SAVE", NULL) != RESULT_OK) {
    setup_report(setup, "Redis users: not saved, because no aclfile is configured");
    return;
  }
  freeReplyObject(reply);
  setup_report(setup, "Redis users: saved");
}

enum result setup_redis_users(struct setup *setup, struct err *e)
{
  enum result r = RESULT_OK;
  for (size_t i = 0; r == RESULT_OK && i < G_N_ELEMENTS(accounts); i++)
    r = make_account(setup, accounts[i].program, accounts[i].rules, e);
  if (r == RESULT_OK)
    save(setup);
  return r;
}
