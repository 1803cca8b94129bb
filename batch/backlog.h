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

/* Times are the clock's monotonic ms. What is known is in memory only, and of this batch's own tries. */
struct backlog {
  GHashTable *troubles;        /* id to struct trouble: whose last re-cut failed */
  char last[MERCHANT_ID_SIZE]; /* who was tried last behind a request */
  int64_t next_ms;             /* when all cards are looked at again */
  int64_t rests_until_ms;      /* but not before */
};

void backlog_init(struct backlog *backlog);
void backlog_clear(struct backlog *backlog);

enum failure {
  FAILURE_NOBODYS,  /* a store takes no writes: nobody can be cut just now */
  FAILURE_WAIT,     /* the merchant's own, which the others wait for */
  FAILURE_GIVEN_UP, /* they do not any longer: go on without the merchant, and take its card away */
};

/* What the failure of a re-cut is, which had to be as new as `asked` (0: of any time) and began at
 * `began_ms`. The merchant is given up when it has failed for BATCH_PATIENCE_MS and the others have waited as
 * long (`late`). */
enum failure backlog_failed(struct batch *batch, const char *merchant, cluster_time asked, int64_t began_ms,
                            bool late, const struct err *why);

/* Whether the merchant was given up and has not been cut since. */
bool backlog_has(const struct backlog *backlog, const char *merchant);

/* The merchant was cut, or is gone. */
void backlog_forget(struct backlog *backlog, const char *merchant);

/* A re-cut of the merchant is asked for, as of that time. If it was given up, and no try has been for this
 * ask, nothing rests any longer, for whoever asks may have mended what kept it from being cut: but once in a
 * rest, as a merchant's owner can ask at will. */
void backlog_hurry(struct batch *batch, const char *merchant, cluster_time asked);

/* Every ten minutes, and when somebody has rested: looks at all cards, and cuts those who are left and do not
 * rest, for about a second; the others behind the next request. Whoever fails rests ten times as long as that
 * took, but a minute at least and an hour at most; and so long, without the minute, does the backlog for all
 * failures together. */
void backlog_work(struct batch *batch);
