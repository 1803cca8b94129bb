#include "cli/commands.h"

#include <stdio.h>

#include "cli/cli.h"
#include "stores/setup.h"

static enum result run(struct cli *cli, void *args, struct err *e)
{
  g_autoptr(GPtrArray) report = g_ptr_array_new_with_free_func(g_free);
  (void)args;
  enum result r = setup_run(cli->conf, report, e);
  struct json_object *done = json_object_new_array();
  for (guint i = 0; i < report->len; i++)
    json_object_array_add(done, json_object_new_string(report->pdata[i]));
  for (guint i = 0; !cli->json && i < report->len; i++)
    puts(report->pdata[i]);
  if (!cli->json || r != RESULT_OK) {
    json_object_put(done);
    return r;
  }
  struct json_object *out = json_object_new_object();
  json_object_object_add(out, "done", done);
  cli_print_json(out);
  return RESULT_OK;
}

static const struct argp argp = {
    .doc = "Makes the databases ready: collections, validators, indexes, database users with least "
           "privilege, and Redis "
           "access rules, with the credentials of the configuration's group [admin]. Running it again "
           "changes nothing.",
};

int command_setup(int argc, char **argv)
{
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_CONF, run}, NULL, argc, argv);
}
