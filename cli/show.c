#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/show_print.h"
#include "stores/view.h"

struct args {
  const char *merchant, *currency, *from, *to;
  enum range_preset preset;
  bool has_interval;
  enum range_interval interval;
  bool has_metrics;
  bool wanted[METRIC_ALL];
};

/* ---- options ---- */

static const struct argp_option options[] = {
    {"merchant", 'm', "ID", 0, "The merchant", 0},
    {"range", 'r', "RANGE", 0,
     "today (the default), yesterday, last_7d, last_28d, last_30d, mtd, last_month, qtd, ytd, last_12mo", 0},
    {"from", 'f', "TIME", 0, "A date, or an RFC 3339 instant on a local hour", 0},
    {"to", 't', "TIME", 0, "Up to there, exclusive: the day after the last", 0},
    {"interval", 'i', "INTERVAL", 0, "hour, day, week or month (default: by the range's length)", 0},
    {"currency", 'C', "CODE", 0, "This currency only", 0},
    {"metrics", 'M', "METRIC[,METRIC...]", 0, "These columns only", 0},
    {0},
};

static void parse_metrics(struct args *args, const char *value, struct argp_state *state)
{
  g_auto(GStrv) names = g_strsplit(value, ",", -1);
  for (char **name = names; *name != NULL; name++) {
    const struct metric *metric = metric_find(*name);
    if (metric == NULL)
      argp_error(state, "'%s' is not a metric", *name);
    else
      args->wanted[metric - metric_table] = true;
  }
  args->has_metrics = true;
}

static void check_args(struct args *args, struct argp_state *state)
{
  if (args->merchant == NULL)
    argp_error(state, "--merchant is needed");
  if ((args->from == NULL) != (args->to == NULL))
    argp_error(state, "--from and --to go together");
  if (args->from != NULL && args->preset != RANGE_NONE)
    argp_error(state, "--range, or --from and --to, not both");
  if (args->from == NULL && args->preset == RANGE_NONE)
    args->preset = RANGE_TODAY;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
  struct args *args = state->input;
  switch (key) {
  case 'm':
    args->merchant = value;
    return 0;
  case 'r':
    args->preset = range_preset_find(value);
    if (args->preset == RANGE_NONE)
      argp_error(state, "'%s': a range is %s", value, range_preset_names());
    return 0;
  case 'f':
    args->from = value;
    return 0;
  case 't':
    args->to = value;
    return 0;
  case 'i':
    args->has_interval = true;
    if (!range_interval_find(value, &args->interval))
      argp_error(state, "'%s': intervals are hour, day, week and month", value);
    return 0;
  case 'C':
    args->currency = value;
    return 0;
  case 'M':
    parse_metrics(args, value, state);
    return 0;
  case ARGP_KEY_END:
    check_args(args, state);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* ---- reading ---- */

static enum result find_range(void *arg, const struct zone *zone, struct range *range,
                              enum range_interval *interval, struct err *e)
{
  const struct args *args = arg;
  enum result r = RESULT_OK;
  if (args->preset != RANGE_NONE)
    range_of_preset(args->preset, zone, clock_system()->wall_ms(clock_system()) / 1000, range);
  else
    r = range_parse(args->from, args->to, zone, range, e);
  if (r != RESULT_OK)
    return r;
  *interval = args->has_interval ? args->interval : range_default_interval(range, zone);
  r = range_fit(range, zone, *interval, e);
  return r == RESULT_OK ? range_check_size(range, zone, *interval, e) : r;
}

/* Redis alone cannot tell a merchant whose figures are being built from one that does not exist: then the
 * ledger's merchants are asked. */
static enum result read_view(struct cli *cli, struct args *args, struct view *out, struct err *e)
{
  struct view_question question = {
      .merchant = args->merchant, .currency = args->currency, .range = find_range, .range_arg = args};
  struct merchant merchant;
  struct err cause = ERR_NONE, missing = ERR_NONE;
  enum result r = view_read(redis_kv(cli->redis), &question, out, &cause);
  if (r == RESULT_STALE && cli_get_merchant(cli, args->merchant, &merchant, &missing) == RESULT_NOT_FOUND)
    return err_set(e, RESULT_NOT_FOUND, "%s", missing.text);
  return r == RESULT_OK ? r : err_set(e, r, "%s", cause.text);
}

static enum result run(struct cli *cli, void *input, struct err *e)
{
  struct args *args = input;
  struct view view;
  enum result r = read_view(cli, args, &view, e);
  if (r != RESULT_OK)
    return r;
  if (!args->has_metrics)
    memset(args->wanted, true, sizeof args->wanted);
  r = cli->json ? show_print_json(args->merchant, &view, args->wanted, e)
                : show_print_table(args->merchant, &view, args->wanted, e);
  view_clear(&view);
  return r;
}

int command_show(int argc, char **argv)
{
  static const struct argp argp = {.options = options,
                                   .parser = parse,
                                   .doc = "Prints a merchant's figures by hour, day, week or month, as the "
                                          "API serves them: from Redis, exact at the time told."};
  struct args args = {0};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run}, &args, argc, argv);
}
