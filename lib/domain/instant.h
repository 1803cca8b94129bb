/* instant: a moment as milliseconds since the epoch, and its text form (RFC 3339), and civil dates as day
 * numbers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define INSTANT_TEXT_SIZE 32
#define INSTANT_MS_MAX INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* RFC 3339 with zone ("2026-03-29T01:30:00.123456+02:00", "…Z", 't' and 'z' too) to ms; digits after the
 * third of the fraction are cut; second 60, day 30 February, an offset beyond 23:59 or no zone:
 * RESULT_INVALID. */
MUST_CHECK enum result instant_parse(const char *text, size_t length, int64_t *ms, struct err *e);

/* "2026-03-29T01:30:00.123Z". Both write years 0000 .. 9999. */
const char *instant_format_ms(int64_t ms, char out[INSTANT_TEXT_SIZE]);
/* "2026-03-29T01:30:00Z" */
const char *instant_format_s(int64_t seconds, char out[INSTANT_TEXT_SIZE]);

/* What a clock shows that is `offset` seconds east of UTC: "2026-03-29T03:30:00+02:00"; an offset with
 * seconds, which Monrovia had, as "-00:44:30". */
const char *instant_format_local(int64_t seconds, int32_t offset, char out[INSTANT_TEXT_SIZE]);

/* A civil date as the number of days since 1970-01-01 (proleptic Gregorian), zone-less. The year is
 * 0 .. 9999; month and day must exist. */
typedef int32_t civil_day;
civil_day civil_from_ymd(int year, int month, int day);
void civil_to_ymd(civil_day date, int *year, int *month, int *day);
int civil_day_of_year(civil_day date); /* 1 .. 366 */
/* "YYYY-MM-DD", exactly; RESULT_INVALID otherwise. Years 1970 .. 9999. */
MUST_CHECK enum result civil_parse(const char *text, size_t length, civil_day *date, struct err *e);
const char *civil_format(civil_day date, char out[INSTANT_TEXT_SIZE]);
