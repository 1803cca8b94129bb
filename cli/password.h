/* password: where a new user's password comes from. */
#pragma once

#include "base/err.h"

/* Asks twice on the terminal, without echo. The caller owns *out: password_free. RESULT_INVALID: there is no
 * terminal, the password is none that a new user may have, or the two differ. */
MUST_CHECK enum result password_ask(char **out, struct err *e);

/* Overwrites it first; NULL is fine. */
void password_free(char *password);
