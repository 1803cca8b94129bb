#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "domain/money.h"
#include "domain/zone.h"
#include "stores/settings.h"

/* ---- shared ---- */

/* "": null */
static struct json_object *locale_json(const char *locale)
{
  return locale[0] != '\0' ? json_object_new_string(locale) : NULL;
}

static struct json_object *merchant_json(const struct merchant *merchant)
{
  struct json_object *out = json_object_new_object();
  struct json_object *currencies = json_object_new_array();
  for (size_t i = 0; i < merchant->currency_count; i++)
    json_object_array_add(currencies, json_object_new_string(merchant->currencies[i]));
  json_object_object_add(out, "id", json_object_new_string(merchant->id));
  json_object_object_add(out, "name", json_object_new_string(merchant->name));
  json_object_object_add(out, "timezone", json_object_new_string(merchant->zone));
  json_object_object_add(out, "currencies", currencies);
  json_object_object_add(out, "locale", locale_json(merchant->locale));
  return out;
}

static char *currencies_text(const struct merchant *merchant)
{
  GString *text = g_string_new(NULL);
  for (size_t i = 0; i < merchant->currency_count; i++)
    g_string_append_printf(text, "%s%s", i > 0 ? "," : "", merchant->currencies[i]);
  return g_string_free(text, FALSE);
}

static const char *locale_text(const char *locale)
{
  return locale[0] != '\0' ? locale : "none";
}

static enum result check_zone(const char *name, struct err *e)
{
  struct zone *zone = NULL;
  enum result r = zone_open(name, &zone, e);
  zone_free(zone);
  return r;
}

static enum result check_locale(const char *locale, struct err *e)
{
  if (merchant_locale_valid(locale))
    return RESULT_OK;
  return err_set(e, RESULT_INVALID, "'%s' is no language tag such as de-CH or ar-KW-u-nu-latn", locale);
}

/* ---- add ---- */

struct add_args {
  const char *id, *zone, *currencies, *name, *locale;
};

