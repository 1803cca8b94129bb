/* metrics: figures of a range, read from the aggregates alone (/metrics/summary, /metrics/series), and what
 * each figure means (/metrics/definitions). */
#pragma once

#include "fcgi/exchange.h"
#include "fcgi/metrics_query.h"
#include "stores/view.h"

void metrics_summary(struct exchange *x); /* totals, one element per currency */
void metrics_series(struct exchange *x);  /* bucket by bucket, one currency, in columns */
void metrics_definitions(struct exchange *x);

/* For those who answer with figures in other forms. Reads what the query asks for; on true: view_clear. False
 * after it has answered why not. */
bool metrics_read(struct exchange *x, struct metrics_query *query, struct view *view);
/* The same where the answer is in one currency: the view has one part. */
bool metrics_read_one(struct exchange *x, struct metrics_query *query, struct view *view);
