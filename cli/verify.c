#include "cli/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <glib.h>

#include "cli/cli.h"
#include "domain/instant.h"

#define PROGRAM "takings-batch"

struct args {
  const char *merchant, *from, *to;
  bool quiet;
};

static void check_date(const char *value, struct argp_state *state)
{
  civil_day day;
  struct err e = ERR_NONE;
  if (civil_parse(value, strlen(value), &day, &e) != RESULT_OK)
    argp_error(state, "'%s' is not a date: %s", value, e.text);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
  struct args *args = state->input;
  switch (key) {
  case 'm':
    args->merchant = value;
    return 0;
  case 'f':
    check_date(value, state);
    args->from = value;
    return 0;
  case 't':
    check_date(value, state);
    args->to = value;
    return 0;
  case 'q':
    args->quiet = true;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

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

static void add_option(GPtrArray *line, const char *option, const char *value)
{
  if (value == NULL)
    return;
  g_ptr_array_add(line, g_strdup(option));
  g_ptr_array_add(line, g_strdup(value));
}

/* Caller owns it. */
static GPtrArray *command_line(const struct cli *cli, const struct args *args)
{
  GPtrArray *line = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(line, find_program());
  g_ptr_array_add(line, g_strdup("verify"));
  add_option(line, "--config", cli->conf->path);
  add_option(line, "--merchant", args->merchant);
  add_option(line, "--from", args->from);
  add_option(line, "--to", args->to);
  if (args->quiet)
    g_ptr_array_add(line, g_strdup("--quiet"));
  if (cli->json)
    g_ptr_array_add(line, g_strdup("--json"));
  g_ptr_array_add(line, NULL);
  return line;
}

/* Does not outlive the command that it belongs to. */
static void be_program(char **line)
{
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGPIPE, SIG_DFL);
  execvp(line[0], line);
  fprintf(stderr, "%s: %s cannot be started: %s\n", g_get_prgname(), line[0], strerror(errno));
  _exit(EX_UNAVAILABLE);
}

/* Ctrl-C goes to both processes: the program's own end decides. */
static int wait_for(pid_t pid)
{
  int status = 0;
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* As a child, not in this process's place: libmongoc has begun here already (before main), and what it has in
 * shared memory under this process's id is given back only when this program ends by itself. */
static enum result run(struct cli *cli, void *input, struct err *e)
{
  g_autoptr(GPtrArray) line = command_line(cli, input);
  fflush(stdout);
  pid_t pid = fork();
  if (pid < 0)
    return err_set(e, RESULT_INTERNAL, "no process for %s: %s", PROGRAM, strerror(errno));
  if (pid == 0)
    be_program((char **)line->pdata);
  cli->status = wait_for(pid);
  return RESULT_OK;
}

int command_verify(int argc, char **argv)
{
  static const struct argp_option options[] = {
      {"merchant", 'm', "ID", 0, "This merchant only (default: all)", 0},
      {"from", 'f', "DATE", 0, "From this local date (default: the first entry's)", 0},
      {"to", 't', "DATE", 0, "Up to this local date, exclusive (default: all)", 0},
      {"quiet", 'q', NULL, 0, "Print nothing of merchants whose figures are right", 0},
      {0},
  };
  static const struct argp argp = {
      .options = options,
      .parser = parse,
      .doc = "Recomputes the figures from the ledger, compares them byte for byte with what is served, and "
             "prints each bucket and metric that differs. takings-batch(8) does the work.\v"
             "Exit status: 0 when all figures were equal, 1 when some differ, else as sysexits.h has it: 66 "
             "no such merchant, 69 a store is away, 75 the figures are being rebuilt."};
  struct args args = {0};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_CONF, run}, &args, argc, argv);
}
