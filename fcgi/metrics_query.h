/* metrics_query: the parameters of a metrics route, read and checked. */
#pragma once

#include <stdbool.h>

#include "domain/comparison.h"
#include "domain/metric.h"
#include "domain/range.h"
#include "fcgi/exchange.h"
#include "fcgi/freshness.h"

/* What is wrong with a range; static texts. */
struct range_refusal {
  const char *code; /* NULL: nothing */
  const char *parameter, *detail;
};

struct metrics_query {
  struct exchange *x;
  struct range_refusal refusal; /* of the range, as it was read last */
  bool wanted[METRIC_ALL];
  bool all;                           /* `metrics` was not given */
  const char *currency;               /* NULL: not given */
  bool has_interval;                  /* false: the range's default */
  enum range_interval interval;       /* as it was asked for */
  enum range_interval fixed_interval; /* of a route that has no interval */
  bool has_fixed_interval;
  struct comparison comparison;
  struct freshness freshness;
};

/* Reads everything but the range; what is wrong goes into x->violations. */
void metrics_query_read(struct metrics_query *query, struct exchange *x);

/* Reads the range in the merchant's zone: a view_range_fn, `arg` a struct metrics_query. RESULT_INVALID when
 * it is refused, or anything else was before. */
MUST_CHECK enum result metrics_query_range(void *arg, const struct zone *zone, struct range *range,
                                           enum range_interval *interval, struct err *e);

/* Adds what was wrong with the range, if anything, to x->violations. */
void metrics_query_add_refusal(const struct metrics_query *query);

/* The query as it was understood: {"from","to","range"?,"interval"?,"compare"?,"match"?,"currency"?,
 * "metrics"?}. */
void metrics_query_write(const struct metrics_query *query, const struct range *range,
                         enum range_interval interval, GString *out);
