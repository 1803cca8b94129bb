#include "domain/comparison.h"

#include <glib.h>

#include "domain/calendar.h"

#define HOUR INT64_C(3600)
#define WEEKS_OF_A_YEAR 364 /* days */

static int64_t floor_hours(int64_t seconds)
{
  int64_t rest = seconds % HOUR;
  return (seconds - (rest < 0 ? rest + HOUR : rest)) / HOUR;
}

/* ---- hours counted, run by run of one offset ---- */

static int64_t clock_hour_of(const struct zone_run *run, int64_t t)
{
  return floor_hours(t + run->offset);
}

/* The hours that start in [from, to), both starts of hours. */
static int64_t count_hours(const struct zone *zone, int64_t from, int64_t to)
{
  int64_t count = 0;
  while (from < to) {
    struct zone_run run = zone_run_at(zone, from);
    int64_t end = MIN(run.end, to);
    count += clock_hour_of(&run, end - 1) - clock_hour_of(&run, from) + 1;
    from = end;
  }
  return count;
}

/* The start of the hour so many hours before the one that starts at t. */
static int64_t hours_before(const struct zone *zone, int64_t t, int64_t count)
{
  while (count > 0) {
    struct zone_run run = zone_run_at(zone, t - 1);
    int64_t last = clock_hour_of(&run, t - 1);
    int64_t start = (last - count + 1) * HOUR - run.offset;
    if (run.start == INT64_MIN || start >= run.start)
      return start;
    count -= last - clock_hour_of(&run, run.start) + 1;
    t = run.start;
  }
  return t;
}

static int64_t hours_after(const struct zone *zone, int64_t t, int64_t count)
{
  while (count > 0) {
    struct zone_run run = zone_run_at(zone, t);
    int64_t first = clock_hour_of(&run, t);
    int64_t start = (first + count) * HOUR - run.offset;
    if (run.end == INT64_MAX || start < run.end)
      return start;
    count -= clock_hour_of(&run, run.end - 1) - first + 1;
    t = run.end;
  }
  return t;
}

/* ---- the same clock time of another date ---- */

/* The hour that clocks show at an hour's start, and how many hours of its date showed it before. */
struct clock_time {
  civil_day date;
  bool begins_date;
  int64_t hour;
  int before;
};

static int64_t shown_by(const struct zone *zone, const struct bucket_hour *hour)
{
  return floor_hours(hour->start + zone_offset(zone, hour->start));
}

static void clock_time_of(const struct zone *zone, int64_t at, struct clock_time *out)
{
  struct bucket_hour hour;
  struct bucket_day day;
  bucket_hour_at(zone, at, &hour);
  bucket_day_of(zone, hour.date, &day);
  int64_t shown = shown_by(zone, &hour);
  *out = (struct clock_time){
      .date = hour.date, .begins_date = hour.ordinal == 0, .hour = shown - hour.date * INT64_C(24)};
  for (int i = 0; i < hour.ordinal; i++)
    out->before += shown_by(zone, &day.hours[i]) == shown;
}

static int64_t clock_time_on(const struct zone *zone, const struct clock_time *time, civil_day date)
{
  struct bucket_day day;
  bucket_day_of(zone, date, &day);
  if (time->begins_date)
    return day.start;
  int64_t wanted = time->hour + date * INT64_C(24);
  int found = -1;
  for (int i = 0, before = 0; i < day.count && before <= time->before; i++)
    if (shown_by(zone, &day.hours[i]) == wanted) {
      found = i;
      before++;
    }
  for (int i = 0; i < day.count && found < 0; i++)
    if (shown_by(zone, &day.hours[i]) > wanted)
      found = i;
  return found < 0 ? day.end : day.hours[found].start;
}

/* ---- the range ---- */

