#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "domain/instant.h"
#include "translation/people_json.h"

/* ---- shared ---- */

static struct json_object *time_json(int64_t ms)
{
  char text[INSTANT_TEXT_SIZE];
  return ms == 0 ? NULL : json_object_new_string(instant_format_ms(ms, text));
}

static struct json_object *key_json(const struct api_key *key)
{
  struct json_object *out = json_object_new_object();
  struct json_object *scopes = json_object_new_array();
  g_autofree char *text = scopes_format(key->scopes);
  g_auto(GStrv) names = g_strsplit(text, ",", -1);
  for (char **name = names; *name != NULL; name++)
    json_object_array_add(scopes, json_object_new_string(*name));
  json_object_object_add(out, "id", json_object_new_string(key->id));
  json_object_object_add(out, "merchant", json_object_new_string(key->merchant));
  json_object_object_add(out, "name", key->name[0] == '\0' ? NULL : json_object_new_string(key->name));
  json_object_object_add(out, "scopes", scopes);
  json_object_object_add(out, "expires", time_json(key->expires_ms));
  json_object_object_add(out, "last_used", time_json(key->last_used_ms));
  json_object_object_add(out, "revoked", json_object_new_boolean(key->revoked));
  return out;
}

/* ---- add ---- */

struct add_args {
  const char *merchant, *scopes, *expires, *name;
};

static error_t parse_add(int key, char *value, struct argp_state *state)
{
  struct add_args *args = state->input;
  switch (key) {
  case 'm':
    args->merchant = value;
    return 0;
  case 's':
    args->scopes = value;
    return 0;
  case 'e':
    args->expires = value;
    return 0;
  case 'n':
    args->name = value;
    return 0;
  case ARGP_KEY_END:
    if (args->merchant == NULL || args->scopes == NULL)
      argp_error(state, "--merchant and --scopes are needed");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* The rule is the API's. */
static enum result check_name(const char *name, struct err *e)
{
  const struct field *field = &key_body_table.fields[KEY_BODY_NAME];
  char rule[FIELD_RULE_SIZE];
  if (name == NULL || field_text_valid(field, name))
    return RESULT_OK;
  return err_set(e, RESULT_INVALID, "--name %s", field_rule(field, rule));
}

static enum result check_add(struct cli *cli, const struct add_args *args, unsigned *scopes,
                             int64_t *expires_ms, struct err *e)
{
  struct merchant merchant;
  *scopes = scopes_parse(args->scopes);
  if (*scopes == 0)
    return err_set(e, RESULT_INVALID,
                   "'%s': scopes are orders:write, orders:read, orders:import, refunds:write and "
                   "metrics:read",
                   args->scopes);
  if (args->expires != NULL) {
    enum result r = instant_parse(args->expires, strlen(args->expires), expires_ms, e);
    if (r != RESULT_OK)
      return r;
    if (*expires_ms <= g_get_real_time() / 1000)
      return err_set(e, RESULT_INVALID, "--expires %s has passed", args->expires);
  }
  enum result r = check_name(args->name, e);
  return r == RESULT_OK ? cli_get_merchant(cli, args->merchant, &merchant, e) : r;
}

static enum result make_key(struct cli *cli, const struct add_args *args, unsigned scopes, int64_t expires_ms,
                            struct api_key *key, char **secret, struct err *e)
{
  struct api_key wanted = {.scopes = scopes, .expires_ms = expires_ms};
  g_strlcpy(wanted.merchant, args->merchant, sizeof wanted.merchant);
  if (args->name != NULL)
    g_strlcpy(wanted.name, args->name, sizeof wanted.name);
  return people_add_key(&cli->people, &cli_actor, &wanted, key, secret, e);
}

static enum result run_add(struct cli *cli, void *input, struct err *e)
{
  const struct add_args *args = input;
  unsigned scopes;
  int64_t expires_ms = 0;
  struct api_key key = {0};
  g_autofree char *secret = NULL;
  enum result r = check_add(cli, args, &scopes, &expires_ms, e);
  if (r == RESULT_OK)
    r = make_key(cli, args, scopes, expires_ms, &key, &secret, e);
  if (r != RESULT_OK)
    return r;
  if (cli->json) {
    struct json_object *out = key_json(&key);
    json_object_object_add(out, "secret", json_object_new_string(secret));
    cli_print_json(out);
  } else {
    printf("key %s of merchant %s made. Its secret, which is not shown again:\n%s\n", key.id, key.merchant,
           secret);
  }
  return RESULT_OK;
}

int command_key_add(int argc, char **argv)
{
  static const struct argp_option options[] = {
      {"merchant", 'm', "ID", 0, "The merchant that the key is for", 0},
      {"scopes", 's', "SCOPE[,SCOPE...]", 0,
       "What it may do: orders:write, orders:read, orders:import, refunds:write, metrics:read", 0},
      {"expires", 'e', "TIME", 0, "When it ends by itself (RFC 3339); default: never", 0},
      {"name", 'n', "NAME", 0, "What it is called, for people", 0},
      {0},
  };
  static const struct argp argp = {
      .options = options, .parser = parse_add, .doc = "Makes an API key and prints its secret, once."};
  struct add_args args = {0};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run_add}, &args, argc, argv);
}

