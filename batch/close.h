/* close: hours past their age become closed: the minutes are folded once more from the ledger, compared, and dropped
 * (docs/protocol.md, "Close"). Run by cron; a run that overlaps another is harmless. */
#pragma once

#include "batch/batch.h"

struct close_report {
  int64_t hours;    /* closed */
  int64_t drift;    /* differed from the ledger: a re-cut was asked for */
  int64_t unparked; /* could be read again */
  int64_t skipped;  /* somebody else changed them meanwhile: the next run will see */
};

/* All hours of the merchant that are past their age and still have minutes, and those that are parked. RESULT_STALE: the
 * picture is too old to be compared, or there is none. */
MUST_CHECK enum result close_hours(struct batch *batch, const char *merchant, struct close_report *report,
                                   struct err *e);

/* Folds the merchant's yesterday (a local day) and compares the day row. */
MUST_CHECK enum result close_day(struct batch *batch, const char *merchant, struct close_report *report,
                                 struct err *e);

/* Deletes rows under prefixes that no card names, once they have been seen unnamed twice, an hour apart. */
MUST_CHECK enum result close_sweep(struct batch *batch, const char *merchant, int64_t *deleted, struct err *e);
