/* split: lines whose units and money are both exact, for files that say what a line came to instead of a unit
 * price. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct split_line {
  int64_t quantity;
  int64_t unit_price;
  int64_t discount;
  int64_t tax;
};

/* Splits `quantity` (>= 1) units that came to `total` (>= 0, before discount and tax) into one line, or into
 * two when the total does not divide: the units at the floor of the price first, then those that cost one
 * minor unit more. The tax stays with the first line; the discount too, as far as it is covered, the rest of
 * it with the second. Returns how many lines. */
size_t split_total(int64_t quantity, int64_t total, int64_t discount, int64_t tax, struct split_line out[2]);
