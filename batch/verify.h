/* verify: proves figures again: folds a range of a merchant's days from the ledger at the time that the
 * served rows claim, and compares byte for byte. Changes nothing but its own record (docs/protocol.md,
 * "Verify").
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "batch/batch.h"
#include "domain/instant.h"
#include "translation/proof.h"

/* One bucket and metric that is not what the ledger says. */
struct verify_difference {
  const char *merchant;
  const char *currency;
  const char *kind;   /* "minute", "hour", "day" */
  int64_t start;      /* of the bucket, seconds */
  const char *metric; /* or "row" where the stored bytes are not a row of that bucket */
  int64_t stored;
  int64_t expected;
};
typedef void (*verify_sink)(const struct verify_difference *difference, void *arg);

struct verify_range {
  bool has_from, has_to;
  civil_day from, to; /* local dates, half-open */
};

struct verify_report {
  int64_t buckets;        /* compared */
  int64_t differing;      /* of them */
  int64_t parked;         /* not compared */
  int64_t from, to;       /* seconds */
  int64_t first_unproved; /* start of the earliest hour that differs or is parked; INT64_MAX: none does */
  cluster_time as_of;     /* of the last chunk */
};

/* Compares, a chunk of days at a time, each chunk at one instant. An open end of the range is the merchant's
 * whole history (and then rows outside it count as differing too). RESULT_STALE: there is no picture, or it
 * is older than a snapshot reaches back. RESULT_NOT_FOUND: no card. */
MUST_CHECK enum result verify_merchant(struct batch *batch, const char *merchant,
                                       const struct verify_range *range, verify_sink sink, void *arg,
                                       struct verify_report *report, struct err *e);

/* Records the result in the merchant's proof, which is returned in `proof`: verified_through moves up when
 * the range reaches back to it, and never past the first hour that differs or is parked. */
MUST_CHECK enum result verify_record(struct batch *batch, const char *merchant,
                                     const struct verify_report *report, int64_t drift, struct proof *proof,
                                     struct err *e);
