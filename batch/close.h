/* close: hours past their age become closed: they are folded once more from the ledger and compared, and
 * their minutes are dropped; what was parked is tried again; rows that no card names are swept
 * (docs/protocol.md, "Close"). Run by cron; a run that overlaps another is harmless.
 */
#pragma once

#include "batch/batch.h"

struct close_report {
  int64_t closed;               /* hours that equalled the ledger and lost their minutes */
  int64_t drift;                /* hours that did not: a re-cut was asked for */
  int64_t drift_from, drift_to; /* the span of these, seconds */
  cluster_time drift_as_of;     /* where the newest of them was compared */
  int64_t unparked;             /* hours that could be read again */
  int64_t parked;               /* hours that still cannot */
  int64_t skipped;              /* changed by somebody else meanwhile: the next run will see */
};

/* All hours of the merchant that are past their age and still have minutes, and all that are parked.
 * RESULT_STALE: there is no picture, or it is older than a snapshot reaches back. */
MUST_CHECK enum result close_hours(struct batch *batch, const char *merchant, struct close_report *report,
                                   struct err *e);

/* Deletes rows under prefixes that no card names and that an earlier run, at least an hour before, found
 * unnamed too (the re-cut that wrote them is long over). What is found unnamed now is remembered in Redis. */
MUST_CHECK enum result close_sweep(struct batch *batch, const char *merchant, int64_t *deleted,
                                   struct err *e);
