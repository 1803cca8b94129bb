#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/password.h"
#include "stores/members.h"
#include "stores/password.h"

struct args {
  const char *email, *merchant, *role, *password_file;
  bool generate;
};

#define PASSWORD_OPTIONS                                                                                     \
  {"password-file", 'p', "FILE", 0, "The password is the first line of FILE", 0},                            \
  {                                                                                                          \
    "generate-password", 'g', NULL, 0, "Make a password and print it, once", 0                               \
  }

/* Whose password, and where it comes from: of both commands. */
static error_t parse_person(int key, char *value, struct argp_state *state)
{
  struct args *args = state->input;
  switch (key) {
  case 'p':
    args->password_file = value;
    return 0;
  case 'g':
    args->generate = true;
    return 0;
  case ARGP_KEY_ARG:
    if (args->email != NULL)
      return ARGP_ERR_UNKNOWN;
    args->email = value;
    return 0;
  case ARGP_KEY_END:
    if (args->email == NULL)
      argp_error(state, "EMAIL is needed");
    if (args->generate && args->password_file != NULL)
      argp_error(state, "--password-file or --generate-password, not both");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_member(int key, char *value, struct argp_state *state)
{
  struct args *args = state->input;
  switch (key) {
  case 'm':
    args->merchant = value;
    return 0;
  case 'r':
    args->role = value;
    return 0;
  case ARGP_KEY_END:
    if (args->email == NULL || args->merchant == NULL || args->role == NULL)
      argp_error(state, "EMAIL, --merchant and --role are needed");
    return parse_person(key, value, state);
  default:
    return parse_person(key, value, state);
  }
}

static enum result get_password(const struct args *args, char **out, struct err *e)
{
  if (args->password_file != NULL)
    return conf_read_secret(args->password_file, out, e);
  if (args->generate) {
    *out = password_generate();
    return RESULT_OK;
  }
  return password_ask(out, e);
}

/* What became of it. */
struct added {
  bool is_new;         /* with that password */
  const char *made_by; /* the merchant whose owner made the account before; "": nobody's */
};

static void report_json(const struct args *args, const char *password, const struct added *added)
{
  struct json_object *out = json_object_new_object();
  json_object_object_add(out, "email", json_object_new_string(args->email));
  json_object_object_add(out, "merchant", json_object_new_string(args->merchant));
  json_object_object_add(out, "role", json_object_new_string(args->role));
  json_object_object_add(out, "password_kept", json_object_new_boolean(!added->is_new));
  if (added->made_by[0] != '\0')
    json_object_object_add(out, "made_by", json_object_new_string(added->made_by));
  if (added->is_new && args->generate)
    json_object_object_add(out, "password", json_object_new_string(password));
  cli_print_json(out);
}

static void report(const struct args *args, const char *password, const struct added *added)
{
  printf("user %s: %s of merchant %s\n", args->email, args->role, args->merchant);
  if (!added->is_new)
    puts("The user was there already, and the password stays as it was.");
  else if (args->generate)
    printf("The password, which is not shown again:\n%s\n", password);
  if (added->made_by[0] != '\0' && strcmp(added->made_by, args->merchant) != 0)
    printf("An owner of merchant %s made the account and may know the password;\n"
           "`takings user set-password` gives it another.\n",
           added->made_by);
}

/* `password` NULL: of a user who is there. */
static enum result add(struct cli *cli, const struct args *args, const char *password, struct added *added,
                       struct err *e)
{
  struct member member;
  struct member_wanted wanted = {
      .merchant = args->merchant, .email = args->email, .role = args->role, .password = password};
  enum result r = members_put(&cli->people, &cli_actor, &wanted, &member, &added->is_new, e);
  if (r == RESULT_OK && cli->json)
    report_json(args, password, added);
  else if (r == RESULT_OK)
    report(args, password, added);
  return r;
}

static enum result add_unknown(struct cli *cli, const struct args *args, struct err *e)
{
  char *password = NULL;
  struct added added = {.made_by = ""};
  enum result r = get_password(args, &password, e);
  if (r == RESULT_OK)
    r = add(cli, args, password, &added, e);
  password_free(password);
  return r;
}

static enum result run(struct cli *cli, void *input, struct err *e)
{
  const struct args *args = input;
  struct merchant merchant;
  struct user known = {.memberships = NULL};
  struct err failure = ERR_NONE;
  if (role_scopes(args->role) == 0)
    return err_set(e, RESULT_INVALID, "'%s': roles are owner, analyst and clerk", args->role);
  enum result r = cli_get_merchant(cli, args->merchant, &merchant, e);
  if (r != RESULT_OK)
    return r;
  r = people_find_user(&cli->people, args->email, &known, &failure);
  if (r == RESULT_OK)
    r = add(cli, args, NULL, &(struct added){.made_by = known.made_by}, e);
  else
    r = r == RESULT_NOT_FOUND ? add_unknown(cli, args, e) : err_set(e, r, "%s", failure.text);
  user_clear(&known);
  return r;
}

int command_user_add(int argc, char **argv)
{
  static const struct argp_option options[] = {
      {"merchant", 'm', "ID", 0, "The merchant that the user may see", 0},
      {"role", 'r', "ROLE", 0,
       "owner: everything; analyst: figures and orders, reading only; clerk: orders only, no figures", 0},
      PASSWORD_OPTIONS,
      {0},
  };
  static const struct argp argp = {
      .options = options,
      .parser = parse_member,
      .args_doc = "EMAIL",
      .doc =
          "Adds a user of a merchant, or a merchant to a user who is there already (the password then stays "
          "as it "
          "is). Without --password-file or --generate-password the password is asked for on the terminal. A "
          "password has at least 10 characters, of any kind, and at most 1024 bytes."};
  struct args args = {0};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run}, &args, argc, argv);
}

