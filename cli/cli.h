/* cli: what every command of the people's tool shares: common options, configuration, stores, output, exit
 * status. */
#pragma once

#include <stdbool.h>

#include <argp.h>
#include <json-c/json.h>

#include "base/conf.h"
#include "base/err.h"
#include "stores/mongo.h"
#include "stores/people.h"
#include "stores/redis.h"

struct cli {
  const char *config_path; /* --config, or NULL */
  bool json;               /* --json: one JSON value on standard output, for scripts */
  int status;              /* how to exit; EX_OK: as the command's result says (base/exit_status.h) */
  struct conf *conf;
  struct mongo *mongo;
  struct redis *redis;
  struct people people; /* of the two */
};

/* Who the command line is in the audit. */
extern const struct people_actor cli_actor;

/* What a command needs before it runs. */
enum cli_needs { CLI_NEEDS_CONF, CLI_NEEDS_STORES };

struct cli_command {
  const struct argp *argp; /* its own options and arguments; --config, --json and --help are added */
  enum cli_needs needs;
  enum result (*run)(struct cli *cli, void *args, struct err *e);
};

/* Parses the arguments into `args` (argp's input), opens what is needed, runs, says what failed. Returns the
 * exit status: 0, or one of sysexits.h (base/exit_status.h). Wrong usage exits at once with EX_USAGE. */
int cli_run(const struct cli_command *command, void *args, int argc, char **argv);

/* Prints the value as one line on standard output and takes it. */
void cli_print_json(struct json_object *value);

/* The merchant of that id; RESULT_NOT_FOUND says so in words. */
MUST_CHECK enum result cli_get_merchant(struct cli *cli, const char *id, struct merchant *out, struct err *e);
