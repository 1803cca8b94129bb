/* takings-batch: the only program that computes aggregates. */
#include <argp.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>

#include <sodium.h>

#include "base/conf.h"
#include "base/counters.h"
#include "base/exit_status.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "batch/commands.h"
#include "batch/serve.h"
#include "stores/fold_mongo.h"
#include "stores/redis.h"

const char *argp_program_version = PACKAGE_STRING;

/* Nobody waits for the batch: a large re-cut may take Redis a while. */
#define BATCH_REDIS_TIMEOUT_MS 10000

static int run_serve(struct command *command)
{
  struct err e = ERR_NONE;
  enum result r = serve_run(&command->batch, stdin, stdout, &e);
  if (r != RESULT_OK)
    log_event(LOG_LEVEL_ERROR, "serve_failed", "result=%s why=\"%s\"", result_name(r), e.text);
  return exit_status(r, EXIT_RUNNING);
}

static const struct {
  const char *words;
  int (*run)(struct command *command);
} verbs[] = {
    {"serve", run_serve},         {"close hour", command_close_hour}, {"close day", command_close_day},
    {"rebuild", command_rebuild}, {"verify", command_verify},
};

struct arguments {
  const char *config_path;
  char words[32];
  struct command command;
};

static void parse_date(const char *arg, civil_day *date, bool *has, struct argp_state *state)
{
  struct err e = ERR_NONE;
  if (civil_parse(arg, strlen(arg), date, &e) != RESULT_OK)
    argp_error(state, "%s is not a date: %s", arg, e.text);
  *has = true;
}

static void add_word(struct arguments *arguments, const char *word, struct argp_state *state)
{
  size_t size = sizeof arguments->words;
  if (arguments->words[0] != '\0')
    g_strlcat(arguments->words, " ", size);
  if (g_strlcat(arguments->words, word, size) >= size)
    argp_usage(state);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct arguments *arguments = state->input;
  struct verify_range *range = &arguments->command.range;
  switch (key) {
  case 'c':
    arguments->config_path = arg;
    return 0;
  case 'm':
    arguments->command.merchant = arg;
    return 0;
  case 'f':
    parse_date(arg, &range->from, &range->has_from, state);
    return 0;
  case 't':
    parse_date(arg, &range->to, &range->has_to, state);
    return 0;
  case 'q':
    arguments->command.quiet = true;
    return 0;
  case 'j':
    arguments->command.json = true;
    return 0;
  case ARGP_KEY_ARG:
    add_word(arguments, arg, state);
    return 0;
  case ARGP_KEY_NO_ARGS:
    argp_usage(state);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "Read FILE instead of TAKINGS_CONFIG or " CONF_DEFAULT_PATH, 0},
    {"merchant", 'm', "ID", 0, "Only this merchant (default: all)", 0},
    {"from", 'f', "DATE", 0, "verify: from this local date (default: the first entry's)", 0},
    {"to", 't', "DATE", 0, "verify: up to this local date, exclusive (default: all)", 0},
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {"quiet", 'q', NULL, 0, "Print nothing of merchants whose figures are right", 0},
    {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "serve\nclose hour\nclose day\nrebuild\nverify",
    .doc = "Computes Takings' aggregates."
           "\vserve: answer the tailer (standard input and output).\n"
           "close hour: compare and close the hours past their age; cron runs it every quarter of an hour.\n"
           "close day: compare yesterday; cron runs it every hour.\n"
           "rebuild: ask for all figures to be cut anew; the present ones are served until then.\n"
           "verify: recompute figures from the ledger and compare; cron runs it every night.\n"
           "close and verify exit 1 when a figure differs."};

static int run_verb(struct arguments *arguments)
{
  for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
    if (strcmp(verbs[i].words, arguments->words) == 0)
      return verbs[i].run(&arguments->command);
  fprintf(stderr, "takings-batch: there is no command '%s'; see --help\n", arguments->words);
  return EX_USAGE;
}

MUST_CHECK static enum result open_stores(const char *path, struct conf **conf, struct mongo **mongo,
                                          struct redis **redis, struct err *e)
{
  if (sodium_init() < 0)
    return err_set(e, RESULT_INTERNAL, "libsodium: no random bits");
  enum result r = failpoint_load(e);
  if (r == RESULT_OK)
    r = conf_load(path, conf, e);
  if (r == RESULT_OK)
    r = mongo_open(*conf, CONF_BATCH, mongo, e);
  if (r == RESULT_OK)
    r = redis_new(*conf, CONF_BATCH, redis, e);
  return r;
}

int main(int argc, char **argv)
{
  struct arguments arguments = {.config_path = NULL};
  struct conf *conf = NULL;
  struct mongo *mongo = NULL;
  struct redis *redis = NULL;
  struct fold_source *source = NULL;
  struct err e = ERR_NONE;

  argp_err_exit_status = EX_USAGE;
  argp_parse(&argp, argc, argv, 0, NULL, &arguments);
  log_init("batch", LOG_LEVEL_INFO);
  signal(SIGPIPE, SIG_IGN);
  enum result r = open_stores(arguments.config_path, &conf, &mongo, &redis, &e);
  int status = exit_status(r, EXIT_STARTING);
  if (r != RESULT_OK) {
    log_event(LOG_LEVEL_ERROR, "cannot_start", "result=%s why=\"%s\"", result_name(r), e.text);
  } else {
    redis_set_timeout(redis, BATCH_REDIS_TIMEOUT_MS);
    source = fold_mongo_new(mongo, clock_system());
    arguments.command.batch =
        (struct batch){.kv = redis_kv(redis), .source = source, .clock = clock_system()};
    arguments.command.mongo = mongo;
    counters_open(conf->metrics_directory, COUNTERS_BATCH, &(struct counters_routes){NULL, 0});
    status = run_verb(&arguments);
  }

  fold_mongo_free(source);
  redis_free(redis);
  mongo_free(mongo);
  counters_close();
  conf_free(conf);
  return status;
}
