/* metrics_json: figures as JSON, written straight from the rows. */
#pragma once

#include <glib.h>

#include "fcgi/metrics_query.h"
#include "stores/view.h"

/* `data` of a summary of these parts of the view: [{"currency","exponent","metrics":{…}}]. A metric of a
 * range with a parked bucket, or one that the rows do not keep yet, is null. RESULT_OUT_OF_RANGE: a metric
 * that is wanted leaves the exact range. */
MUST_CHECK enum result metrics_json_summary(const struct metrics_query *query, const struct view *view,
                                            const struct view_part *parts, GString *out, struct err *e);

/* `data` of a series of the view's only part, or that of one of its sides:
 * {"currency","exponent","interval","start":[…],"values":{name:[…]}}. */
MUST_CHECK enum result metrics_json_series(const struct metrics_query *query, const struct view *view,
                                           const struct view_part *part, GString *out, struct err *e);

typedef enum result (*metrics_json_data_fn)(const struct metrics_query *query, const struct view *view,
                                            const struct view_part *parts, GString *out, struct err *e);

/* `comparison`: {"from","to","through","data","current"}, its data written by `write_data`; null when there
 * is none. */
MUST_CHECK enum result metrics_json_comparison(const struct metrics_query *query, const struct view *view,
                                               metrics_json_data_fn write_data, GString *out, struct err *e);
