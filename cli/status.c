#include "cli/commands.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "domain/instant.h"
#include "stores/ledger_restatements.h"
#include "stores/view.h"

/* Where one merchant's figures stand. */
struct standing {
  char merchant[MERCHANT_ID_SIZE];
  enum result result; /* of reading the stamp: RESULT_OK, or RESULT_STALE (`why` then says why) */
  struct err why;
  struct view_stamp stamp; /* RESULT_OK only */
  int64_t lag_ms;
  struct restatement_count restated;
};

static const char *state_of(const struct standing *standing)
{
  if (standing->result != RESULT_OK)
    return "unavailable";
  return standing->stamp.rebuilding ? "rebuilding" : "ok";
}

static enum result read_standing(struct cli *cli, struct ledger *ledger, struct standing *out, struct err *e)
{
  struct clock *clock = clock_system();
  out->why = ERR_NONE;
  out->result = view_read_stamp(redis_kv(cli->redis), out->merchant, &out->stamp, &out->why);
  if (out->result != RESULT_OK && out->result != RESULT_STALE)
    return err_set(e, out->result, "%s", out->why.text);
  if (out->result == RESULT_OK)
    out->lag_ms = MAX(0, clock->wall_ms(clock) - out->stamp.as_of_ms);
  return ledger_count_restatements(ledger, out->merchant, &out->restated, e);
}

static void clear_standing(void *item)
{
  struct standing *standing = item;
  if (standing->result == RESULT_OK)
    view_stamp_clear(&standing->stamp);
}

/* ---- as a table ---- */

static void add_verified(struct table *table, const struct proof *proof)
{
  char text[INSTANT_TEXT_SIZE];
  bool from_the_start = proof->any && proof->verified_through > 0;
  table_add(table, from_the_start ? instant_format_s(proof->verified_through, text) : "never");
  table_add_format(table, "%" PRId64, proof->any ? proof->drift : 0);
}

static void add_standing(struct table *table, const struct standing *standing)
{
  char as_of[INSTANT_TEXT_SIZE];
  table_add(table, standing->merchant);
  table_add(table, state_of(standing));
  if (standing->result == RESULT_OK) {
    table_add(table, instant_format_ms(standing->stamp.as_of_ms, as_of));
    table_add_format(table, "%" PRId64 " ms", standing->lag_ms);
    table_add_format(table, "%u", standing->stamp.parked.items->len);
    add_verified(table, &standing->stamp.proof);
  } else {
    for (int i = 0; i < 5; i++)
      table_add(table, "-");
  }
  table_add_format(table, "%" PRId64, standing->restated.restatements);
}

static void print_table(const GArray *standings)
{
  struct table *table = table_new((const char *const[]){"MERCHANT", "STATE", "EXACT AS OF", ">LAG", ">PARKED",
                                                        "VERIFIED THROUGH", ">DRIFT", ">RESTATEMENTS", NULL});
  for (guint i = 0; i < standings->len; i++)
    add_standing(table, &g_array_index(standings, struct standing, i));
  table_print(table, stdout);
  table_free(table);
  for (guint i = 0; i < standings->len; i++) {
    const struct standing *standing = &g_array_index(standings, struct standing, i);
    if (standing->result != RESULT_OK)
      printf("%s: %s\n", standing->merchant, standing->why.text);
  }
}

/* ---- as JSON ---- */

static struct json_object *parked_json(const struct parked_list *parked)
{
  struct json_object *out = json_object_new_array();
  for (guint i = 0; i < parked->items->len; i++) {
    const struct parked *item = &g_array_index(parked->items, struct parked, i);
    struct json_object *one = json_object_new_object();
    char text[INSTANT_TEXT_SIZE];
    json_object_object_add(one, "from", json_object_new_string(instant_format_s(item->start, text)));
    json_object_object_add(one, "to", json_object_new_string(instant_format_s(item->end, text)));
    json_object_object_add(one, "currency", json_object_new_string(item->currency));
    json_object_array_add(out, one);
  }
  return out;
}

static struct json_object *proof_json(const struct proof *proof)
{
  if (!proof->any)
    return NULL;
  struct json_object *out = json_object_new_object();
  char text[INSTANT_TEXT_SIZE];
  json_object_object_add(out, "at", json_object_new_string(instant_format_ms(proof->at_ms, text)));
  json_object_object_add(out, "from", json_object_new_string(instant_format_s(proof->from, text)));
  json_object_object_add(out, "to", json_object_new_string(instant_format_s(proof->to, text)));
  json_object_object_add(out, "ok", json_object_new_boolean(proof->differing == 0));
  json_object_object_add(out, "differing", json_object_new_int64(proof->differing));
  return out;
}

