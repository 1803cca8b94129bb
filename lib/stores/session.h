/* session: browser sessions (Redis). The token is 256 bits at random; only its hash is stored.
 *
 * A session is started under the number that stands in the user's document (people.h, `sessions`), and counts
 * only while the two are equal: whoever asks for a session compares them. So a change of that document ends
 * all sessions of the user with it, and what Redis has lost or brings back revives none.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "stores/people.h"
#include "stores/redis.h"

#define SESSION_NAME_SIZE 65  /* 64 hex digits and NUL */
#define SESSION_TOKEN_SIZE 44 /* 32 bytes, base64url without padding, and NUL */

struct session {
  char user_id[32];
  int64_t generation; /* the user's `sessions` when it was started */
  char csrf[SESSION_TOKEN_SIZE];
  int64_t created_ms;
  int64_t seen_ms;
};

/* What a session is called where its token must not stand: the token's hash. Returns `out`. */
const char *session_name(const char *token, char out[SESSION_NAME_SIZE]);

/* Starts a session of a user as read before the password was checked, so that none outlives a change of it.
 * idle_s in seconds. token gets the cookie's value. */
MUST_CHECK enum result session_start(struct redis *redis, const struct user *user, int64_t now_ms,
                                     int64_t idle_s, struct session *out, char token[SESSION_TOKEN_SIZE],
                                     struct err *e);
/* Finds a live session and moves its idle expiry; the caller compares its generation. RESULT_NOT_FOUND: none,
 * idle too long, or older than max_s.
 */
MUST_CHECK enum result session_find(struct redis *redis, const char *token, int64_t now_ms, int64_t idle_s,
                                    int64_t max_s, struct session *out, struct err *e);
/* takings-push is told. */
MUST_CHECK enum result session_end(struct redis *redis, const char *token, struct err *e);
