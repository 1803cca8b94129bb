#include "cli/commands.h"

#include <stdio.h>
#include <sysexits.h>

#include <glib.h>

#include "cli/cli.h"

/* A secret that cannot be read would otherwise be found out only when its program starts. */
static void check_secrets(const struct conf *conf, GPtrArray *unreadable)
{
  for (enum conf_program program = 0; program < CONF_PROGRAMS; program++) {
    const struct conf_credentials *credentials = &conf->credentials[program];
    const char *const files[] = {credentials->mongo_password_file, credentials->redis_password_file};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
      struct err e = ERR_NONE;
      char *secret = NULL;
      if (files[i] != NULL && conf_read_secret(files[i], &secret, &e) != RESULT_OK)
        g_ptr_array_add(unreadable, g_strdup_printf("[%s] %s", conf_program_name(program), e.text));
      g_free(secret);
    }
  }
}

static void print_json(const struct conf *conf, const GPtrArray *unreadable)
{
  struct json_object *out = json_object_new_object();
  struct json_object *problems = json_object_new_array();
  for (guint i = 0; i < unreadable->len; i++)
    json_object_array_add(problems, json_object_new_string(unreadable->pdata[i]));
  json_object_object_add(out, "file", json_object_new_string(conf->path));
  json_object_object_add(out, "ok", json_object_new_boolean(unreadable->len == 0));
  json_object_object_add(out, "problems", problems);
  cli_print_json(out);
}

static enum result run_check(struct cli *cli, void *input, struct err *e)
{
  (void)input;
  (void)e;
  g_autoptr(GPtrArray) unreadable = g_ptr_array_new_with_free_func(g_free);
  check_secrets(cli->conf, unreadable);
  cli->status = unreadable->len == 0 ? EX_OK : EX_CONFIG;
  if (cli->json) {
    print_json(cli->conf, unreadable);
    return RESULT_OK;
  }
  conf_print(cli->conf, stdout);
  printf("%s: %s\n", cli->conf->path, unreadable->len == 0 ? "ok" : "not ok");
  for (guint i = 0; i < unreadable->len; i++)
    fprintf(stderr, "%s: %s\n", cli->conf->path, (char *)unreadable->pdata[i]);
  return RESULT_OK;
}

int command_config_check(int argc, char **argv)
{
  static const struct argp argp = {.doc = "Reads the configuration and the password files that it names, and "
                                          "prints every key with its value (never "
                                          "a secret). What is wrong is named by file and line."};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_CONF, run_check}, NULL, argc, argv);
}
