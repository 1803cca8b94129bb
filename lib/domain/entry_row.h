/* entry_row: what one entry adds to the row of its bucket, as the metric table says. The pipeline of MongoDB
 * does the same from the same table; this is for those who have the entry in hand. */
#pragma once

#include "base/err.h"
#include "domain/entry.h"
#include "domain/row.h"

/* into += the entry, column by column. RESULT_OUT_OF_RANGE when a column leaves the exact range; `into` is
 * then undefined. */
MUST_CHECK enum result entry_row_add(enum entry_kind kind, const struct entry_totals *totals,
                                     struct row *into, struct err *e);

/* What one entry adds to a metric that adds up: an additive one, or net_sales. RESULT_OUT_OF_RANGE as above.
 */
MUST_CHECK enum result entry_row_amount(enum entry_kind kind, const struct entry_totals *totals, int metric,
                                        int64_t *out, struct err *e);
