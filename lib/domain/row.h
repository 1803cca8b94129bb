/* row: one bucket's figures, and the algebra on them: zero, add, equal.
 *
 * A dense row is the bucket's start and one int64 column per additive metric (domain/metric.h). Keyed rows
 * (one map per dimension) will stand beside it behind the same verbs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/metric.h"

/* A sum beyond this is not exact for every reader of JSON: RESULT_OUT_OF_RANGE, never a float. 2^53 - 1. */
#define ROW_SUM_MAX INT64_C(9007199254740991)

struct row {
  int64_t start; /* seconds since the epoch, UTC */
  int64_t columns[METRIC_ADDITIVE];
};

/* The row of a bucket in which nothing happened. */
struct row row_zero(int64_t start);

/* into += add, column by column; `into` keeps its start. RESULT_OUT_OF_RANGE names the metric; `into` is then
 * undefined. */
MUST_CHECK enum result row_add(struct row *into, const struct row *add, struct err *e);

/* The same, but to the end: returns the columns (bit m: column m) whose sum is no longer exact and is then
 * undefined. */
uint32_t row_add_columns(struct row *into, const struct row *add);

bool row_equal(const struct row *a, const struct row *b);
bool row_is_zero(const struct row *row); /* every column 0, whatever the start */

/* RESULT_CORRUPT when the balance law is broken, RESULT_OUT_OF_RANGE when a column leaves the exact range. */
MUST_CHECK enum result row_check(const struct row *row, struct err *e);
