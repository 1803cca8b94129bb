/* range: the part of a merchant's time that a question is about: from/to or a preset, normalised to local
 * days or to local hours. What it is compared with: domain/comparison.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/bucket.h"

enum range_preset {
  RANGE_NONE, /* from and to were given */
  RANGE_TODAY,
  RANGE_YESTERDAY,
  RANGE_LAST_7D,
  RANGE_LAST_28D,
  RANGE_LAST_30D,
  RANGE_MTD,
  RANGE_LAST_MONTH,
  RANGE_QTD,
  RANGE_YTD,
  RANGE_LAST_12MO,
};

/* Weeks are those of ISO 8601, months those of the calendar; the first and the last may be cut by the
 * range. */
enum range_interval { RANGE_BY_HOUR, RANGE_BY_DAY, RANGE_BY_WEEK, RANGE_BY_MONTH };

/* Half-open. When by_date, the range is the days first_date .. end_date-1 (from, to are then the start of the
 * first day and the start of the day after the last); otherwise it is the hours whose start lies in [from,
 * to). When cut as well, only the hours of these days that start before `to`, which then is any hour's start.
 */
struct range {
  enum range_preset preset;
  bool by_date;
  bool cut;
  civil_day first_date, end_date;
  int64_t from, to; /* seconds */
};

/* Most that one question may span. */
#define RANGE_HOURS_MAX_DAYS 100
#define RANGE_DAYS_MAX_YEARS 10

/* The preset of that name ("last_7d"), or RANGE_NONE. */
enum range_preset range_preset_find(const char *name);
const char *range_preset_name(enum range_preset preset); /* NULL for RANGE_NONE */
/* "today, yesterday, …": all presets, for a message. */
const char *range_preset_names(void);

/* How many months the unit of a preset of the calendar has: 1 of mtd and last_month, 3 of qtd, 12 of ytd and
 * last_12mo; 0 of the others. */
int range_preset_months(enum range_preset preset);

/* "hour", "day", "week", "month". */
const char *range_interval_name(enum range_interval interval);
/* False when there is none of that name. */
bool range_interval_find(const char *name, enum range_interval *out);

/* A preset at the instant `now` (seconds): last_Nd are the N full local days before today, last_month and
 * last_12mo the full months before this one; mtd, qtd and ytd reach from the first day of this month, quarter
 * or year to today, and include it. */
void range_of_preset(enum range_preset preset, const struct zone *zone, int64_t now, struct range *out);

/* From two texts, each a date (its local start) or an RFC 3339 instant on a local hour boundary. A date with
 * an instant gives a range by instants. RESULT_INVALID: not parsed, not on a boundary, from >= to, before
 * 1970. */
MUST_CHECK enum result range_parse(const char *from, const char *to, const struct zone *zone,
                                   struct range *out, struct err *e);

/* One text that bounds times of any kind: a date (its local start) or an RFC 3339 instant, which need not lie
 * on a boundary. RESULT_INVALID: neither, or an instant before 1970. */
MUST_CHECK enum result range_parse_moment(const char *text, const struct zone *zone, int64_t *ms,
                                          struct err *e);

/* The dates [first, end) that a range has, also one of instants that both are the start of a local day; false
 * when it has no such dates. */
bool range_dates(const struct range *range, const struct zone *zone, civil_day *first, civil_day *end);

/* Hour to 3 days, day to 100, week to 366, month beyond. A range by instants has, here and below, as many
 * days as its clocks tell, or days of 24 hours where those are fewer; one that has no dates (range_dates) is
 * shown by days at most. */
enum range_interval range_default_interval(const struct range *range, const struct zone *zone);

/* Makes a range fit to be shown by that interval: by weeks and months it becomes one by date.
 * RESULT_INVALID: it has no dates. */
MUST_CHECK enum result range_fit(struct range *range, const struct zone *zone, enum range_interval interval,
                                 struct err *e);

/* RESULT_OUT_OF_RANGE when hours > 100 days, or any interval > 10 years (3,653 days). */
MUST_CHECK enum result range_check_size(const struct range *range, const struct zone *zone,
                                        enum range_interval interval, struct err *e);

/* What of a range lies before `to`, the start of a local hour. */
struct range range_cut(const struct range *range, int64_t to);
