#include "cli/commands.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/import/import.h"

enum option_key {
  OPTION_BAD = 0x100,
  OPTION_CURRENCY,
  OPTION_DRY_RUN,
  OPTION_REFERENCE,
  OPTION_ZONE,
};

static const struct argp_option options[] = {
    {"merchant", 'm', "ID", 0, "Whose orders they are", 0},
    {"format", 'f', "FORMAT", 0,
     "ndjson: an order body per line; csv: a header, then a row per order line; columns: the same, separated "
     "by blanks",
     0},
    {"map", 'M', "OURS=THEIRS[,...]", 0,
     "Where a field comes from: the name of a column, or its number from 1. Columns with our names need no "
     "mapping",
     0},
    {"set", 's', "OURS=TEXT", 0, "The same in every row", 0},
    {"reference", OPTION_REFERENCE, "row", 0,
     "Orders without a reference get the file's SHA-256 (12 digits) and their line number: each row is an "
     "order",
     0},
    {"currency", OPTION_CURRENCY, "CODE", 0,
     "Of rows that name none (default: the merchant's, if it has one only)", 0},
    {"zone", OPTION_ZONE, "ZONE", 0, "Where dates without a time begin (default: the merchant's zone)", 0},
    {"bad", OPTION_BAD, "FILE", 0,
     "Where refused rows are told, with line, field and reason (default: FILE.bad)", 0},
    {"dry-run", OPTION_DRY_RUN, NULL, 0, "Check every row, store nothing", 0},
    {0},
};

static const char doc[] =
    "Imports orders from a file. Every row is checked; bad rows are told in FILE.bad and do not stop the "
    "others. Orders "
    "are known by their reference: what is stored already is skipped, so a run that was broken off is just "
    "started "
    "again.\v"
    "Fields of an order: reference, placed_at, currency, customer_id, channel, payment_method, note, "
    "order_discount, "
    "order_tax, shipping, total. Of its lines: product_id, name, quantity, unit_price or line_total, "
    "discount, tax.\n"
    "\n"
    "In csv and columns, amounts are decimal (12.50), the rows of one order stand together, and placed_at is "
    "a date "
    "(2026-03-29 or 20260329: the start of that local day) or an RFC 3339 instant. A line_total that does "
    "not divide by "
    "its quantity becomes two lines, so that units and money are both exact.\n"
    "\n"
    "Exit status: 0 when every row was good, 65 when there were bad ones, 69 when a store was away.\n"
    "\n"
    "The CDNOW history, which has neither references nor products:\n"
    "\n"
    "  takings import --merchant cdnow --format columns --reference row \\\n"
    "    --map placed_at=date,quantity=number_of_cds,line_total=dollar_value \\\n"
    "    CDNOW_master.txt";

struct args {
  const char *merchant;
  const char *format; /* as given, or NULL */
  bool dry_run;
  struct import_options import;
};

static void parse_format(struct args *args, const char *value, struct argp_state *state)
{
  static const char *const names[] = {
      [IMPORT_NDJSON] = "ndjson", [IMPORT_CSV] = "csv", [IMPORT_COLUMNS] = "columns"};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
    if (strcmp(names[i], value) == 0) {
      args->format = value;
      args->import.format = (enum import_format)i;
      return;
    }
  argp_error(state, "'%s': formats are ndjson, csv and columns", value);
}

static void parse_mapping(struct args *args, int key, const char *value, struct argp_state *state)
{
  struct err e = ERR_NONE;
  enum result r = key == 'M' ? mapping_add(&args->import.mapping, value, &e)
                             : mapping_add_constant(&args->import.mapping, value, &e);
  if (r != RESULT_OK)
    argp_error(state, "%s", e.text);
}

static void check_args(const struct args *args, struct argp_state *state)
{
  if (args->merchant == NULL || args->format == NULL || args->import.path == NULL)
    argp_error(state, "--merchant, --format and FILE are needed");
}

