/* attempts: how often a password may be tried: at log-in, and where the present one must be given again.
 *
 * Within any 60 seconds an address ([limits] logins_per_minute; of IPv6 the first 64 bits, which is what one
 * customer has) may try so often, with whatever accounts, and an account four times as often over all
 * addresses together. The latter is not asked of an address from which the account's owner has logged in
 * before: strangers cannot lock somebody out of there.
 */
#pragma once

#include <stdbool.h>

#include "fcgi/exchange.h"

/* Counts an attempt at the account of that e-mail address, whether or not there is one; false after it has
 * answered: 429 with Retry-After, or 503. */
bool attempts_allow(struct exchange *x, const char *email);

/* The password was right: remembers the address for the account. False after it has answered. */
bool attempts_succeeded(struct exchange *x, const char *email);

/* The password was wrong: notes it in the audit, though for each account no more often than an address may
 * try, so that nobody fills it. `user` has the address, or an empty id when nobody has; both take as long.
 * False after it has answered. */
bool attempts_failed(struct exchange *x, const char *email, const struct user *user);

/* The caller's address as nginx knows it; what a request says of itself counts for nothing. Borrowed. */
const char *attempts_address(const struct exchange *x);
