/* fold_ranges: what a fold was asked for, in order and without overlaps, so that neighbours become one search
 * and each group that comes back can be looked up. For stores/fold_mongo.c. */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "stores/fold.h"

struct fold_ranges {
  GArray *items; /* of struct fold_range, by merchant and from; disjoint, neighbours joined */
};

void fold_ranges_init(struct fold_ranges *ranges, const struct fold_range *asked, size_t count);
void fold_ranges_clear(struct fold_ranges *ranges);

/* The one merchant that all ranges belong to, or NULL when there are several. Borrowed. */
const char *fold_ranges_merchant(const struct fold_ranges *ranges);

/* Whether a part of [start, start + step) of that merchant was asked for. */
bool fold_ranges_touch(const struct fold_ranges *ranges, const char *merchant, int64_t start, int step);
