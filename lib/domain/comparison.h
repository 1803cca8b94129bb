/* comparison: what a range is compared with, and how far both are compared while the range still runs.
 *
 * A range that has dates (range_dates) is compared by dates:
 * - previous_period: as many days before; mtd, qtd and ytd with as many days from the start of the month,
 *   quarter or year before, but not beyond its end; last_month and last_12mo with the months before.
 * - previous_year by weekday: 364 days before. By date: from the first day's date a year before to the last
 *   day's, where 28 February stands for the 29th.
 * Any other is compared by hours: previous_period: as many local hours before; previous_year: from the same
 * clock time of that date a year before, for as many days and up to the same clock time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/range.h"

enum comparison_kind { COMPARISON_NONE, COMPARISON_PREVIOUS_PERIOD, COMPARISON_PREVIOUS_YEAR };
enum comparison_match { COMPARISON_BY_WEEKDAY, COMPARISON_BY_DATE }; /* of previous_year alone */

struct comparison {
  enum comparison_kind kind;
  enum comparison_match match;
};

/* The range that stands against `range`; it may have no hours (a date that was skipped). Not for
 * COMPARISON_NONE. RESULT_INVALID: it would begin before 1970. */
MUST_CHECK enum result comparison_range(const struct comparison *comparison, const struct range *range,
                                        const struct zone *zone, struct range *out, struct err *e);

/* Whether a range still runs at `as_of` (seconds); then *through is the end of the last local hour that is
 * over by then, but not before the range begins: up to there it is compared. */
bool comparison_through(const struct range *range, const struct zone *zone, int64_t as_of, int64_t *through);

/* What stands against the part of `range` before `through`, which lies in it: of `against`, the range that
 * comparison_range gave, the part before the matching point. That is on the matching date the start of the
 * same clock hour: where it comes twice the one that came as often before, where clocks jumped over it the
 * next. A day's start is matched by a day's start. Ranges that are compared by hours before are cut after as
 * many hours. */
struct range comparison_cut(const struct comparison *comparison, const struct range *range,
                            const struct range *against, const struct zone *zone, int64_t through);
