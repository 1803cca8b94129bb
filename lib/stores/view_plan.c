#include "stores/view_plan.h"

#include "stores/keys.h"

static civil_day january_first(civil_day date)
{
  return date - civil_day_of_year(date) + 1;
}

static guint add_source(struct view_plan *plan, enum view_source_kind kind, civil_day date)
{
  for (guint i = plan->sources->len; i > 0; i--) {
    const struct view_source *known = &g_array_index(plan->sources, struct view_source, i - 1);
    if (known->kind == kind && known->date == date)
      return i - 1;
    if (known->kind == kind) /* dates come in order: an older one of this kind cannot match */
      break;
  }
  struct view_source source = {.kind = kind, .date = date};
  g_array_append_val(plan->sources, source);
  return plan->sources->len - 1;
}

static guint add_bucket(struct view_plan *plan, int64_t start, int64_t end)
{
  struct view_plan_bucket bucket = {.start = start, .end = end};
  g_array_append_val(plan->buckets, bucket);
  return plan->buckets->len - 1;
}

static void add_hour_piece(struct view_plan *plan, guint bucket, const struct bucket_hour *hour)
{
  struct view_piece piece = {.bucket = bucket,
                             .source = add_source(plan, VIEW_HOURS, hour->date),
                             .slot = (size_t)hour->ordinal,
                             .hour = *hour,
                             .date = hour->date,
                             .start = hour->start};
  g_array_append_val(plan->pieces, piece);
}

static void add_day_piece(struct view_plan *plan, guint bucket, const struct bucket_day *day)
{
  struct view_piece piece = {.bucket = bucket,
                             .source = add_source(plan, VIEW_DAYS, january_first(day->date)),
                             .slot = (size_t)civil_day_of_year(day->date) - 1,
                             .date = day->date,
                             .start = day->start};
  g_array_append_val(plan->pieces, piece);
}

static bool hour_in_range(const struct range *range, const struct bucket_hour *hour)
{
  return range->by_date || (hour->start >= range->from && hour->start < range->to);
}

static void plan_hours(struct view_plan *plan, const struct range *range, const struct bucket_day *day)
{
  for (int i = 0; i < day->count; i++)
    if (hour_in_range(range, &day->hours[i]))
      add_hour_piece(plan, add_bucket(plan, day->hours[i].start, day->hours[i].end), &day->hours[i]);
}

static void plan_cut_day(struct view_plan *plan, const struct range *range, const struct bucket_day *day)
{
  guint bucket = 0;
  bool begun = false;
  for (int i = 0; i < day->count; i++) {
    if (!hour_in_range(range, &day->hours[i]))
      continue;
    if (!begun)
      bucket = add_bucket(plan, day->hours[i].start, day->hours[i].end);
    begun = true;
    g_array_index(plan->buckets, struct view_plan_bucket, bucket).end = day->hours[i].end;
    add_hour_piece(plan, bucket, &day->hours[i]);
  }
}

static void plan_day(struct view_plan *plan, const struct range *range, const struct bucket_day *day)
{
  bool whole = range->by_date || (day->start >= range->from && day->end <= range->to);
  if (day->count == 0)
    return; /* a skipped date */
  if (whole)
    add_day_piece(plan, add_bucket(plan, day->start, day->end), day);
  else
    plan_cut_day(plan, range, day);
}

static int by_start(const void *a, const void *b)
{
  const struct view_plan_bucket *x = a, *y = b;
  return x->start < y->start ? -1 : x->start > y->start;
}

/* Where clocks went back over midnight the hours of two dates interleave: put hours into order of time. */
static void sort_hours(struct view_plan *plan)
{
  g_array_sort(plan->buckets, by_start);
  for (guint i = 0; i < plan->pieces->len; i++) {
    struct view_piece *piece = &g_array_index(plan->pieces, struct view_piece, i);
    guint at = 0;
    struct view_plan_bucket wanted = {.start = piece->start};
    if (g_array_binary_search(plan->buckets, &wanted, by_start, &at))
      piece->bucket = at;
  }
}

static bool hours_in_order(const struct view_plan *plan)
{
  for (guint i = 1; i < plan->buckets->len; i++)
    if (g_array_index(plan->buckets, struct view_plan_bucket, i).start <
        g_array_index(plan->buckets, struct view_plan_bucket, i - 1).start)
      return false;
  return true;
}

void view_plan_init(struct view_plan *plan, const struct zone *zone, const struct range *range,
                    enum range_interval interval)
{
  plan->buckets = g_array_new(FALSE, FALSE, sizeof(struct view_plan_bucket));
  plan->pieces = g_array_new(FALSE, FALSE, sizeof(struct view_piece));
  plan->sources = g_array_new(FALSE, FALSE, sizeof(struct view_source));
  /* A range of instants may begin or end inside the interleaved hours of a neighbouring date. */
  civil_day first = range->by_date ? range->first_date : bucket_date_at(zone, range->from) - 1;
  civil_day end = range->by_date ? range->end_date : bucket_date_at(zone, range->to - 1) + 2;
  for (civil_day date = first; date < end; date++) {
    struct bucket_day day;
    bucket_day_of(zone, date, &day);
    if (interval == RANGE_BY_HOUR)
      plan_hours(plan, range, &day);
    else
      plan_day(plan, range, &day);
  }
  if (interval == RANGE_BY_HOUR && !hours_in_order(plan))
    sort_hours(plan);
}

void view_plan_clear(struct view_plan *plan)
{
  g_clear_pointer(&plan->buckets, g_array_unref);
  g_clear_pointer(&plan->pieces, g_array_unref);
  g_clear_pointer(&plan->sources, g_array_unref);
}

char *view_plan_key(const struct view_source *source, const char *merchant, const char *prefix,
                    const char *currency)
{
  if (source->kind == VIEW_HOURS)
    return key_hours(merchant, prefix, currency, source->date);
  int year, month, day;
  civil_to_ymd(source->date, &year, &month, &day);
  return key_days(merchant, prefix, currency, year);
}
