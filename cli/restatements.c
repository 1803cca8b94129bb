#include "cli/commands.h"

#include <stdio.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "domain/money.h"
#include "domain/range.h"
#include "domain/zone_cache.h"
#include "stores/ledger_restatements.h"

#define LIMIT_DEFAULT 100

struct args {
  const char *merchant, *from, *to;
  int64_t limit;
};

static const char *const cause_names[] = {
    [RESTATEMENT_ORDER] = "order", [RESTATEMENT_REFUND] = "refund", [RESTATEMENT_IMPORT] = "import"};

/* ---- as a table ---- */

/* A metric that no restatement changed tells nothing. */
static bool ever_changed(const struct restatement_page *page, size_t metric)
{
  for (size_t i = 0; i < page->count; i++)
    for (size_t j = 0; j < page->items[i].change_count; j++)
      if (page->items[i].changes[j].known && page->items[i].changes[j].columns[metric] != 0)
        return true;
  return false;
}

static struct table *new_table(const bool shown[METRIC_ADDITIVE])
{
  const char *headings[6 + METRIC_ADDITIVE + 1] = {"RECORDED", "CAUSE", ">ENTRIES",
                                                   "FIRST",    "LAST",  "CURRENCY"};
  char names[METRIC_ADDITIVE][64];
  size_t count = 6;
  for (size_t id = 0; id < METRIC_ADDITIVE; id++) {
    if (!shown[id])
      continue;
    g_snprintf(names[id], sizeof names[id], ">%s", metric_table[id].name);
    headings[count++] = names[id];
  }
  return table_new(headings);
}

static void add_cause(struct table *table, const struct restatement *item)
{
  char text[INSTANT_TEXT_SIZE];
  table_add(table, instant_format_ms(item->recorded_at_ms, text));
  if (item->cause == RESTATEMENT_IMPORT)
    table_add_format(table, "import %s", item->id);
  else
    table_add(table, item->id);
  table_add_format(table, "%" PRId64, item->entries);
  table_add(table, instant_format_ms(item->first_ms, text));
  table_add(table, instant_format_ms(item->last_ms, text));
}

static void add_change(struct table *table, const struct restatement_change *change,
                       const bool shown[METRIC_ADDITIVE])
{
  const struct currency *currency = currency_find(change->currency);
  table_add(table, currency != NULL ? change->currency : "unknown");
  for (size_t id = 0; id < METRIC_ADDITIVE; id++) {
    char text[MONEY_TEXT_SIZE];
    bool money = metric_table[id].unit == METRIC_MONEY && currency != NULL;
    if (shown[id])
      table_add(table, change->known ? money_format(change->columns[id], money ? currency->exponent : 0, text)
                                     : "unknown");
  }
}

/* A further currency of the same restatement stands below the first, under an empty cause. */
static void add_item(struct table *table, const struct restatement *item, const bool shown[METRIC_ADDITIVE])
{
  for (size_t i = 0; i < item->change_count; i++) {
    if (i == 0)
      add_cause(table, item);
    for (int blank = 0; i > 0 && blank < 5; blank++)
      table_add(table, "");
    add_change(table, &item->changes[i], shown);
  }
}

static void print_table(const struct args *args, const struct restatement_page *page)
{
  bool shown[METRIC_ADDITIVE];
  for (size_t id = 0; id < METRIC_ADDITIVE; id++)
    shown[id] = ever_changed(page, id);
  struct table *table = new_table(shown);
  for (size_t i = 0; i < page->count; i++)
    add_item(table, &page->items[i], shown);
  if (page->count > 0)
    table_print(table, stdout);
  else
    printf("%s: no restatements\n", args->merchant);
  table_free(table);
  if (page->has_more)
    printf("there are older ones: --limit, or --to\n");
}

/* ---- as JSON ---- */

static struct json_object *change_json(const struct restatement_change *change)
{
  const struct currency *currency = currency_find(change->currency);
  struct json_object *out = json_object_new_object();
  struct json_object *values = json_object_new_object();
  json_object_object_add(out, "currency", currency != NULL ? json_object_new_string(change->currency) : NULL);
  json_object_object_add(out, "exponent", currency != NULL ? json_object_new_int(currency->exponent) : NULL);
  json_object_object_add(out, "values", values);
  for (size_t id = 0; id < METRIC_ADDITIVE; id++)
    json_object_object_add(values, metric_table[id].name,
                           change->known ? json_object_new_int64(change->columns[id]) : NULL);
  return out;
}

static void add_instant(struct json_object *out, const char *name, int64_t ms)
{
  char text[INSTANT_TEXT_SIZE];
  json_object_object_add(out, name, json_object_new_string(instant_format_ms(ms, text)));
}

