#include "cli/password.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <glib.h>
#include <sodium.h>

#include "stores/people.h"

void password_free(char *password)
{
  if (password == NULL)
    return;
  sodium_memzero(password, strlen(password));
  g_free(password);
}

/* One line; NULL at the end of the input. */
static char *ask_once(FILE *terminal, const char *prompt)
{
  char line[PEOPLE_PASSWORD_BYTES_MAX + sizeof "x\n"]; /* room to see that one is too long */
  fputs(prompt, terminal);
  fflush(terminal);
  char *password = NULL;
  if (fgets(line, sizeof line, terminal) != NULL) {
    line[strcspn(line, "\r\n")] = '\0';
    password = g_strdup(line);
  }
  sodium_memzero(line, sizeof line);
  fputc('\n', terminal);
  return password;
}

static enum result ask_twice(FILE *terminal, char **out, struct err *e)
{
  g_autofree char *prompt =
      g_strdup_printf("Password (at least %d characters): ", PEOPLE_PASSWORD_CHARACTERS_MIN);
  char *first = ask_once(terminal, prompt);
  if (first == NULL)
    return err_set(e, RESULT_INVALID, "no password was given");
  enum result r = people_check_new_password(first, e);
  char *second = r == RESULT_OK ? ask_once(terminal, "Once more: ") : NULL;
  if (r == RESULT_OK && (second == NULL || strcmp(first, second) != 0))
    r = err_set(e, RESULT_INVALID, "the two passwords differ");
  password_free(second);
  if (r == RESULT_OK)
    *out = first;
  else
    password_free(first);
  return r;
}

enum result password_ask(char **out, struct err *e)
{
  struct termios before;
  FILE *terminal = fopen("/dev/tty", "r+e");
  if (terminal == NULL || tcgetattr(fileno(terminal), &before) != 0) {
    if (terminal != NULL)
      fclose(terminal);
    return err_set(e, RESULT_INVALID,
                   "no terminal to ask for a password: give --password-file or --generate-password");
  }
  struct termios silent = before;
  silent.c_lflag &= ~(tcflag_t)ECHO;
  tcsetattr(fileno(terminal), TCSAFLUSH, &silent);
  enum result r = ask_twice(terminal, out, e);
  tcsetattr(fileno(terminal), TCSAFLUSH, &before);
  fclose(terminal);
  return r;
}