static error_t parse_add(int key, char *value, struct argp_state *state)
{
  struct add_args *args = state->input;
  switch (key) {
  case 'z':
    args->zone = value;
    return 0;
  case 'C':
    args->currencies = value;
    return 0;
  case 'n':
    args->name = value;
    return 0;
  case 'l':
    args->locale = value;
    return 0;
  case ARGP_KEY_ARG:
    if (args->id != NULL)
      return ARGP_ERR_UNKNOWN;
    args->id = value;
    return 0;
  case ARGP_KEY_END:
    if (args->id == NULL || args->zone == NULL || args->currencies == NULL)
      argp_error(state, "ID, --zone and --currency are needed");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static enum result add_currencies(struct merchant *merchant, const char *text, struct err *e)
{
  g_auto(GStrv) codes = g_strsplit(text, ",", -1);
  for (char **code = codes; *code != NULL; code++) {
    if (currency_find(*code) == NULL)
      return err_set(e, RESULT_INVALID, "'%s' is no currency of ISO 4217 with a minor unit", *code);
    if (merchant_has_currency(merchant, *code))
      return err_set(e, RESULT_INVALID, "%s is given twice", *code);
    if (merchant->currency_count == MERCHANT_CURRENCIES_MAX)
      return err_set(e, RESULT_INVALID, "more than %d currencies", MERCHANT_CURRENCIES_MAX);
    g_strlcpy(merchant->currencies[merchant->currency_count++], *code, sizeof merchant->currencies[0]);
  }
  return RESULT_OK;
}

static enum result fill_merchant(const struct add_args *args, struct merchant *merchant, struct err *e)
{
  const char *name = args->name != NULL ? args->name : args->id;
  if (!merchant_id_valid(args->id, strlen(args->id)))
    return err_set(e, RESULT_INVALID,
                   "'%s': an id has 2 to 32 of a-z, 0-9 and '-', and does not begin with '-'", args->id);
  if (name[0] == '\0' || strlen(name) >= sizeof merchant->name || !g_utf8_validate(name, -1, NULL))
    return err_set(e, RESULT_INVALID, "a name has 1 to %zu bytes of UTF-8", sizeof merchant->name - 1);
  enum result r = check_zone(args->zone, e);
  if (r == RESULT_OK && args->locale != NULL)
    r = check_locale(args->locale, e);
  if (r != RESULT_OK)
    return r;
  g_strlcpy(merchant->id, args->id, sizeof merchant->id);
  g_strlcpy(merchant->name, name, sizeof merchant->name);
  g_strlcpy(merchant->zone, args->zone, sizeof merchant->zone);
  if (args->locale != NULL)
    g_strlcpy(merchant->locale, args->locale, sizeof merchant->locale);
  return add_currencies(merchant, args->currencies, e);
}

static enum result run_add(struct cli *cli, void *input, struct err *e)
{
  struct merchant merchant = {0};
  struct err cause = ERR_NONE;
  enum result r = fill_merchant(input, &merchant, e);
  if (r != RESULT_OK)
    return r;
  r = people_add_merchant(&cli->people, &cli_actor, &merchant, &cause);
  if (r == RESULT_CONFLICT)
    return err_set(e, r, "there is a merchant '%s' already", merchant.id);
  if (r != RESULT_OK)
    return err_set(e, r, "%s", cause.text);
  g_autofree char *currencies = currencies_text(&merchant);
  if (cli->json)
    cli_print_json(merchant_json(&merchant));
  else
    printf("merchant %s added: %s, %s\n", merchant.id, merchant.zone, currencies);
  return RESULT_OK;
}

int command_merchant_add(int argc, char **argv)
{
  static const struct argp_option options[] = {
      {"zone", 'z', "ZONE", 0, "IANA time zone: Europe/Berlin", 0},
      {"currency", 'C', "CODE[,CODE...]", 0, "Currencies it sells in: EUR,USD", 0},
      {"name", 'n', "NAME", 0, "What people call it (default: its id)", 0},
      {"locale", 'l', "TAG", 0, "How pages write numbers and dates: de-DE (default: as each reader's own)",
       0},
      {0},
  };
  static const struct argp argp = {
      .options = options, .parser = parse_add, .args_doc = "ID", .doc = "Adds a merchant."};
  struct add_args args = {0};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run_add}, &args, argc, argv);
}

/* ---- list ---- */

static void print_list(const GArray *merchants)
{
  struct table *table = table_new((const char *const[]){"ID", "ZONE", "CURRENCIES", "LOCALE", "NAME", NULL});
  for (guint i = 0; i < merchants->len; i++) {
    const struct merchant *merchant = &g_array_index(merchants, struct merchant, i);
    g_autofree char *currencies = currencies_text(merchant);
    table_add(table, merchant->id);
    table_add(table, merchant->zone);
    table_add(table, currencies);
    table_add(table, locale_text(merchant->locale));
    table_add(table, merchant->name);
  }
  table_print(table, stdout);
  table_free(table);
}

static void print_list_json(const GArray *merchants)
{
  struct json_object *out = json_object_new_object();
  struct json_object *data = json_object_new_array();
  for (guint i = 0; i < merchants->len; i++)
    json_object_array_add(data, merchant_json(&g_array_index(merchants, struct merchant, i)));
  json_object_object_add(out, "data", data);
  cli_print_json(out);
}

static enum result run_list(struct cli *cli, void *input, struct err *e)
{
  (void)input;
  g_autoptr(GArray) merchants = g_array_new(FALSE, FALSE, sizeof(struct merchant));
  enum result r = people_list_merchants(&cli->people, merchants, e);
  if (r == RESULT_OK && cli->json)
    print_list_json(merchants);
  else if (r == RESULT_OK)
    print_list(merchants);
  return r;
}

int command_merchant_list(int argc, char **argv)
{
  static const struct argp argp = {.doc = "Lists all merchants."};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run_list}, NULL, argc, argv);
}

