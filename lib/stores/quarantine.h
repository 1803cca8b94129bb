/* quarantine: keys of the ledger that no program of this project wrote (docs/protocol.md). The tailer notes
 * them (stores/stream_mongo.h); here they are shown and looked at again. A key that names no merchant is
 * nobody's, and is seen by who looks into MongoDB only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "stores/people.h"

#define QUARANTINE_ID_SIZE 37 /* "qua_" and 32 hex digits, with NUL: made of the key */

struct quarantined {
  char id[QUARANTINE_ID_SIZE];
  char *key;          /* as it stands in the ledger, any bytes of UTF-8; owned */
  char *why;          /* owned */
  int64_t seen_at_ms; /* when the tailer met it last */
};
void quarantined_clear(struct quarantined *item);

/* The merchant's, newest first, at most `limit`, appended to `out` (of struct quarantined, which the caller
 * clears): those behind `after`, of which only id and time are looked at; NULL: from the first. *more:
 * whether others follow. */
MUST_CHECK enum result quarantine_list(struct people *p, const char *merchant,
                                       const struct quarantined *after, size_t limit, GArray *out, bool *more,
                                       struct err *e);

/* The merchant's key that has this id; *key is the caller's: g_free. RESULT_NOT_FOUND. */
MUST_CHECK enum result quarantine_find(struct people *p, const char *merchant, const char *id, char **key,
                                       struct err *e);

/* Looks at a key that was found so again: asks for a re-cut, which counts the entry if its key parses by now,
 * and forgets a key that parses, or that the ledger has no more. RESULT_UNAVAILABLE: it may be done in part,
 * and can be done again. */
MUST_CHECK enum result quarantine_retry(struct people *p, const struct people_actor *by, const char *merchant,
                                        const char *id, const char *key, struct err *e);
