#include "cli/import/split.h"

#include <glib.h>

#include "base/mutant.h"

size_t split_total(int64_t quantity, int64_t total, int64_t discount, int64_t tax, struct split_line out[2])
{
  int64_t price = total / quantity;
  int64_t dearer = total % quantity;
  if (dearer == 0 || MUTANT("import-drops-remainder")) {
    out[0] = (struct split_line){quantity, price, discount, tax};
    return 1;
  }
  int64_t cheaper = quantity - dearer;
  int64_t covered = MIN(discount, cheaper * price);
  out[0] = (struct split_line){cheaper, price, covered, tax};
  out[1] = (struct split_line){dearer, price + 1, discount - covered, 0};
  return 2;
}