/* ---- user set-password ---- */

static void report_change(const struct cli *cli, const struct args *args, const char *password)
{
  struct json_object *out = json_object_new_object();
  if (!cli->json) {
    json_object_put(out);
    printf("user %s: the password is changed, and all sessions have ended\n", args->email);
    if (args->generate)
      printf("The password, which is not shown again:\n%s\n", password);
    return;
  }
  json_object_object_add(out, "email", json_object_new_string(args->email));
  if (args->generate)
    json_object_object_add(out, "password", json_object_new_string(password));
  cli_print_json(out);
}

static enum result run_set_password(struct cli *cli, void *input, struct err *e)
{
  const struct args *args = input;
  struct user user = {.memberships = NULL};
  struct err cause = ERR_NONE;
  char *password = NULL;
  enum result r = people_find_user(&cli->people, args->email, &user, &cause);
  if (r == RESULT_NOT_FOUND)
    return err_set(e, r, "there is no user %s", args->email);
  if (r != RESULT_OK)
    return err_set(e, r, "%s", cause.text);
  r = get_password(args, &password, e);
  if (r == RESULT_OK)
    r = people_set_password(&cli->people, &cli_actor, &user, password, e);
  if (r == RESULT_OK)
    report_change(cli, args, password);
  password_free(password);
  user_clear(&user);
  return r;
}

int command_user_set_password(int argc, char **argv)
{
  static const struct argp_option options[] = {PASSWORD_OPTIONS, {0}};
  static const struct argp argp = {.options = options,
                                   .parser = parse_person,
                                   .args_doc = "EMAIL",
                                   .doc =
                                       "Gives a user another password, and ends all of the user's sessions. "
                                       "Where the password comes from and what it must be: as in `takings "
                                       "user add'."};
  struct args args = {0};
  return cli_run(&(struct cli_command){&argp, CLI_NEEDS_STORES, run_set_password}, &args, argc, argv);
}
