#include "domain/range.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include <glib.h>

#include "domain/calendar.h"

#define DAY INT64_C(86400)
#define DAYS_PER_DECADE 3653

/* Either N full local days that end `gap` days before tomorrow; or, with months, either what has passed of
 * the unit of so many months, today included, or so many full months before this one. */
static const struct {
  const char *name;
  int days, gap;
  int months;
  bool to_date;
} presets[] = {
    [RANGE_NONE] = {NULL, 0, 0, 0, false},
    [RANGE_TODAY] = {"today", 1, 0, 0, false},
    [RANGE_YESTERDAY] = {"yesterday", 1, 1, 0, false},
    [RANGE_LAST_7D] = {"last_7d", 7, 1, 0, false},
    [RANGE_LAST_28D] = {"last_28d", 28, 1, 0, false},
    [RANGE_LAST_30D] = {"last_30d", 30, 1, 0, false},
    [RANGE_MTD] = {"mtd", 0, 0, CALENDAR_MONTH, true},
    [RANGE_LAST_MONTH] = {"last_month", 0, 0, CALENDAR_MONTH, false},
    [RANGE_QTD] = {"qtd", 0, 0, CALENDAR_QUARTER, true},
    [RANGE_YTD] = {"ytd", 0, 0, CALENDAR_YEAR, true},
    [RANGE_LAST_12MO] = {"last_12mo", 0, 0, CALENDAR_YEAR, false},
};
#define PRESET_COUNT (sizeof presets / sizeof presets[0])

/* Up to how many days a range is shown by it when nothing is said. */
static const struct {
  const char *name;
  int days;
} intervals[] = {
    [RANGE_BY_HOUR] = {"hour", 3},
    [RANGE_BY_DAY] = {"day", 100},
    [RANGE_BY_WEEK] = {"week", 366},
    [RANGE_BY_MONTH] = {"month", INT_MAX},
};
#define INTERVAL_COUNT (sizeof intervals / sizeof intervals[0])

enum range_preset range_preset_find(const char *name)
{
  for (size_t i = RANGE_NONE + 1; i < PRESET_COUNT; i++)
    if (strcmp(presets[i].name, name) == 0)
      return (enum range_preset)i;
  return RANGE_NONE;
}

const char *range_preset_name(enum range_preset preset)
{
  return presets[preset].name;
}

const char *range_preset_names(void)
{
  return "today, yesterday, last_7d, last_28d, last_30d, mtd, last_month, qtd, ytd or last_12mo";
}

int range_preset_months(enum range_preset preset)
{
  return presets[preset].months;
}

const char *range_interval_name(enum range_interval interval)
{
  return intervals[interval].name;
}

bool range_interval_find(const char *name, enum range_interval *out)
{
  for (size_t i = 0; i < INTERVAL_COUNT; i++)
    if (strcmp(intervals[i].name, name) == 0) {
      *out = (enum range_interval)i;
      return true;
    }
  return false;
}

static int64_t day_start(const struct zone *zone, civil_day date)
{
  struct bucket_day day;
  bucket_day_of(zone, date, &day);
  return day.start;
}

static void set_dates(const struct zone *zone, civil_day first, civil_day end, struct range *out)
{
  *out = (struct range){
      .by_date = true,
      .first_date = first,
      .end_date = end,
      .from = day_start(zone, first),
      .to = day_start(zone, end),
  };
}

void range_of_preset(enum range_preset preset, const struct zone *zone, int64_t now, struct range *out)
{
  civil_day today = bucket_date_at(zone, now);
  int months = presets[preset].months;
  civil_day first, end;
  if (presets[preset].to_date) {
    first = calendar_unit_start(today, months);
    end = today + 1;
  } else if (months > 0) {
    first = calendar_months_later(today, -months);
    end = calendar_unit_start(today, CALENDAR_MONTH);
  } else {
    end = today + 1 - presets[preset].gap;
    first = end - presets[preset].days;
  }
  set_dates(zone, first, end, out);
  out->preset = preset;
}

/* One end of a range as it was given. */
struct bound {
  bool is_date;
  civil_day date;
  int64_t at; /* seconds */
};

static enum result parse_instant(const char *text, const struct zone *zone, struct bound *out, struct err *e)
{
  int64_t ms;
  enum result r = instant_parse(text, strlen(text), &ms, e);
  if (r != RESULT_OK)
    return r;
  if (ms < 0)
    return err_set(e, RESULT_INVALID, "a range begins in 1970 or later");
  struct bucket_hour hour;
  bucket_hour_at(zone, ms / 1000, &hour);
  if (ms % 1000 != 0 || hour.start != ms / 1000)
    return err_set(e, RESULT_INVALID, "a time must lie on the start of a local hour of %s", zone_name(zone));
  *out = (struct bound){.at = hour.start};
  return RESULT_OK;
}

