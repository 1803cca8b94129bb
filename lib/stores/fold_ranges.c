#include "stores/fold_ranges.h"

#include <string.h>

static int compare(gconstpointer a, gconstpointer b)
{
  const struct fold_range *x = a, *y = b;
  int by_merchant = strcmp(x->merchant, y->merchant);
  if (by_merchant != 0)
    return by_merchant;
  return (x->from > y->from) - (x->from < y->from);
}

static struct fold_range *at(const struct fold_ranges *ranges, guint i)
{
  return &g_array_index(ranges->items, struct fold_range, i);
}

void fold_ranges_init(struct fold_ranges *ranges, const struct fold_range *asked, size_t count)
{
  ranges->items = g_array_sized_new(FALSE, FALSE, sizeof *asked, (guint)count);
  for (size_t i = 0; i < count; i++)
    if (asked[i].from < asked[i].to)
      g_array_append_val(ranges->items, asked[i]);
  g_array_sort(ranges->items, compare);
  guint kept = 0;
  for (guint i = 0; i < ranges->items->len; i++) {
    struct fold_range *last = kept > 0 ? at(ranges, kept - 1) : NULL;
    const struct fold_range *next = at(ranges, i);
    if (last != NULL && strcmp(last->merchant, next->merchant) == 0 && next->from <= last->to)
      last->to = MAX(last->to, next->to);
    else
      *at(ranges, kept++) = *next;
  }
  g_array_set_size(ranges->items, kept);
}

void fold_ranges_clear(struct fold_ranges *ranges)
{
  g_clear_pointer(&ranges->items, g_array_unref);
}

const char *fold_ranges_merchant(const struct fold_ranges *ranges)
{
  guint count = ranges->items->len;
  if (count == 0 || strcmp(at(ranges, 0)->merchant, at(ranges, count - 1)->merchant) != 0)
    return NULL;
  return at(ranges, 0)->merchant;
}

bool fold_ranges_touch(const struct fold_ranges *ranges, const char *merchant, int64_t start, int step)
{
  /* The last range of the merchant that begins before the step's end is the only one that can reach into it
   * from the left; those after it begin behind it. */
  guint low = 0, high = ranges->items->len;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    const struct fold_range *range = at(ranges, middle);
    int by_merchant = strcmp(range->merchant, merchant);
    if (by_merchant < 0 || (by_merchant == 0 && range->from < start + step))
      low = middle + 1;
    else
      high = middle;
  }
  return low > 0 && strcmp(at(ranges, low - 1)->merchant, merchant) == 0 && at(ranges, low - 1)->to > start;
}
