/* total_sums: the part of a $group that sums the stored totals of its entries, made from the metric table,
 * and what the answer adds to each column. The folds and the restatement log share it.
 *
 * A group holds entries of one kind, with a plain $sum of each total that the table names; which column a
 * total goes to, and with which sign, is worked out here. That is half as much work for the server as a
 * condition per column.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <bson/bson.h>

#include "domain/metric.h"

#define TOTAL_SUMS_COUNT "n" /* the answer's field that says how many entries the group has */

/* Appends the accumulators to a $group. `careful`: an entry whose totals cannot be added spoils only its own
 * group; without, which is a little faster, the whole aggregate. */
void total_sums_append(bson_t *group, bool careful);

/* Adds what one document of the answer, a group of entries of that kind ("order", "refund"; NULL: unknown),
 * adds to each column; false when that cannot be told: a sum beyond 64 bits, an entry with a total that is no
 * integer, an unknown kind. The columns are then undefined. */
bool total_sums_add(const bson_t *document, const char *kind, int64_t columns[METRIC_ADDITIVE]);

/* Appends {$cond: [condition, value, null]}, or just the value where there is no condition. */
void total_sums_append_if(bson_t *out, const char *name, const bson_t *condition, const bson_t *value);
