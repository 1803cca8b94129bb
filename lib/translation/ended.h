/* ended: that a session, all sessions of a user, or a key is good for nothing any more: what goes over the
 * channel `tk:ended` (docs/data.md, "Channels"), so that streams that were let in by it end at once. Never a
 * secret: of a session it is the name under which Redis had it.
 *
 *   session <64 lower-case hex digits>
 *   user usr_<ULID>
 *   key key_<ULID>
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum ended_kind { ENDED_SESSION, ENDED_USER, ENDED_KEY };

#define ENDED_ID_SIZE 65 /* with NUL */

struct ended {
  enum ended_kind kind;
  char id[ENDED_ID_SIZE];
};

/* "session": also the name of the id in the address that takings-push is asked by. */
const char *ended_kind_name(enum ended_kind kind);

/* Whether an id is of that kind's form. */
bool ended_id_valid(enum ended_kind kind, const char *id);

/* The message; g_free. */
char *ended_format(enum ended_kind kind, const char *id);

/* False: it is no message of this form. */
bool ended_parse(const char *text, size_t length, struct ended *out);
