#include "domain/instant.h"

#include <stdio.h>

#define MS_PER_SECOND 1000
#define SECONDS_PER_DAY 86400
#define DAYS_TO_1970 719528 /* from 0000-01-01 */
#define DAYS_PER_400_YEARS 146097

/* ---- civil dates ---- */

static bool is_leap(int year)
{
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_before_month(int year, int month)
{
  static const int days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
  return days[month - 1] + (month > 2 && is_leap(year));
}

static int days_in_month(int year, int month)
{
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 0000-01-01 to the first day of `year`; year 0 is a leap year. */
static int days_before_year(int year)
{
  return 365 * year + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
}

civil_day civil_from_ymd(int year, int month, int day)
{
  return days_before_year(year) + days_before_month(year, month) + day - 1 - DAYS_TO_1970;
}

static int year_of(civil_day date)
{
  int64_t days = (int64_t)date + DAYS_TO_1970;
  int year = (int)(days * 400 / DAYS_PER_400_YEARS);
  /* The mean length of a year misses the first of January by less than two days. */
  if (days < days_before_year(year))
    return year - 1;
  return days < days_before_year(year + 1) ? year : year + 1;
}

void civil_to_ymd(civil_day date, int *year, int *month, int *day)
{
  *year = year_of(date);
  int rest = date + DAYS_TO_1970 - days_before_year(*year);
  *month = rest / 31 + 1; /* exact, or one too early */
  if (*month < 12 && rest >= days_before_month(*year, *month + 1))
    *month += 1;
  *day = rest - days_before_month(*year, *month) + 1;
}

int civil_day_of_year(civil_day date)
{
  return date + DAYS_TO_1970 - days_before_year(year_of(date)) + 1;
}

/* ---- reading ---- */

struct cursor {
  const char *at;
  const char *end;
};

static bool take_char(struct cursor *c, char wanted)
{
  if (c->at == c->end || *c->at != wanted)
    return false;
  c->at++;
  return true;
}

static bool take_digit(struct cursor *c, int *digit)
{
  if (c->at == c->end || *c->at < '0' || *c->at > '9')
    return false;
  *digit = *c->at++ - '0';
  return true;
}

/* Exactly `count` digits whose value lies in [least, most]. */
static bool take_number(struct cursor *c, int count, int least, int most, int *out)
{
  *out = 0;
  for (int i = 0; i < count; i++) {
    int digit;
    if (!take_digit(c, &digit))
      return false;
    *out = *out * 10 + digit;
  }
  return *out >= least && *out <= most;
}

static bool take_date(struct cursor *c, civil_day *date)
{
  int year, month, day;
  bool taken = take_number(c, 4, 0, 9999, &year) && take_char(c, '-') && take_number(c, 2, 1, 12, &month) &&
               take_char(c, '-') && take_number(c, 2, 1, 31, &day) && day <= days_in_month(year, month);
  if (taken)
    *date = civil_from_ymd(year, month, day);
  return taken;
}

/* The time of day; digits after the third of the fraction are cut. */
static bool take_time(struct cursor *c, int *ms)
{
  int hour, minute, second, digit, count = 0, fraction = 0;
  if (!take_number(c, 2, 0, 23, &hour) || !take_char(c, ':') || !take_number(c, 2, 0, 59, &minute) ||
      !take_char(c, ':') || !take_number(c, 2, 0, 59, &second))
    return false;
  if (take_char(c, '.')) {
    for (; take_digit(c, &digit); count++)
      if (count < 3)
        fraction = fraction * 10 + digit;
    if (count == 0)
      return false;
    for (; count < 3; count++)
      fraction *= 10;
  }
  *ms = ((hour * 60 + minute) * 60 + second) * MS_PER_SECOND + fraction;
  return true;
}

/* "Z" or "+hh:mm", as seconds east. */
static bool take_offset(struct cursor *c, int *seconds)
{
  *seconds = 0;
  if (take_char(c, 'Z') || take_char(c, 'z'))
    return true;
  bool west = c->at != c->end && *c->at == '-';
  int hours, minutes;
  if ((!take_char(c, '+') && !take_char(c, '-')) || !take_number(c, 2, 0, 23, &hours) || !take_char(c, ':') ||
      !take_number(c, 2, 0, 59, &minutes))
    return false;
  *seconds = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
  return true;
}

enum result instant_parse(const char *text, size_t length, int64_t *ms, struct err *e)
{
  struct cursor c = {text, text + length};
  civil_day date;
  int time_ms, offset;
  if (!take_date(&c, &date) || !(take_char(&c, 'T') || take_char(&c, 't')) || !take_time(&c, &time_ms) ||
      !take_offset(&c, &offset) || c.at != c.end)
    return err_set(e, RESULT_INVALID, "not an RFC 3339 time with zone");
  *ms = ((int64_t)date * SECONDS_PER_DAY - offset) * MS_PER_SECOND + time_ms;
  return RESULT_OK;
}

enum result civil_parse(const char *text, size_t length, civil_day *date, struct err *e)
{
  struct cursor c = {text, text + length};
  if (!take_date(&c, date) || c.at != c.end || *date < 0)
    return err_set(e, RESULT_INVALID, "not a date YYYY-MM-DD from 1970 on");
  return RESULT_OK;
}

/* ---- writing ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
  return a / b - (a % b < 0);
}

const char *civil_format(civil_day date, char out[INSTANT_TEXT_SIZE])
{
  int year, month, day;
  civil_to_ymd(date, &year, &month, &day);
  snprintf(out, INSTANT_TEXT_SIZE, "%04d-%02d-%02d", year, month, day);
  return out;
}

/* "2026-03-29T01:30:00" without an end; returns how many bytes that are. */
static int write_seconds(int64_t seconds, char out[INSTANT_TEXT_SIZE])
{
  int64_t date = floor_div(seconds, SECONDS_PER_DAY);
  int rest = (int)(seconds - date * SECONDS_PER_DAY);
  int year, month, day;
  civil_to_ymd((civil_day)date, &year, &month, &day);
  return snprintf(out, INSTANT_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, rest / 3600,
                  rest / 60 % 60, rest % 60);
}

const char *instant_format_ms(int64_t ms, char out[INSTANT_TEXT_SIZE])
{
  int64_t seconds = floor_div(ms, MS_PER_SECOND);
  int length = write_seconds(seconds, out);
  snprintf(out + length, (size_t)(INSTANT_TEXT_SIZE - length), ".%03dZ", (int)(ms - seconds * MS_PER_SECOND));
  return out;
}

const char *instant_format_s(int64_t seconds, char out[INSTANT_TEXT_SIZE])
{
  int length = write_seconds(seconds, out);
  snprintf(out + length, (size_t)(INSTANT_TEXT_SIZE - length), "Z");
  return out;
}

const char *instant_format_local(int64_t seconds, int32_t offset, char out[INSTANT_TEXT_SIZE])
{
  int length = write_seconds(seconds + offset, out);
  int east = offset < 0 ? -offset : offset;
  length += snprintf(out + length, (size_t)(INSTANT_TEXT_SIZE - length), "%c%02d:%02d",
                     offset < 0 ? '-' : '+', east / 3600, east / 60 % 60);
  if (east % 60 != 0)
    snprintf(out + length, (size_t)(INSTANT_TEXT_SIZE - length), ":%02d", east % 60);
  return out;
}
