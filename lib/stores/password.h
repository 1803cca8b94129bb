/* password: argon2id by libsodium: 19 MiB, 2 passes; at most two at once in a process, so that log-ins cannot
 * eat its memory, and few more that wait, so that they cannot hold all of its threads. Only one of the two
 * makes a password: the other place is for those who log in. For stores/people.h.
 */
#pragma once

#include <stdbool.h>

#include <sodium.h>

#include "base/err.h"

#define PASSWORD_HASH_SIZE crypto_pwhash_STRBYTES

/* 20 random letters and digits (119 bits). The caller owns it: g_free. */
char *password_generate(void);

/* The hash of a password, as text. RESULT_UNAVAILABLE: there was no place in time, or others wait for
 * it already. */
MUST_CHECK enum result password_hash(const char *password, char out[PASSWORD_HASH_SIZE], struct err *e);

/* Whether the password has that hash. `hash` NULL (no such user): false, after as much work. */
MUST_CHECK enum result password_check(const char *password, const char *hash, bool *right, struct err *e);
