#include "domain/bucket.h"

#include <glib.h>

#define MINUTE INT64_C(60)
#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)

/* No two clocks of the world differ by more (-12:00 and +14:00): a date shows nowhere further from its UTC
 * day than this, and a change of offset touches nothing further away. */
#define REACH (26 * HOUR)

static int64_t floor_to(int64_t t, int64_t step)
{
  int64_t rest = t % step;
  return t - (rest < 0 ? rest + step : rest);
}

static civil_day date_of_local(int64_t local)
{
  return (civil_day)(floor_to(local, DAY) / DAY);
}

civil_day bucket_date_at(const struct zone *zone, int64_t t)
{
  return date_of_local(t + zone_offset(zone, t));
}

/* ---- days ---- */

static void append_hour(struct bucket_day *day, int64_t start, int64_t end)
{
  g_assert(day->count < BUCKET_HOURS_MAX); /* the most since 1970 are 31: Antarctica/Vostok, 1994-01-31 */
  day->hours[day->count] = (struct bucket_hour){start, end, day->date, day->count};
  day->count++;
}

/* The hours of the part of a run of one offset in which clocks show the date. */
static void append_run(struct bucket_day *day, const struct zone_run *run)
{
  int64_t midnight = day->date * DAY - run->offset;
  int64_t from = MAX(run->start, midnight), to = MIN(run->end, midnight + DAY);
  while (from < to) {
    int64_t next = MIN(floor_to(from + run->offset, HOUR) + HOUR - run->offset, to);
    append_hour(day, from, next);
    from = next;
  }
}

/* Where clocks jumped over a whole date: the change behind which they show a later one. */
static int64_t skipped_at(const struct zone *zone, civil_day date)
{
  struct zone_run run = zone_run_at(zone, date * DAY - REACH);
  while (bucket_date_at(zone, run.end) < date)
    run = zone_run_at(zone, run.end);
  return run.end;
}

void bucket_day_of(const struct zone *zone, civil_day date, struct bucket_day *out)
{
  out->date = date;
  out->count = 0;
  /* Runs come in order of time, so the hours do as well. A day far from any change of offset lies in a single
   * run. */
  int64_t to = (date + 1) * DAY + REACH;
  struct zone_run run;
  for (int64_t t = date * DAY - REACH; t < to; t = run.end) {
    run = zone_run_at(zone, t);
    append_run(out, &run);
  }
  if (out->count > 0) {
    out->start = out->hours[0].start;
    out->end = out->hours[out->count - 1].end;
  } else {
    out->start = out->end = skipped_at(zone, date);
  }
}

/* ---- hours ---- */

static int ordinal_among(const struct bucket_day *day, int64_t start)
{
  int before = 0;
  while (before < day->count && day->hours[before].start < start)
    before++;
  return before;
}

void bucket_hour_at(const struct zone *zone, int64_t t, struct bucket_hour *out)
{
  struct zone_run run = zone_run_at(zone, t);
  int64_t clock_hour = floor_to(t + run.offset, HOUR) - run.offset;
  out->start = MAX(clock_hour, run.start);
  out->end = MIN(clock_hour + HOUR, run.end);
  out->date = date_of_local(t + run.offset);

  int64_t midnight = out->date * DAY - run.offset;
  if (run.start == INT64_MIN || run.start + REACH <= midnight) {
    out->ordinal = (int)((out->start - midnight) / HOUR);
    return;
  }
  struct bucket_day day;
  bucket_day_of(zone, out->date, &day);
  out->ordinal = ordinal_among(&day, out->start);
}

bool bucket_hour_closed(const struct bucket_hour *hour, int64_t as_of)
{
  return hour->end + BUCKET_CLOSE_AFTER <= as_of;
}

/* ---- minutes ---- */

int64_t bucket_minute_at(int64_t t)
{
  return floor_to(t, MINUTE);
}

int bucket_minute_slot(const struct bucket_hour *hour, int64_t minute)
{
  /* Before 1972 Liberia's hours began half-way through a UTC minute. */
  int64_t since = MAX(minute, hour->start) - hour->start;
  return (int)(since / MINUTE);
}
