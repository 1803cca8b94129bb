#include <string.h>

#include "stores/mongo.h"
#include "stores/schema.h"
#include "stores/setup_internal.h"
#include "translation/bson_fields.h"

/* Server error codes. */
#define ROLE_EXISTS 51002
#define USER_EXISTS 51003

/* What a program may do to a collection ("": to every one of the database). Nobody may update or remove in
 * the ledger and in the audit. */
struct grant {
  enum conf_program program;
  bool people; /* in the database of people */
  const char *collection;
  const char *actions; /* separated by commas */
};

static const struct grant grants[] = {
    {CONF_WORKER, false, COLLECTION_LEDGER, "find,insert"},
    {CONF_WORKER, false, COLLECTION_MERCHANTS, "find,update"},
    {CONF_WORKER, true, COLLECTION_USERS, "find,insert,update"},
    {CONF_WORKER, true, COLLECTION_API_KEYS, "find,insert,update"},
    {CONF_WORKER, true, COLLECTION_AUDIT, "find,insert"},
    {CONF_WORKER, true, COLLECTION_QUARANTINE, "find,remove"},
    {CONF_WORKER, true, COLLECTION_PROOFS, "find"},
    {CONF_TAILER, false, "", "find,changeStream"},
    {CONF_TAILER, false, COLLECTION_HEARTBEAT, "update"},
    {CONF_TAILER, true, COLLECTION_QUARANTINE, "insert,update"},
    {CONF_BATCH, false, COLLECTION_LEDGER, "find"},
    {CONF_BATCH, false, COLLECTION_MERCHANTS, "find,update"},
    {CONF_BATCH, false, COLLECTION_HEARTBEAT, "update"},
    {CONF_BATCH, true, COLLECTION_QUARANTINE, "find,insert"},
    {CONF_BATCH, true, COLLECTION_PROOFS, "find,insert"},
    {CONF_CLI, false, COLLECTION_LEDGER, "find,insert"},
    {CONF_CLI, false, COLLECTION_MERCHANTS, "find,insert,update"},
    {CONF_CLI, true, COLLECTION_USERS, "find,insert,update"},
    {CONF_CLI, true, COLLECTION_API_KEYS, "find,insert,update"},
    {CONF_CLI, true, COLLECTION_AUDIT, "find,insert"},
    {CONF_CLI, true, COLLECTION_QUARANTINE, "find"},
    {CONF_CLI, true, COLLECTION_PROOFS, "find"},
};

static void append_texts(bson_t *out, const char *name, const char *list)
{
  bson_t array;
  g_auto(GStrv) texts = g_strsplit(list, ",", -1);
  BSON_APPEND_ARRAY_BEGIN(out, name, &array);
  for (uint32_t i = 0; texts[i] != NULL; i++) {
    bson_fields_append_text(&array, i, texts[i]);
  }
  bson_append_array_end(out, &array);
}

static void append_privileges(bson_t *command, const struct conf *conf, enum conf_program program)
{
  bson_t privileges, privilege, resource;
  uint32_t count = 0;
  BSON_APPEND_ARRAY_BEGIN(command, "privileges", &privileges);
  for (size_t i = 0; i < G_N_ELEMENTS(grants); i++) {
    char buffer[16];
    const char *position = NULL;
    if (grants[i].program != program)
      continue;
    bson_uint32_to_string(count++, &position, buffer, sizeof buffer);
    BSON_APPEND_DOCUMENT_BEGIN(&privileges, position, &privilege);
    BSON_APPEND_DOCUMENT_BEGIN(&privilege, "resource", &resource);
    BSON_APPEND_UTF8(&resource, "db", grants[i].people ? conf->mongo_people_database : conf->mongo_database);
    BSON_APPEND_UTF8(&resource, "collection", grants[i].collection);
    bson_append_document_end(&privilege, &resource);
    append_texts(&privilege, "actions", grants[i].actions);
    bson_append_document_end(&privileges, &privilege);
  }
  bson_append_array_end(command, &privileges);
}

/* Runs `create` with the fields of `rest`, or `update` with the same when it exists. */
MUST_CHECK static enum result create_or_update(struct setup *setup, const char *create, const char *update,
                                               const char *name, const bson_t *rest, uint32_t exists,
                                               struct err *e)
{
  bool updated = false;
  struct err refusal = ERR_NONE;
  uint32_t code = 0;
  bson_t command = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&command, create, name);
  bson_concat(&command, rest);
  enum result r = setup_command(setup, "admin", &command, create, NULL, &code, &refusal);
  bson_destroy(&command);
  if (r != RESULT_OK && code == exists) {
    err_clear(&refusal);
    bson_init(&command);
    BSON_APPEND_UTF8(&command, update, name);
    bson_concat(&command, rest);
    r = setup_command(setup, "admin", &command, update, NULL, NULL, &refusal);
    bson_destroy(&command);
    updated = true;
  }
  if (r != RESULT_OK)
    return err_set(e, r, "%s", refusal.text);
  setup_report(setup, "MongoDB %s %s: %s", strcmp(create, "createRole") == 0 ? "role" : "user", name,
               updated ? "set again" : "made");
  return RESULT_OK;
}

MUST_CHECK static enum result make_role(struct setup *setup, enum conf_program program, const char *name,
                                        struct err *e)
{
  bson_t rest = BSON_INITIALIZER, none;
  append_privileges(&rest, setup->conf, program);
  BSON_APPEND_ARRAY_BEGIN(&rest, "roles", &none);
  bson_append_array_end(&rest, &none);
  enum result r = create_or_update(setup, "createRole", "updateRole", name, &rest, ROLE_EXISTS, e);
  bson_destroy(&rest);
  return r;
}

MUST_CHECK static enum result make_user(struct setup *setup, const char *user, const char *password,
                                        const char *role, struct err *e)
{
  bson_t rest = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&rest, "pwd", password);
  append_texts(&rest, "roles", role);
  enum result r = create_or_update(setup, "createUser", "updateUser", user, &rest, USER_EXISTS, e);
  bson_destroy(&rest);
  return r;
}

MUST_CHECK static enum result make_account(struct setup *setup, enum conf_program program, struct err *e)
{
  const struct conf_credentials *credentials = &setup->conf->credentials[program];
  g_autofree char *role = g_strconcat("takings-", conf_program_name(program), NULL);
  g_autofree char *password = NULL;
  if (credentials->mongo_user == NULL)
    return RESULT_OK;
  if (credentials->mongo_user[0] == '\0') {
    setup_report(setup, "MongoDB user of [%s]: none is configured", conf_program_name(program));
    return RESULT_OK;
  }
  enum result r = conf_read_secret(credentials->mongo_password_file, &password, e);
  if (r == RESULT_OK)
    r = make_role(setup, program, role, e);
  if (r == RESULT_OK)
    r = make_user(setup, credentials->mongo_user, password, role, e);
  return r;
}

enum result setup_users(struct setup *setup, struct err *e)
{
  enum result r = RESULT_OK;
  for (int program = 0; r == RESULT_OK && program < CONF_ADMIN; program++)
    r = make_account(setup, (enum conf_program)program, e);
  return r;
}
