/* stretch: the stretches of time that the hours of a range make up: where its entries lie. */
#pragma once

#include <stdint.h>

#include <glib.h>

#include "domain/range.h"

struct stretch {
  int64_t from, to; /* seconds, half-open */
};

/* In order and apart. One, but where clocks went back over midnight and hours of the range's first or last
 * date lie among those of the date beside it; none when all its dates were skipped. The caller owns the array
 * of struct stretch. */
GArray *stretches_of_range(const struct range *range, const struct zone *zone);
