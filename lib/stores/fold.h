/* fold: the ledger as the protocol needs it: sums of the entries at one pinned cluster time, and the
 * merchants.
 *
 * Two implementations: MongoDB (stores/fold_mongo.h) and memory (tests/sim). One fold_source belongs to one
 * thread. Results of reading at a pinned time: RESULT_UNAVAILABLE: the store is away, or the node has not
 * reached that time within the deadline; try again. RESULT_STALE: that time is out of the snapshot window, or
 * a collection or index changed after it; take a newer time. RESULT_TOO_LONG: it took longer than the store's
 * time limit; of a fold less may be asked for at once. RESULT_CORRUPT: an entry in the ranges cannot be
 * summed and the store could not tell which group it belongs to: ask range by range.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cluster_time.h"
#include "base/err.h"
#include "domain/merchant.h"
#include "domain/metric.h"

/* Entries of one merchant with from <= business time < to, seconds. */
struct fold_range {
  char merchant[MERCHANT_ID_SIZE];
  int64_t from, to;
};

/* The sums of one (merchant, currency, step). */
struct fold_group {
  const char *merchant;
  const char *currency;
  int64_t start; /* of the step, a multiple of it, seconds */
  bool poison;   /* an entry in it has a field of the wrong type, or a sum overflowed; columns mean nothing */
  int64_t columns[METRIC_ADDITIVE];
};

typedef void (*fold_sink)(const struct fold_group *group, void *arg);

struct fold_source {
  /* A cluster time such that every write acknowledged before the call is at or before it. */
  MUST_CHECK enum result (*now)(struct fold_source *self, cluster_time *out, struct err *e);

  /* Sums by steps of `step` seconds (a divisor of 3600) everything in `ranges` that is at or before `at`. */
  MUST_CHECK enum result (*fold)(struct fold_source *self, cluster_time at, const struct fold_range *ranges,
                                 size_t count, int step, fold_sink sink, void *arg, struct err *e);

  /* The first and the last business time (seconds) of a merchant's entries at `at`; *any false when it has
   * none. */
  MUST_CHECK enum result (*extent)(struct fold_source *self, cluster_time at, const char *merchant, bool *any,
                                   int64_t *first, int64_t *last, struct err *e);

  /* A merchant's document at `at`; RESULT_NOT_FOUND when there was none. */
  MUST_CHECK enum result (*merchant)(struct fold_source *self, cluster_time at, const char *id,
                                     struct merchant *out, struct err *e);

  /* The ids of all merchants, read at `at`. */
  MUST_CHECK enum result (*merchants)(struct fold_source *self, cluster_time at,
                                      void (*each)(const char *id, void *arg), void *arg, struct err *e);

  /* Asks for a re-cut: raises `recut` in the merchant's document. */
  MUST_CHECK enum result (*ask_recut)(struct fold_source *self, const char *id, struct err *e);
};