static void add_stamp_json(struct json_object *out, const struct view_stamp *stamp)
{
  char text[INSTANT_TEXT_SIZE];
  g_autofree char *position = g_strdup_printf("p1_%" PRI_CLUSTER_TIME, stamp->as_of);
  json_object_object_add(out, "as_of", json_object_new_string(instant_format_ms(stamp->as_of_ms, text)));
  json_object_object_add(out, "position", json_object_new_string(position));
  json_object_object_add(out, "timezone", json_object_new_string(stamp->card.zone));
  json_object_object_add(out, "parked", parked_json(&stamp->parked));
  json_object_object_add(out, "last_verify", proof_json(&stamp->proof));
  json_object_object_add(out, "verified_through",
                         stamp->proof.any && stamp->proof.verified_through > 0
                             ? json_object_new_string(instant_format_s(stamp->proof.verified_through, text))
                             : NULL);
  json_object_object_add(out, "drift", json_object_new_int64(stamp->proof.any ? stamp->proof.drift : 0));
}

static struct json_object *standing_json(const struct standing *standing)
{
  struct json_object *out = json_object_new_object();
  json_object_object_add(out, "merchant", json_object_new_string(standing->merchant));
  json_object_object_add(out, "state", json_object_new_string(state_of(standing)));
  json_object_object_add(out, "restatements", json_object_new_int64(standing->restated.restatements));
  json_object_object_add(out, "late_entries", json_object_new_int64(standing->restated.entries));
  if (standing->result == RESULT_OK) {
    json_object_object_add(out, "lag_ms", json_object_new_int64(standing->lag_ms));
    add_stamp_json(out, &standing->stamp);
  } else {
    json_object_object_add(out, "detail", json_object_new_string(standing->why.text));
  }
  return out;
}

static void print_json(const GArray *standings)
{
  struct json_object *out = json_object_new_object();
  struct json_object *data = json_object_new_array();
  for (guint i = 0; i < standings->len; i++)
    json_object_array_add(data, standing_json(&g_array_index(standings, struct standing, i)));
  json_object_object_add(out, "data", data);
  cli_print_json(out);
}

/* ---- the command ---- */

static enum result list_merchants(struct cli *cli, const char *id, GArray *out, struct err *e)
{
  if (id == NULL)
    return people_list_merchants(&cli->people, out, e);
  struct merchant merchant;
  enum result r = cli_get_merchant(cli, id, &merchant, e);
  if (r == RESULT_OK)
    g_array_append_val(out, merchant);
  return r;
}

static enum result read_all(struct cli *cli, const GArray *merchants, GArray *out, struct err *e)
{
  struct ledger *ledger = ledger_new(cli->mongo);
  enum result r = RESULT_OK;
  for (guint i = 0; i < merchants->len && r == RESULT_OK; i++) {
    struct standing standing = {0};
    g_strlcpy(standing.merchant, g_array_index(merchants, struct merchant, i).id, sizeof standing.merchant);
    r = read_standing(cli, ledger, &standing, e);
    g_array_append_val(out, standing);
  }
  ledger_free(ledger);
  return r;
}

static enum result run(struct cli *cli, void *input, struct err *e)
{
  const char *const *id = input;
  g_autoptr(GArray) merchants = g_array_new(FALSE, FALSE, sizeof(struct merchant));
  g_autoptr(GArray) standings = g_array_new(FALSE, FALSE, sizeof(struct standing));
  g_array_set_clear_func(standings, clear_standing);
  enum result r = list_merchants(cli, *id, merchants, e);
  if (r == RESULT_OK)
    r = read_all(cli, merchants, standings, e);
  if (r == RESULT_OK && cli->json)
    print_json(standings);
  else if (r == RESULT_OK)
    print_table(standings);
  return r;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
  const char **id = state->input;
  if (key != 'm')
    return ARGP_ERR_UNKNOWN;
  *id = value;
  return 0;
}

int command_status(int argc, char **argv)
{
  static const struct argp_option options[] = {{"merchant", 'm', "ID", 0, "This merchant only", 0}, {0}};
  static const struct argp argp = {.options = options,
                                   .parser = parse,
                                   .doc = "Says for each merchant up to when its figures are exact, what is "
                                          "parked, what was verified last, and how often late "
                                          "entries restated them (takings restatements)."};
  const char *id = NULL;
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run}, &id, argc, argv);
}
