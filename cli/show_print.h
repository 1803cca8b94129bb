/* show_print: a view on standard output, as tables for people or as JSON for scripts. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "domain/metric.h"
#include "stores/view.h"

/* One table per currency: a row per bucket and the total. `wanted`: which metrics. RESULT_OUT_OF_RANGE: a
 * figure leaves the exact range. */
MUST_CHECK enum result show_print_table(const char *merchant, const struct view *view,
                                        const bool wanted[METRIC_ALL], struct err *e);

/* {"data":[{currency, exponent, interval, start[], values{metric:[]}, totals{metric}}], "meta":{...}}; null
 * is unknown or undefined. */
MUST_CHECK enum result show_print_json(const char *merchant, const struct view *view,
                                       const bool wanted[METRIC_ALL], struct err *e);