static error_t parse(int key, char *value, struct argp_state *state)
{
  struct args *args = state->input;
  switch (key) {
  case 'm':
    args->merchant = value;
    return 0;
  case 'f':
    parse_format(args, value, state);
    return 0;
  case 'M':
  case 's':
    parse_mapping(args, key, value, state);
    return 0;
  case OPTION_REFERENCE:
    if (strcmp(value, "row") != 0)
      argp_error(state, "--reference knows 'row' only; a column is given by --map reference=COLUMN");
    args->import.reference_by_row = true;
    return 0;
  case OPTION_CURRENCY:
    args->import.currency = value;
    return 0;
  case OPTION_ZONE:
    args->import.zone = value;
    return 0;
  case OPTION_BAD:
    args->import.bad_path = value;
    return 0;
  case OPTION_DRY_RUN:
    args->dry_run = true;
    return 0;
  case ARGP_KEY_ARG:
    if (args->import.path != NULL)
      return ARGP_ERR_UNKNOWN;
    args->import.path = value;
    return 0;
  case ARGP_KEY_END:
    check_args(args, state);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static void report_json(const struct args *args, const struct import_outcome *outcome,
                        const struct err *failure, double seconds)
{
  const struct tally *tally = &outcome->tally;
  struct json_object *out = json_object_new_object();
  g_autofree char *position = g_strdup_printf("p1_%" PRI_CLUSTER_TIME, tally->position);
  char seconds_text[32];
  g_snprintf(seconds_text, sizeof seconds_text, "%.3f", seconds);
  json_object_object_add(out, "import_id", json_object_new_string(outcome->import_id));
  json_object_object_add(out, "merchant", json_object_new_string(args->merchant));
  json_object_object_add(out, "dry_run", json_object_new_boolean(args->dry_run));
  json_object_object_add(out, "rows", json_object_new_uint64(tally->rows));
  json_object_object_add(out, "read", json_object_new_uint64(tally->read));
  json_object_object_add(out, "stored", json_object_new_uint64(tally->stored));
  json_object_object_add(out, "skipped", json_object_new_uint64(tally->skipped));
  json_object_object_add(out, "bad", json_object_new_uint64(tally->bad));
  json_object_object_add(out, "bad_file",
                         tally->bad == 0 ? NULL : json_object_new_string(args->import.bad_path));
  json_object_object_add(out, "failure",
                         failure->code == RESULT_OK ? NULL : json_object_new_string(failure->text));
  json_object_object_add(out, "seconds", json_object_new_double_s(seconds, seconds_text));
  json_object_object_add(out, "position", tally->position == 0 ? NULL : json_object_new_string(position));
  cli_print_json(out);
}

static void report(const struct args *args, const struct import_outcome *outcome, double seconds)
{
  const struct tally *tally = &outcome->tally;
  printf("%zu orders read from %zu rows in %.1f s: %zu %s, %zu there already, %zu bad\n", tally->read,
         tally->rows, seconds, tally->stored, args->dry_run ? "could be stored" : "stored", tally->skipped,
         tally->bad);
  if (tally->bad > 0)
    printf("what is bad about them stands in %s\n", args->import.bad_path);
  if (tally->stored > 0 && !args->dry_run)
    printf("import %s\n", outcome->import_id);
  if (outcome->unused->len == 0)
    return;
  fputs("columns that were not used:", stdout);
  for (guint i = 0; i < outcome->unused->len; i++)
    printf("%s %s", i > 0 ? "," : "", (const char *)outcome->unused->pdata[i]);
  putchar('\n');
}

/* Also after a failure: what was stored is stored. */
static void report_outcome(struct cli *cli, const struct args *args, const struct import_outcome *outcome,
                           const struct err *failure, int64_t started_ms)
{
  struct clock *clock = clock_system();
  double seconds = (double)(clock->monotonic_ms(clock) - started_ms) / 1000;
  if (cli->json)
    report_json(args, outcome, failure, seconds);
  else
    report(args, outcome, seconds);
}

static enum result import_file(struct cli *cli, struct args *args, const struct merchant *merchant,
                               struct err *e)
{
  struct clock *clock = clock_system();
  struct import_outcome outcome;
  struct ledger *ledger = args->dry_run ? NULL : ledger_new(cli->mongo);
  int64_t started_ms = clock->monotonic_ms(clock);
  enum result r = import_run(&args->import, merchant, ledger, clock, &outcome, e);
  if (outcome.no_bad_file)
    cli->status = EX_CANTCREAT;
  else if (r == RESULT_OK && outcome.tally.bad > 0)
    cli->status = EX_DATAERR;
  if (r == RESULT_OK || outcome.tally.read > 0)
    report_outcome(cli, args, &outcome, e, started_ms);
  import_outcome_clear(&outcome);
  if (ledger != NULL)
    ledger_free(ledger);
  return r;
}

static enum result run(struct cli *cli, void *input, struct err *e)
{
  struct args *args = input;
  struct merchant merchant;
  enum result r = cli_get_merchant(cli, args->merchant, &merchant, e);
  if (r != RESULT_OK)
    return r;
  g_autofree char *bad_path = g_strdup_printf("%s.bad", args->import.path);
  if (args->import.bad_path == NULL)
    args->import.bad_path = bad_path;
  if (args->import.zone == NULL)
    args->import.zone = merchant.zone;
  return import_file(cli, args, &merchant, e);
}

int command_import(int argc, char **argv)
{
  static const struct argp argp = {.options = options, .parser = parse, .args_doc = "FILE", .doc = doc};
  struct args args = {0};
  mapping_init(&args.import.mapping);
  int status = cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run}, &args, argc, argv);
  mapping_clear(&args.import.mapping);
  return status;
}