static enum result parse_bound(const char *text, const struct zone *zone, struct bound *out, struct err *e)
{
  if (strlen(text) > strlen("YYYY-MM-DD"))
    return parse_instant(text, zone, out, e);
  *out = (struct bound){.is_date = true};
  enum result r = civil_parse(text, strlen(text), &out->date, e);
  if (r == RESULT_OK)
    out->at = day_start(zone, out->date);
  return r;
}

enum result range_parse(const char *from, const char *to, const struct zone *zone, struct range *out,
                        struct err *e)
{
  struct bound first, end;
  enum result r = parse_bound(from, zone, &first, e);
  if (r == RESULT_OK)
    r = parse_bound(to, zone, &end, e);
  if (r != RESULT_OK)
    return r;
  if (first.is_date && end.is_date)
    set_dates(zone, first.date, end.date, out);
  else
    *out = (struct range){.from = first.at, .to = end.at};
  /* by instants, also of dates: a date that was skipped begins where it ends */
  if (out->from >= out->to)
    return err_set(e, RESULT_INVALID, "a range must begin before it ends");
  return RESULT_OK;
}

enum result range_parse_moment(const char *text, const struct zone *zone, int64_t *ms, struct err *e)
{
  civil_day date;
  struct err unsaid = ERR_NONE;
  if (civil_parse(text, strlen(text), &date, &unsaid) == RESULT_OK) {
    *ms = day_start(zone, date) * 1000;
    return RESULT_OK;
  }
  err_clear(&unsaid);
  if (instant_parse(text, strlen(text), ms, &unsaid) == RESULT_OK && *ms >= 0)
    return RESULT_OK;
  return err_set(e, RESULT_INVALID, "neither a date nor an RFC 3339 instant of 1970 or later");
}

static bool spans_at_most(const struct range *range, const struct zone *zone, int days)
{
  if (range->by_date)
    return range->end_date - range->first_date <= days;
  /* days in which clocks are put back are longer */
  int64_t put_back = zone_offset(zone, range->from) - zone_offset(zone, range->to);
  return range->to - range->from - MAX(put_back, 0) <= days * DAY;
}

/* The date that begins at that instant. */
static bool date_begins(const struct zone *zone, int64_t at, civil_day *date)
{
  *date = bucket_date_at(zone, at);
  return day_start(zone, *date) == at;
}

bool range_dates(const struct range *range, const struct zone *zone, civil_day *first, civil_day *end)
{
  if (!range->by_date)
    return date_begins(zone, range->from, first) && date_begins(zone, range->to, end);
  *first = range->first_date;
  *end = range->end_date;
  return true;
}

enum range_interval range_default_interval(const struct range *range, const struct zone *zone)
{
  civil_day first, end;
  enum range_interval coarsest = range_dates(range, zone, &first, &end) ? RANGE_BY_MONTH : RANGE_BY_DAY;
  enum range_interval interval = RANGE_BY_HOUR;
  while (interval < coarsest && !spans_at_most(range, zone, intervals[interval].days))
    interval++;
  return interval;
}

enum result range_fit(struct range *range, const struct zone *zone, enum range_interval interval,
                      struct err *e)
{
  civil_day first, end;
  if (interval < RANGE_BY_WEEK)
    return RESULT_OK;
  if (!range_dates(range, zone, &first, &end))
    return err_set(e, RESULT_INVALID, "weeks and months are made of whole local days of %s", zone_name(zone));
  enum range_preset preset = range->preset;
  set_dates(zone, first, end, range);
  range->preset = preset;
  return RESULT_OK;
}

enum result range_check_size(const struct range *range, const struct zone *zone, enum range_interval interval,
                             struct err *e)
{
  if (interval == RANGE_BY_HOUR && !spans_at_most(range, zone, RANGE_HOURS_MAX_DAYS))
    return err_set(e, RESULT_OUT_OF_RANGE, "hours can be asked for %d days", RANGE_HOURS_MAX_DAYS);
  if (!spans_at_most(range, zone, DAYS_PER_DECADE))
    return err_set(e, RESULT_OUT_OF_RANGE, "a range has at most %d years", RANGE_DAYS_MAX_YEARS);
  return RESULT_OK;
}

struct range range_cut(const struct range *range, int64_t to)
{
  struct range cut = *range;
  cut.cut = true;
  cut.to = MIN(to, range->to);
  return cut;
}
