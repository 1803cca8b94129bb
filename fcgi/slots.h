/* slots: what may be done only so often within any 60 seconds (stores/login_limit.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fcgi/exchange.h"

struct slots {
  const char *name;   /* of the limit, as the answer tells it: "login-address" */
  const char *detail; /* of the refusal */
  int64_t most;
};

/* Takes one of the subject's. *wait_s: 0, or for how many seconds there is none. False after it has answered:
 * 503. */
bool slots_take(struct exchange *x, const char *subject, int64_t most, int64_t *wait_s);

/* Takes one of the subject's. False after it has answered: 429 with Retry-After and the RateLimit fields, or
 * 503. */
bool slots_allow(struct exchange *x, const struct slots *slots, const char *subject);

/* Whether the merchant of the path may have all its rows cut anew now ([limits] recuts_per_minute): one batch
 * does that for all merchants, and a whole history is much work. To be asked only when something is to
 * change. False after it has answered. */
bool slots_allow_recut(struct exchange *x);
