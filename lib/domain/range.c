#include "domain/range.h"

#include <stddef.h>
#include <string.h>

#include <glib.h>

#define DAY INT64_C(86400)
#define BY_HOUR_DAYS 3 /* a longer range is shown by day */
#define DAYS_PER_DECADE 3653

/* N full local days that end `gap` days before tomorrow. */
static const struct {
  const char *name;
  int days;
  int gap;
} presets[] = {
    [RANGE_NONE] = {NULL, 0, 0},
    [RANGE_TODAY] = {"today", 1, 0},
    [RANGE_YESTERDAY] = {"yesterday", 1, 1},
    [RANGE_LAST_7D] = {"last_7d", 7, 1},
    [RANGE_LAST_30D] = {"last_30d", 30, 1},
};
#define PRESET_COUNT (sizeof presets / sizeof presets[0])

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
  civil_day end = bucket_date_at(zone, now) + 1 - presets[preset].gap;
  set_dates(zone, end - presets[preset].days, end, out);
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

static bool spans_at_most(const struct range *range, const struct zone *zone, int days)
{
  if (range->by_date)
    return range->end_date - range->first_date <= days;
  /* days in which clocks are put back are longer */
  int64_t put_back = zone_offset(zone, range->from) - zone_offset(zone, range->to);
  return range->to - range->from - MAX(put_back, 0) <= days * DAY;
}

enum range_interval range_default_interval(const struct range *range, const struct zone *zone)
{
  return spans_at_most(range, zone, BY_HOUR_DAYS) ? RANGE_BY_HOUR : RANGE_BY_DAY;
}

enum result range_check_size(const struct range *range, const struct zone *zone, enum range_interval interval,
                             struct err *e)
{
  if (interval == RANGE_BY_HOUR && !spans_at_most(range, zone, RANGE_HOURS_MAX_DAYS))
    return err_set(e, RESULT_OUT_OF_RANGE, "hours can be asked for %d days", RANGE_HOURS_MAX_DAYS);
  if (!spans_at_most(range, zone, DAYS_PER_DECADE))
    return err_set(e, RESULT_OUT_OF_RANGE, "days can be asked for %d years", RANGE_DAYS_MAX_YEARS);
  return RESULT_OK;
}
