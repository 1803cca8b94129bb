/* takings: the people's tool. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <glib.h>
#include <sodium.h>

#include "base/log.h"
#include "cli/commands.h"

#include "config.h"

struct command {
  const char *name; /* one word or two */
  const char *summary;
  int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"setup", "make databases, indexes, database users and access rules", command_setup},
    {"merchant add", "add a merchant", command_merchant_add},
    {"merchant list", "list the merchants", command_merchant_list},
    {"merchant set-zone", "give a merchant another time zone; its history is cut anew",
     command_merchant_set_zone},
    {"merchant set-locale", "say how a merchant's numbers and dates are written",
     command_merchant_set_locale},
    {"key add", "make an API key; its secret is shown once", command_key_add},
    {"key list", "list a merchant's API keys", command_key_list},
    {"key revoke", "end an API key", command_key_revoke},
    {"user add", "add a user, or a merchant to a user", command_user_add},
    {"user set-password", "give a user another password, and end all sessions", command_user_set_password},
    {"import", "import a file of orders", command_import},
    {"status", "say how far the figures are true", command_status},
    {"show", "print a range of figures as a table", command_show},
    {"restatements", "list what came late, and what it changed", command_restatements},
    {"verify", "compare the figures with the ledger", command_verify},
    {"config check", "read the configuration and print it", command_config_check},
};

/* How many words of the command line the name takes; 0 when it is another command. */
static int match(const struct command *command, int argc, char **argv)
{
  g_auto(GStrv) words = g_strsplit(command->name, " ", 2);
  int count = (int)g_strv_length(words);
  for (int i = 0; i < count; i++)
    if (i + 1 >= argc || strcmp(words[i], argv[i + 1]) != 0)
      return 0;
  return count;
}

/* Lists the commands, or those that begin with the word `first`. */
static void print_usage(FILE *stream, const char *first)
{
  fputs("Usage: takings COMMAND [OPTION...]\n\n", stream);
  for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
    size_t length = first != NULL ? strlen(first) : 0;
    if (first == NULL || (strncmp(commands[i].name, first, length) == 0 && commands[i].name[length] == ' '))
      fprintf(stream, "  %-20s %s\n", commands[i].name, commands[i].summary);
  }
  fputs("\n`takings COMMAND --help' tells a command's options. The manual page takings(1) tells the rest.\n",
        stream);
}

static int refuse(int argc, char **argv)
{
  for (size_t i = 0; argc > 1 && i < G_N_ELEMENTS(commands); i++) {
    size_t length = strlen(argv[1]);
    if (strncmp(commands[i].name, argv[1], length) == 0 && commands[i].name[length] == ' ') {
      print_usage(stderr, argv[1]);
      return EX_USAGE;
    }
  }
  if (argc > 1)
    fprintf(stderr, "takings: there is no command '%s'\n\n", argv[1]);
  print_usage(stderr, NULL);
  return EX_USAGE;
}

static int run(const struct command *command, int words, int argc, char **argv)
{
  g_autofree char *name = g_strdup_printf("takings %s", command->name);
  argv[words] = name; /* so that usage and errors name the command */
  g_set_prgname(name);
  return command->run(argc - words, argv + words);
}

int main(int argc, char **argv)
{
  signal(SIGPIPE, SIG_IGN);
  log_init("takings", LOG_LEVEL_ERROR); /* what a person must know, the commands say */
  if (sodium_init() < 0) {
    fputs("takings: libsodium cannot be used\n", stderr);
    return EX_SOFTWARE;
  }
  if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
    print_usage(stdout, NULL);
    return EX_OK;
  }
  if (argc > 1 && strcmp(argv[1], "--version") == 0) {
    puts(PACKAGE_STRING);
    return EX_OK;
  }
  for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
    int words = match(&commands[i], argc, argv);
    if (words > 0)
      return run(&commands[i], words, argc, argv);
  }
  return refuse(argc, argv);
}