/* ---- set-zone and set-locale ---- */

struct set_args {
  const char *needed;
  const char *id, *value;
};

static error_t parse_set(int key, char *value, struct argp_state *state)
{
  struct set_args *args = state->input;
  if (key == ARGP_KEY_END && args->value == NULL)
    argp_error(state, "%s are needed", args->needed);
  if (key != ARGP_KEY_ARG || args->value != NULL)
    return key == ARGP_KEY_END ? 0 : ARGP_ERR_UNKNOWN;
  *(args->id == NULL ? &args->id : &args->value) = value;
  return 0;
}

static enum result run_set_zone(struct cli *cli, void *input, struct err *e)
{
  const struct set_args *args = input;
  struct merchant before;
  enum result r = check_zone(args->value, e);
  if (r == RESULT_OK)
    r = cli_get_merchant(cli, args->id, &before, e);
  if (r == RESULT_OK)
    r = settings_change(&cli->people, &cli_actor, args->id, &(struct settings){.zone = args->value}, NULL, e);
  if (r != RESULT_OK)
    return r;
  if (!cli->json && strcmp(args->value, before.zone) == 0) {
    printf("merchant %s: %s already, nothing changes\n", args->id, args->value);
    return RESULT_OK;
  }
  if (!cli->json) {
    printf("merchant %s: %s instead of %s; its history is being cut anew (takings status)\n", args->id,
           args->value, before.zone);
    return RESULT_OK;
  }
  struct json_object *out = json_object_new_object();
  json_object_object_add(out, "id", json_object_new_string(args->id));
  json_object_object_add(out, "timezone", json_object_new_string(args->value));
  json_object_object_add(out, "before", json_object_new_string(before.zone));
  cli_print_json(out);
  return RESULT_OK;
}

int command_merchant_set_zone(int argc, char **argv)
{
  static const struct argp argp = {
      .parser = parse_set,
      .args_doc = "ID ZONE",
      .doc = "Gives a merchant another time zone, for its whole history. The figures are "
             "cut anew while the old ones, true and dated, are still served."};
  struct set_args args = {.needed = "ID and ZONE"};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run_set_zone}, &args, argc, argv);
}

/* "none" is no tag: a language has two letters, or three. */
static enum result run_set_locale(struct cli *cli, void *input, struct err *e)
{
  const struct set_args *args = input;
  const char *locale = strcmp(args->value, locale_text("")) == 0 ? "" : args->value;
  struct merchant before;
  enum result r = locale[0] != '\0' ? check_locale(locale, e) : RESULT_OK;
  if (r == RESULT_OK)
    r = cli_get_merchant(cli, args->id, &before, e);
  if (r == RESULT_OK)
    r = settings_change(&cli->people, &cli_actor, args->id, &(struct settings){.locale = locale}, NULL, e);
  if (r != RESULT_OK)
    return r;
  if (!cli->json && strcmp(locale, before.locale) == 0) {
    printf("merchant %s: %s already, nothing changes\n", args->id, args->value);
    return RESULT_OK;
  }
  if (!cli->json) {
    printf("merchant %s: %s instead of %s\n", args->id, args->value, locale_text(before.locale));
    return RESULT_OK;
  }
  struct json_object *out = json_object_new_object();
  json_object_object_add(out, "id", json_object_new_string(args->id));
  json_object_object_add(out, "locale", locale_json(locale));
  json_object_object_add(out, "before", locale_json(before.locale));
  cli_print_json(out);
  return RESULT_OK;
}

int command_merchant_set_locale(int argc, char **argv)
{
  static const struct argp argp = {.parser = parse_set,
                                   .args_doc = "ID TAG",
                                   .doc = "Says how pages write a merchant's numbers and dates: by a "
                                          "language tag such as de-CH, or none, for as "
                                          "each reader's browser does. No figure changes."};
  struct set_args args = {.needed = "ID and TAG"};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run_set_locale}, &args, argc, argv);
}
