/* folds: folding ranges of the ledger so that one unreadable entry does not hide the others, and by as many
 * aggregates as the store's time limit wants: groups are collected, and ranges that cannot be summed are
 * found by halving. */
#pragma once

#include <glib.h>

#include "batch/batch.h"
#include "domain/zone.h"

/* A group as it was folded, with its texts. */
struct folded {
  char merchant[MERCHANT_ID_SIZE];
  char currency[4];
  int64_t start;
  bool poison;
  int64_t columns[METRIC_ADDITIVE];
};

struct folds {
  GArray *groups;  /* of struct folded */
  GArray *corrupt; /* of struct fold_range: nothing of these is in groups */
};

void folds_init(struct folds *folds);
void folds_clear(struct folds *folds);

/* Folds all ranges (of any merchants, each within one local hour) at `at` by `step` and adds to `folds`; what
 * is too much for one aggregate is folded by several, of a single range by steps of a minute at most. Results
 * as fold_source's, without RESULT_CORRUPT; RESULT_UNAVAILABLE also where one minute is too much. On failure
 * `folds` may have some of it. */
MUST_CHECK enum result folds_collect(struct folds *folds, struct batch *batch, cluster_time at,
                                     const struct fold_range *ranges, size_t count, int step, struct err *e);

/* Folds [from, to) of one merchant. Where an entry hides the others, the span is halved until each range in
 * `corrupt` lies in one local hour. A day or less is halved as well where it is too much. RESULT_TOO_LONG:
 * it is more than a day, and too much. */
MUST_CHECK enum result folds_collect_span(struct folds *folds, struct batch *batch, cluster_time at,
                                          const struct zone *zone, const struct fold_range *span, int step,
                                          struct err *e);

#define FOLDS_CUT 8

/* How much to try after `tried` was RESULT_TOO_LONG, in whatever it is counted: an eighth of it, at least
 * `least`. False: it was that already. Only a time limit is answered in this way, and never a store that is
 * away; six times lead from 20 years to an hour. */
bool folds_shorten(int64_t tried, int64_t least, int64_t *length);

/* A collected group in the form that sheets take. */
struct fold_group folds_group(const struct folded *folded);
