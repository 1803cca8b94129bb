/* commands: the functions behind the table in main.c: one per subcommand. Each gets its own arguments
 * (argv[0] is the command as it was called, "takings merchant add") and returns the exit status. */
#pragma once

int command_setup(int argc, char **argv);
int command_merchant_add(int argc, char **argv);
int command_merchant_list(int argc, char **argv);
int command_merchant_set_zone(int argc, char **argv);
int command_merchant_set_locale(int argc, char **argv);
int command_key_add(int argc, char **argv);
int command_key_list(int argc, char **argv);
int command_key_revoke(int argc, char **argv);
int command_user_add(int argc, char **argv);
int command_user_set_password(int argc, char **argv);
int command_import(int argc, char **argv);
int command_status(int argc, char **argv);
int command_restatements(int argc, char **argv);
int command_show(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_config_check(int argc, char **argv);
