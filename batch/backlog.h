/* backlog: merchants whose rows must be cut anew and for whom no flush waits (docs/protocol.md, "Backlog"):
 * those who sell nothing just now and were cut under another metric table or other zone rules, as before an
 * upgrade, and those who could not be cut and were given up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "base/cluster_time.h"
#include "batch/batch.h"
#include "domain/merchant.h"

/* Times are the clock's monotonic ms. What is known is in memory only, and true of this batch's own tries. */
struct backlog {
  GHashTable *troubles;        /* id to struct trouble: whose last re-cut failed */
  char last[MERCHANT_ID_SIZE]; /* who was tried last behind a request */
  int64_t next_ms;             /* when all cards are looked at again */
};

void backlog_init(struct backlog *backlog);
void backlog_clear(struct backlog *backlog);

/* A re-cut of the merchant, begun at `began_ms`, failed although both stores can be written to. True: the
 * merchant is given up, as it has failed for a minute, and the others have waited for it that long (`late`);
 * the caller goes on without it and takes its card away. It then rests. */
bool backlog_take(struct batch *batch, const char *merchant, int64_t began_ms, bool late,
                  const struct err *why);

/* Whether the merchant was given up and has not been cut since. The backlog tries it when it has rested. */
bool backlog_has(struct backlog *backlog, const char *merchant);

/* The merchant was cut, or is gone. */
void backlog_forget(struct backlog *backlog, const char *merchant);

/* A re-cut of the merchant is asked for, at that time. If it was given up, and was not tried since, it need
 * rest no longer: whoever asks may have mended what kept it from being cut. */
void backlog_hurry(struct backlog *backlog, const char *merchant, cluster_time asked);

/* Every ten minutes, and when somebody has rested: looks at all cards, and cuts those who are left and do not
 * rest, for about a second; the others behind the next request. Whoever fails rests ten times as long as that
 * took, but a minute at least and an hour at most; and so long does the backlog for all failures together. */
void backlog_work(struct batch *batch);
