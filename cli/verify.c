#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <glib.h>

#include "cli/cli.h"

#define PROGRAM "takings-batch"

/* Where the program is: beside this one, or (as installed) in the folder sbin next to this one's. Caller owns
 * it. */
static char *find_program(void)
{
  static const char *const places[] = {PROGRAM, "../sbin/" PROGRAM};
  g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *folder = self != NULL ? g_path_get_dirname(self) : g_strdup(".");
  for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
    g_autofree char *path = g_build_filename(folder, places[i], NULL);
    if (access(path, X_OK) == 0)
      return g_steal_pointer(&path);
  }
  return g_strdup(PROGRAM);
}

/* What the other program makes of them is its affair; here they are only known. */
static error_t parse(int key, char *value, struct argp_state *state)
{
  (void)value;
  (void)state;
  return key == 'm' || key == 'f' || key == 't' ? 0 : ARGP_ERR_UNKNOWN;
}

static const struct argp_option options[] = {
    {"merchant", 'm', "ID", 0, "This merchant only (default: all)", 0},
    {"from", 'f', "DATE", 0, "From this local date (default: the first entry's)", 0},
    {"to", 't', "DATE", 0, "Up to this local date, exclusive (default: all)", 0},
    {0},
};

static const struct argp argp = {.options = options,
                                 .parser = parse,
                                 .doc = "Recomputes figures from the ledger, compares them byte for byte "
                                        "with what is served, prints each that "
                                        "differs, and records the result.\v"
                                        "Exit status: 0 when all are equal, 1 when any differs."};

int command_verify(int argc, char **argv)
{
  cli_check_usage(&argp, argc, argv);
  g_autofree char *program = find_program();
  g_autofree char **arguments = g_new0(char *, (gsize)argc + 2);
  char verb[] = "verify";
  arguments[0] = program;
  arguments[1] = verb;
  for (int i = 1; i < argc; i++)
    arguments[i + 1] = argv[i];
  execvp(program, arguments);
  fprintf(stderr, "%s: %s cannot be started: %s\n", g_get_prgname(), program, strerror(errno));
  return EX_UNAVAILABLE;
}
