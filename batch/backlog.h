/* backlog: merchants whose rows must be cut anew and for whom no flush waits (docs/protocol.md, "Backlog"):
 * those who sell nothing just now and were cut under another metric table or other zone rules, as before an
 * upgrade, and those who could not be cut and were given up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "batch/batch.h"

struct backlog {
  GHashTable *rests; /* id to int64_t: until when nobody tries that merchant, monotonic ms */
  int64_t next_ms;   /* when all cards are looked at again, monotonic */
};

void backlog_init(struct backlog *backlog);
void backlog_clear(struct backlog *backlog);

/* A re-cut of this merchant, begun at `began_ms` (monotonic), failed: it rests ten times as long as that
 * took, so that the others wait for it no more than a tenth of the time, but a minute at least and an hour at
 * most. */
void backlog_put(struct batch *batch, const char *merchant, int64_t began_ms);

/* Whether the merchant is one that could not be cut and is not to be tried by a flush. */
bool backlog_has(const struct backlog *backlog, const char *merchant);

/* Every ten minutes, and when somebody has rested: looks at all cards, and cuts those who are left and do not
 * rest, for about a second; the others behind the next request. Whoever fails rests. */
void backlog_work(struct batch *batch);
