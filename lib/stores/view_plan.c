#include "stores/view_plan.h"

#include "domain/calendar.h"
#include "stores/keys.h"

/* A range on its way into the plan. */
struct planning {
  struct view_plan *plan;
  struct view_plan_span *span;
  const struct range *range;
  enum range_interval interval;
  bool begun;           /* there is a bucket of the newest unit */
  civil_day unit_start; /* first date of the newest unit: a day, week or month */
};

static bool is_source(const struct view_plan *plan, guint i, enum view_source_kind kind, civil_day date)
{
  const struct view_source *source = &g_array_index(plan->sources, struct view_source, i);
  return source->kind == kind && source->date == date;
}

/* The newest is asked for again and again: it is looked at first. */
static guint add_source(struct view_plan *plan, enum view_source_kind kind, civil_day date)
{
  for (guint i = plan->sources->len; i > 0; i--)
    if (is_source(plan, i - 1, kind, date))
      return i - 1;
  struct view_source source = {.kind = kind, .date = date};
  g_array_append_val(plan->sources, source);
  return plan->sources->len - 1;
}

static void add_bucket(struct planning *planning, int64_t start, int64_t end)
{
  struct view_plan_bucket bucket = {.start = start, .end = end};
  g_array_append_val(planning->span->buckets, bucket);
}

/* A piece of the newest bucket. */
static void add_piece(struct planning *planning, struct view_piece *piece)
{
  piece->bucket = planning->span->buckets->len - 1;
  g_array_append_val(planning->span->pieces, *piece);
}

static void add_hour_piece(struct planning *planning, const struct bucket_hour *hour)
{
  struct view_piece piece = {.source = add_source(planning->plan, VIEW_HOURS, hour->date),
                             .slot = (size_t)hour->ordinal,
                             .hour = *hour,
                             .date = hour->date,
                             .start = hour->start};
  add_piece(planning, &piece);
}

static void add_day_piece(struct planning *planning, const struct bucket_day *day)
{
  struct view_piece piece = {
      .source = add_source(planning->plan, VIEW_DAYS, calendar_unit_start(day->date, CALENDAR_YEAR)),
      .slot = (size_t)civil_day_of_year(day->date) - 1,
      .date = day->date,
      .start = day->start};
  add_piece(planning, &piece);
}

static bool hour_in_range(const struct range *range, const struct bucket_hour *hour)
{
  return (range->by_date || hour->start >= range->from) &&
         ((range->by_date && !range->cut) || hour->start < range->to);
}

static bool day_in_range(const struct range *range, const struct bucket_day *day)
{
  return (range->by_date || day->start >= range->from) &&
         ((range->by_date && !range->cut) || day->end <= range->to);
}

static void plan_hours(struct planning *planning, const struct bucket_day *day)
{
  for (int i = 0; i < day->count; i++)
    if (hour_in_range(planning->range, &day->hours[i])) {
      add_bucket(planning, day->hours[i].start, day->hours[i].end);
      add_hour_piece(planning, &day->hours[i]);
    }
}

static civil_day unit_start_of(enum range_interval interval, civil_day date)
{
  switch (interval) {
  case RANGE_BY_WEEK:
    return calendar_week_start(date);
  case RANGE_BY_MONTH:
    return calendar_unit_start(date, CALENDAR_MONTH);
  default:
    return date;
  }
}

/* The bucket of the date's day, week or month, which from now on reaches to `end`. */
static void enter_unit(struct planning *planning, civil_day date, int64_t start, int64_t end)
{
  civil_day unit_start = unit_start_of(planning->interval, date);
  GArray *buckets = planning->span->buckets;
  if (!planning->begun || planning->unit_start != unit_start)
    add_bucket(planning, start, end);
  g_array_index(buckets, struct view_plan_bucket, buckets->len - 1).end = end;
  planning->begun = true;
  planning->unit_start = unit_start;
}

static void plan_day(struct planning *planning, const struct bucket_day *day)
{
  if (day->count == 0)
    return; /* a skipped date */
  if (day_in_range(planning->range, day)) {
    enter_unit(planning, day->date, day->start, day->end);
    add_day_piece(planning, day);
    return;
  }
  for (int i = 0; i < day->count; i++)
    if (hour_in_range(planning->range, &day->hours[i])) {
      enter_unit(planning, day->date, day->hours[i].start, day->hours[i].end);
      add_hour_piece(planning, &day->hours[i]);
    }
}

static int by_start(const void *a, const void *b)
{
  const struct view_plan_bucket *x = a, *y = b;
  return x->start < y->start ? -1 : x->start > y->start;
}

/* Where clocks went back over midnight the hours of two dates interleave: puts buckets into order of time. */
static void sort_buckets(struct view_plan_span *span)
{
  g_autofree guint *now_at = g_new(guint, span->buckets->len);
  for (guint i = 0; i < span->buckets->len; i++)
    g_array_index(span->buckets, struct view_plan_bucket, i).planned_at = i;
  g_array_sort(span->buckets, by_start);
  for (guint i = 0; i < span->buckets->len; i++)
    now_at[g_array_index(span->buckets, struct view_plan_bucket, i).planned_at] = i;
  for (guint i = 0; i < span->pieces->len; i++) {
    struct view_piece *piece = &g_array_index(span->pieces, struct view_piece, i);
    piece->bucket = now_at[piece->bucket];
  }
}

static bool in_order(const struct view_plan_span *span)
{
  for (guint i = 1; i < span->buckets->len; i++)
    if (g_array_index(span->buckets, struct view_plan_bucket, i).start <
        g_array_index(span->buckets, struct view_plan_bucket, i - 1).start)
      return false;
  return true;
}

void view_plan_init(struct view_plan *plan)
{
  *plan = (struct view_plan){.sources = g_array_new(FALSE, FALSE, sizeof(struct view_source))};
}

void view_plan_add(struct view_plan *plan, const struct zone *zone, const struct range *range,
                   enum range_interval interval)
{
  g_assert(plan->span_count < VIEW_PLAN_SPANS);
  struct view_plan_span *span = &plan->spans[plan->span_count++];
  span->buckets = g_array_new(FALSE, FALSE, sizeof(struct view_plan_bucket));
  span->pieces = g_array_new(FALSE, FALSE, sizeof(struct view_piece));
  struct planning planning = {.plan = plan, .span = span, .range = range, .interval = interval};
  /* A range of instants may begin or end inside the interleaved hours of a neighbouring date. */
  civil_day first = range->by_date ? range->first_date : bucket_date_at(zone, range->from) - 1;
  civil_day end = range->by_date ? range->end_date : bucket_date_at(zone, range->to - 1) + 2;
  for (civil_day date = first; date < end; date++) {
    struct bucket_day day;
    bucket_day_of(zone, date, &day);
    if (interval == RANGE_BY_HOUR)
      plan_hours(&planning, &day);
    else
      plan_day(&planning, &day);
  }
  if (!in_order(span))
    sort_buckets(span);
}

void view_plan_clear(struct view_plan *plan)
{
  for (size_t i = 0; i < plan->span_count; i++) {
    g_array_unref(plan->spans[i].buckets);
    g_array_unref(plan->spans[i].pieces);
  }
  plan->span_count = 0;
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
