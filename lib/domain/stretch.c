#include "domain/stretch.h"

static int by_start(const void *a, const void *b)
{
  const struct stretch *x = a, *y = b;
  return x->from < y->from ? -1 : x->from > y->from;
}

/* Behind the last one where that ends as this begins, else beside it. */
static void append(GArray *stretches, int64_t from, int64_t to)
{
  struct stretch stretch = {.from = from, .to = to};
  struct stretch *last =
      stretches->len > 0 ? &g_array_index(stretches, struct stretch, stretches->len - 1) : NULL;
  if (last != NULL && last->to == from)
    last->to = to;
  else
    g_array_append_val(stretches, stretch);
}

GArray *stretches_of_range(const struct range *range, const struct zone *zone)
{
  GArray *stretches = g_array_new(FALSE, FALSE, sizeof(struct stretch));
  if (!range->by_date) { /* whose ends are ends of hours, and hours leave no gaps */
    append(stretches, range->from, range->to);
    return stretches;
  }
  g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(struct stretch));
  for (civil_day date = range->first_date; date < range->end_date; date++) {
    struct bucket_day day;
    bucket_day_of(zone, date, &day);
    for (int i = 0; i < day.count && !(range->cut && day.hours[i].start >= range->to); i++)
      append(pieces, day.hours[i].start, day.hours[i].end);
  }
  g_array_sort(pieces, by_start);
  for (guint i = 0; i < pieces->len; i++) {
    const struct stretch *piece = &g_array_index(pieces, struct stretch, i);
    append(stretches, piece->from, piece->to);
  }
  return stretches;
}
