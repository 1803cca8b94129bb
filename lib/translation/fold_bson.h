/* fold_bson: the aggregate that sums the ledger, made from the metric table, and its groups read back (docs/data.md,
 * "Folding"). The pipeline groups by merchant, currency, step and kind, and sums each stored total that the table names; signs
 * and kinds are applied here, so that the server does as little as possible for each entry.
 */
#pragma once

#include <bson/bson.h>
#include <glib.h>

#include "base/err.h"
#include "domain/merchant.h"
#include "domain/metric.h"

/* Appends the condition on _id for from <= business time < to (seconds) of one merchant. */
void fold_bson_range(bson_t *out, const char *merchant, int64_t from, int64_t to);

/* Appends the $group stage's value for steps of `step` seconds. */
void fold_bson_group(bson_t *out, int step);

/* One group of the server's answer: of one kind of entry. */
struct fold_bson_sums {
  char merchant[MERCHANT_ID_SIZE];
  char currency[4];
  int64_t start; /* seconds */
  bool poison;   /* a total is no integer, or a sum overflowed */
  int64_t columns[METRIC_ADDITIVE]; /* what this kind adds */
};

/* RESULT_CORRUPT: it cannot be told whose, when or of what kind it is. */
MUST_CHECK enum result fold_bson_read(const bson_t *document, struct fold_bson_sums *out, struct err *e);
