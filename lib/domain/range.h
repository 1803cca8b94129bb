/* range: the part of a merchant's time that a question is about: from/to or a preset, normalised to local
 * days or to local hours. */
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
  RANGE_LAST_30D,
};

enum range_interval { RANGE_BY_HOUR, RANGE_BY_DAY };

/* Half-open. When by_date, the range is the days first_date .. end_date-1 (from, to are then the start of the
 * first day and the start of the day after the last); otherwise it is the hours whose start lies in [from,
 * to). */
struct range {
  enum range_preset preset;
  bool by_date;
  civil_day first_date, end_date;
  int64_t from, to; /* seconds */
};

/* Most that one question may span. */
#define RANGE_HOURS_MAX_DAYS 100
#define RANGE_DAYS_MAX_YEARS 10

/* The preset of that name ("last_7d"), or RANGE_NONE. */
enum range_preset range_preset_find(const char *name);
const char *range_preset_name(enum range_preset preset); /* NULL for RANGE_NONE */

/* A preset at the instant `now` (seconds): last_Nd are the N full local days before today. */
void range_of_preset(enum range_preset preset, const struct zone *zone, int64_t now, struct range *out);

/* From two texts, each a date (its local start) or an RFC 3339 instant on a local hour boundary. A date with
 * an instant gives a range by instants. RESULT_INVALID: not parsed, not on a boundary, from >= to, before
 * 1970. */
MUST_CHECK enum result range_parse(const char *from, const char *to, const struct zone *zone,
                                   struct range *out, struct err *e);

/* hour to 3 days, day beyond. A range by instants has, here and below, as many days as its clocks tell, or
 * days of 24 hours where those are fewer. */
enum range_interval range_default_interval(const struct range *range, const struct zone *zone);

/* RESULT_OUT_OF_RANGE when hours > 100 days or days > 10 years (3,653 days). */
MUST_CHECK enum result range_check_size(const struct range *range, const struct zone *zone,
                                        enum range_interval interval, struct err *e);