static void make_dates(const struct zone *zone, civil_day first, civil_day end, struct range *out)
{
  struct bucket_day first_day, end_day;
  bucket_day_of(zone, first, &first_day);
  bucket_day_of(zone, end, &end_day);
  *out = (struct range){
      .by_date = true, .first_date = first, .end_date = end, .from = first_day.start, .to = end_day.start};
}

static void dates_before(const struct range *range, civil_day first, civil_day end, const struct zone *zone,
                         struct range *out)
{
  int months = range_preset_months(range->preset);
  civil_day days = end - first;
  civil_day before = months > 0 ? calendar_months_later(first, -months) : first - days;
  bool whole = range->preset == RANGE_LAST_MONTH || range->preset == RANGE_LAST_12MO;
  make_dates(zone, before, whole ? first : MIN(before + days, first), out);
}

static bool same_dates(const struct comparison *comparison)
{
  return comparison->kind == COMPARISON_PREVIOUS_YEAR && comparison->match == COMPARISON_BY_DATE;
}

static civil_day in_year_before(const struct comparison *comparison, civil_day date)
{
  return same_dates(comparison) ? calendar_year_before(date) : date - WEEKS_OF_A_YEAR;
}

/* The same clock times, so many days before. */
static void instants_before(const struct zone *zone, const struct range *range, civil_day days,
                            struct range *out)
{
  struct clock_time from, to;
  clock_time_of(zone, range->from, &from);
  clock_time_of(zone, range->to, &to);
  *out = (struct range){.from = clock_time_on(zone, &from, from.date - days),
                        .to = clock_time_on(zone, &to, to.date - days)};
}

/* By how many days the range lies before the other one that has no dates. */
static civil_day days_between(const struct comparison *comparison, const struct range *range,
                              const struct zone *zone)
{
  civil_day date = bucket_date_at(zone, range->from);
  return date - in_year_before(comparison, date);
}

enum result comparison_range(const struct comparison *comparison, const struct range *range,
                             const struct zone *zone, struct range *out, struct err *e)
{
  civil_day first, end;
  bool year = comparison->kind == COMPARISON_PREVIOUS_YEAR;
  bool dates = range_dates(range, zone, &first, &end);
  if (dates && year)
    make_dates(zone, in_year_before(comparison, first), in_year_before(comparison, end - 1) + 1, out);
  else if (dates)
    dates_before(range, first, end, zone, out);
  else if (year)
    instants_before(zone, range, days_between(comparison, range, zone), out);
  else
    *out = (struct range){.from = hours_before(zone, range->from, count_hours(zone, range->from, range->to)),
                          .to = range->from};
  if (out->by_date ? out->first_date < 0 : out->from < 0)
    return err_set(e, RESULT_INVALID, "the comparison would begin before 1970");
  return RESULT_OK;
}

/* ---- while it runs ---- */

bool comparison_through(const struct range *range, const struct zone *zone, int64_t as_of, int64_t *through)
{
  if (range->to <= as_of)
    return false;
  struct bucket_hour hour;
  bucket_hour_at(zone, as_of, &hour);
  *through = MAX(hour.start, range->from);
  return true;
}

struct range comparison_cut(const struct comparison *comparison, const struct range *range,
                            const struct range *against, const struct zone *zone, int64_t through)
{
  civil_day first, end;
  bool dates = range_dates(range, zone, &first, &end);
  if (through <= range->from)
    return range_cut(against, against->from);
  if (!dates && comparison->kind == COMPARISON_PREVIOUS_PERIOD)
    return range_cut(against, hours_after(zone, against->from, count_hours(zone, range->from, through)));
  struct clock_time time;
  clock_time_of(zone, through, &time);
  civil_day date;
  if (!dates)
    date = time.date - days_between(comparison, range, zone);
  else if (same_dates(comparison))
    date = calendar_year_before(time.date);
  else
    date = time.date - (first - against->first_date);
  if (dates && date >= against->end_date)
    return *against;
  return range_cut(against, clock_time_on(zone, &time, date));
}
