/* metrics: figures of a range, read from the aggregates alone (/metrics/summary, /metrics/series), and what
 * each figure means (/metrics/definitions). */
#pragma once

#include "fcgi/exchange.h"

void metrics_summary(struct exchange *x); /* totals, one element per currency */
void metrics_series(struct exchange *x);  /* bucket by bucket, one currency, in columns */
void metrics_definitions(struct exchange *x);
