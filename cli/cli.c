#include "cli/cli.h"

#include <stdio.h>
#include <sysexits.h>

#include <glib.h>

#include "base/exit_status.h"
#include "stores/audit.h"

const struct people_actor cli_actor = {.who = AUDIT_WHO_CLI};

static const struct argp_option common_options[] = {
    {"config", 'c', "FILE", 0, "Configuration (default: $TAKINGS_CONFIG, else " CONF_DEFAULT_PATH ")", 0},
    {"json", 'j', NULL, 0, "Print one JSON value, for scripts", 0},
    {0},
};

static error_t parse_common(int key, char *value, struct argp_state *state)
{
  struct cli *cli = state->input;
  switch (key) {
  case 'c':
    cli->config_path = value;
    return 0;
  case 'j':
    cli->json = true;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp common_argp = {common_options, parse_common, NULL, NULL, NULL, NULL, NULL};

struct inputs {
  struct cli *cli;
  void *args;
};

static error_t share_inputs(int key, char *value, struct argp_state *state)
{
  const struct inputs *inputs = state->input;
  (void)value;
  if (key != ARGP_KEY_INIT)
    return ARGP_ERR_UNKNOWN;
  state->child_inputs[0] = inputs->args;
  state->child_inputs[1] = inputs->cli;
  return 0;
}

static void parse(const struct argp *own, struct cli *cli, void *args, int argc, char **argv)
{
  const struct argp_child children[] = {{own, 0, NULL, 0}, {&common_argp, 0, "Common options:", 1}, {0}};
  const struct argp whole = {NULL, share_inputs, NULL, NULL, children, NULL, NULL};
  struct inputs inputs = {cli, args};
  argp_parse(&whole, argc, argv, 0, NULL, &inputs);
}

static enum result open_stores(struct cli *cli, struct err *e)
{
  enum result r = mongo_open_alone(cli->conf, CONF_CLI, &cli->mongo, e);
  if (r == RESULT_OK)
    r = redis_new(cli->conf, CONF_CLI, &cli->redis, e);
  cli->people = (struct people){.mongo = cli->mongo, .redis = cli->redis};
  return r;
}

static void close_all(struct cli *cli)
{
  redis_free(cli->redis);
  mongo_free(cli->mongo);
  conf_free(cli->conf);
}

static int fail(int status, const struct err *e)
{
  fprintf(stderr, "%s: %s\n", g_get_prgname(), e->text);
  return status;
}

int cli_run(const struct cli_command *command, void *args, int argc, char **argv)
{
  struct cli cli = {.status = EX_OK};
  struct err e = ERR_NONE;
  parse(command->argp, &cli, args, argc, argv);
  enum result r = conf_load(cli.config_path, &cli.conf, &e);
  if (r == RESULT_OK && command->needs == CLI_NEEDS_STORES)
    r = open_stores(&cli, &e);
  int status = exit_status(r, EXIT_STARTING);
  if (r == RESULT_OK) {
    r = command->run(&cli, args, &e);
    status = cli.status != EX_OK ? cli.status : exit_status(r, EXIT_RUNNING);
  }
  if (r != RESULT_OK)
    fail(status, &e);
  close_all(&cli);
  if (fflush(stdout) != 0 && status == EX_OK) {
    perror(g_get_prgname());
    status = EX_IOERR;
  }
  return status;
}

void cli_print_json(struct json_object *value)
{
  puts(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
  json_object_put(value);
}

enum result cli_get_merchant(struct cli *cli, const char *id, struct merchant *out, struct err *e)
{
  struct err cause = ERR_NONE;
  enum result r = people_get_merchant(&cli->people, id, out, &cause);
  if (r == RESULT_NOT_FOUND)
    return err_set(e, r, "there is no merchant '%s' (takings merchant list)", id);
  return r == RESULT_OK ? r : err_set(e, r, "%s", cause.text);
}