/* ---- list ---- */

static error_t parse_merchant(int key, char *value, struct argp_state *state)
{
  const char **merchant = state->input;
  if (key == ARGP_KEY_END && *merchant == NULL)
    argp_error(state, "--merchant is needed");
  if (key != 'm')
    return key == ARGP_KEY_END ? 0 : ARGP_ERR_UNKNOWN;
  *merchant = value;
  return 0;
}

static const struct argp_option merchant_options[] = {{"merchant", 'm', "ID", 0, "The merchant", 0}, {0}};

static const char *state_of(const struct api_key *key, int64_t now_ms)
{
  if (key->revoked)
    return "revoked";
  return key->expires_ms != 0 && key->expires_ms <= now_ms ? "expired" : "live";
}

static void add_time(struct table *table, int64_t ms)
{
  char text[INSTANT_TEXT_SIZE];
  table_add(table, ms == 0 ? "never" : instant_format_ms(ms, text));
}

static void print_list(const GArray *keys)
{
  struct table *table =
      table_new((const char *const[]){"ID", "STATE", "EXPIRES", "USED", "SCOPES", "NAME", NULL});
  for (guint i = 0; i < keys->len; i++) {
    const struct api_key *key = &g_array_index(keys, struct api_key, i);
    g_autofree char *scopes = scopes_format(key->scopes);
    table_add(table, key->id);
    table_add(table, state_of(key, g_get_real_time() / 1000));
    add_time(table, key->expires_ms);
    add_time(table, key->last_used_ms);
    table_add(table, scopes);
    table_add(table, key->name);
  }
  table_print(table, stdout);
  table_free(table);
}

static void print_list_json(const GArray *keys)
{
  struct json_object *out = json_object_new_object();
  struct json_object *data = json_object_new_array();
  for (guint i = 0; i < keys->len; i++)
    json_object_array_add(data, key_json(&g_array_index(keys, struct api_key, i)));
  json_object_object_add(out, "data", data);
  cli_print_json(out);
}

static enum result run_list(struct cli *cli, void *input, struct err *e)
{
  const char *const *id = input;
  struct merchant merchant;
  g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(struct api_key));
  enum result r = cli_get_merchant(cli, *id, &merchant, e);
  if (r == RESULT_OK)
    r = people_list_keys(&cli->people, *id, keys, e);
  if (r == RESULT_OK)
    r = people_read_key_uses(&cli->people, keys, e);
  if (r == RESULT_OK && cli->json)
    print_list_json(keys);
  else if (r == RESULT_OK)
    print_list(keys);
  return r;
}

int command_key_list(int argc, char **argv)
{
  static const struct argp argp = {
      .options = merchant_options,
      .parser = parse_merchant,
      .doc = "Lists a merchant's API keys, without secrets, and when each was last used."};
  const char *merchant = NULL;
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run_list}, &merchant, argc, argv);
}

/* ---- revoke ---- */

struct revoke_args {
  const char *merchant, *id;
};

static error_t parse_revoke(int key, char *value, struct argp_state *state)
{
  struct revoke_args *args = state->input;
  switch (key) {
  case 'm':
    args->merchant = value;
    return 0;
  case ARGP_KEY_ARG:
    if (args->id != NULL)
      return ARGP_ERR_UNKNOWN;
    args->id = value;
    return 0;
  case ARGP_KEY_END:
    if (args->merchant == NULL || args->id == NULL)
      argp_error(state, "--merchant and KEY are needed");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static enum result run_revoke(struct cli *cli, void *input, struct err *e)
{
  const struct revoke_args *args = input;
  struct err cause = ERR_NONE;
  enum result r = people_revoke_key(&cli->people, &cli_actor, args->merchant, args->id, &cause);
  if (r == RESULT_NOT_FOUND)
    return err_set(e, r, "merchant '%s' has no key '%s' (takings key list)", args->merchant, args->id);
  if (r != RESULT_OK)
    return err_set(e, r, "%s", cause.text);
  if (cli->json) {
    struct json_object *out = json_object_new_object();
    json_object_object_add(out, "id", json_object_new_string(args->id));
    json_object_object_add(out, "revoked", json_object_new_boolean(true));
    cli_print_json(out);
  } else {
    printf("key %s of merchant %s revoked\n", args->id, args->merchant);
  }
  return RESULT_OK;
}

int command_key_revoke(int argc, char **argv)
{
  static const struct argp argp = {
      .options = merchant_options,
      .parser = parse_revoke,
      .args_doc = "KEY",
      .doc = "Ends an API key at once. KEY is its id, as `takings key list' tells it."};
  struct revoke_args args = {0};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run_revoke}, &args, argc, argv);
}