static struct json_object *item_json(const struct restatement *item)
{
  struct json_object *out = json_object_new_object();
  struct json_object *cause = json_object_new_object();
  struct json_object *changes = json_object_new_array();
  json_object_object_add(cause, "kind", json_object_new_string(cause_names[item->cause]));
  json_object_object_add(cause, "id", json_object_new_string(item->id));
  json_object_object_add(out, "cause", cause);
  json_object_object_add(out, "entries", json_object_new_int64(item->entries));
  add_instant(out, "recorded_at", item->recorded_at_ms);
  add_instant(out, "first_at", item->first_ms);
  add_instant(out, "last_at", item->last_ms);
  json_object_object_add(out, "changes", changes);
  for (size_t i = 0; i < item->change_count; i++)
    json_object_array_add(changes, change_json(&item->changes[i]));
  return out;
}

static void print_json(const struct restatement_page *page)
{
  struct json_object *out = json_object_new_object();
  struct json_object *data = json_object_new_array();
  for (size_t i = 0; i < page->count; i++)
    json_object_array_add(data, item_json(&page->items[i]));
  json_object_object_add(out, "data", data);
  json_object_object_add(out, "has_more", json_object_new_boolean(page->has_more));
  cli_print_json(out);
}

/* ---- the command ---- */

/* A date is its start in the merchant's zone. `text` NULL: 0, no bound. */
static enum result read_time(const char *text, const struct merchant *merchant, int64_t *ms, struct err *e)
{
  const struct zone *zone = NULL;
  struct err failure = ERR_NONE;
  *ms = 0;
  if (text == NULL)
    return RESULT_OK;
  enum result r = zone_cache_get(merchant->zone, &zone, e);
  if (r == RESULT_OK && range_parse_moment(text, zone, ms, &failure) != RESULT_OK)
    r = err_set(e, RESULT_INVALID, "'%s' is %s", text, failure.text);
  return r;
}

static enum result read_filter(const struct args *args, const struct merchant *merchant,
                               struct restatement_filter *out, struct err *e)
{
  *out = (struct restatement_filter){.limit = (size_t)args->limit};
  enum result r = read_time(args->from, merchant, &out->from_ms, e);
  if (r == RESULT_OK)
    r = read_time(args->to, merchant, &out->to_ms, e);
  if (r == RESULT_OK && args->from != NULL && args->to != NULL && out->from_ms >= out->to_ms)
    r = err_set(e, RESULT_INVALID, "--from must be before --to");
  return r;
}

static enum result run(struct cli *cli, void *input, struct err *e)
{
  const struct args *args = input;
  struct merchant merchant;
  struct restatement_filter filter;
  struct restatement_page page = {.items = NULL};
  enum result r = cli_get_merchant(cli, args->merchant, &merchant, e);
  if (r == RESULT_OK)
    r = read_filter(args, &merchant, &filter, e);
  if (r != RESULT_OK)
    return r;
  struct ledger *ledger = ledger_new(cli->mongo);
  r = ledger_list_restatements(ledger, args->merchant, &filter, &page, e);
  ledger_free(ledger);
  if (r == RESULT_OK && cli->json)
    print_json(&page);
  else if (r == RESULT_OK)
    print_table(args, &page);
  restatement_page_clear(&page);
  return r;
}

static void parse_limit(struct args *args, const char *value, struct argp_state *state)
{
  char *end = NULL;
  args->limit = g_ascii_strtoll(value, &end, 10);
  if (end == value || *end != '\0' || args->limit < 1 || args->limit > RESTATEMENTS_MAX)
    argp_error(state, "'%s': --limit is a number from 1 to %d", value, RESTATEMENTS_MAX);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
  struct args *args = state->input;
  switch (key) {
  case 'm':
    args->merchant = value;
    return 0;
  case 'f':
    args->from = value;
    return 0;
  case 't':
    args->to = value;
    return 0;
  case 'l':
    parse_limit(args, value, state);
    return 0;
  case ARGP_KEY_END:
    if (args->merchant == NULL)
      argp_error(state, "--merchant is needed");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

int command_restatements(int argc, char **argv)
{
  static const struct argp_option options[] = {
      {"merchant", 'm', "ID", 0, "The merchant", 0},
      {"from", 'f', "TIME", 0, "Recorded from there on: a date, or an RFC 3339 instant", 0},
      {"to", 't', "TIME", 0, "Recorded before that", 0},
      {"limit", 'l', "NUMBER", 0, "At most so many (100), the newest", 0},
      {0},
  };
  static const struct argp argp = {.options = options,
                                   .parser = parse,
                                   .doc = "Lists what restated a merchant's figures, newest first: entries "
                                          "recorded two hours or more after their time, and what they "
                                          "changed. The late entries of one import are one restatement."};
  struct args args = {.limit = LIMIT_DEFAULT};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run}, &args, argc, argv);
}
