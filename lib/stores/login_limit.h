/* login_limit: how often a password may be tried, or a whole history cut anew (Redis).
 *
 * A subject has a number of slots; an attempt takes a free one and holds it for 60 seconds. So within no 60
 * seconds, wherever they begin, there are more attempts than slots, also by several workers at once, and an
 * attempt that was turned away costs nothing and moves nothing. Subjects and places are texts of the caller
 * that name nobody: hashes of accounts, addresses.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "stores/redis.h"

#define LOGIN_LIMIT_WINDOW_S 60

/* Takes one of the subject's `slots`. *wait_s is 0, or for how many seconds none will be free. */
MUST_CHECK enum result login_limit_take(struct redis *redis, const char *subject, int64_t slots,
                                        int64_t now_ms, int64_t *wait_s, struct err *e);

/* Notes for 90 days that somebody logged in from a place, and asks for it. */
MUST_CHECK enum result login_limit_remember(struct redis *redis, const char *place, struct err *e);
MUST_CHECK enum result login_limit_knows(struct redis *redis, const char *place, bool *knows, struct err *e);
