#include "domain/bucket.h"

#include <string.h>

#include "tests/unit/unit.h"

struct bucket_case {
  const char *zone;
  int64_t instant, start, end;
  civil_day date;
  int ordinal;
  int64_t day_start, day_end;
  int day_hours;
};

static const struct bucket_case cases[] = {
#include "tests/unit/bucket_cases.inc"
};

static struct zone *open_zone(const char *name)
{
  struct zone *zone = NULL;
  struct err e = ERR_NONE;
  if (zone_open(name, &zone, &e) != RESULT_OK)
    fail_msg("%s: %s", name, e.text);
  return zone;
}

/* The case's zone; the cases of one zone stand together. */
static struct zone *zone_of_case(size_t i, struct zone *last)
{
  if (last != NULL && strcmp(zone_name(last), cases[i].zone) == 0)
    return last;
  zone_free(last);
  return open_zone(cases[i].zone);
}

static void test_table(void **state)
{
  (void)state;
  struct zone *zone = NULL;
  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct bucket_case *c = &cases[i];
    zone = zone_of_case(i, zone);
    struct bucket_hour hour;
    bucket_hour_at(zone, c->instant, &hour);
    if (hour.start != c->start || hour.end != c->end || hour.date != c->date || hour.ordinal != c->ordinal)
      fail_msg("%s %jd: hour %jd..%jd, date %d, ordinal %d", c->zone, (intmax_t)c->instant,
               (intmax_t)hour.start, (intmax_t)hour.end, hour.date, hour.ordinal);
    struct bucket_day day;
    bucket_day_of(zone, c->date, &day);
    if (day.start != c->day_start || day.end != c->day_end || day.count != c->day_hours)
      fail_msg("%s %d: day %jd..%jd of %d hours", c->zone, c->date, (intmax_t)day.start, (intmax_t)day.end,
               day.count);
    assert_int_equal(bucket_date_at(zone, c->instant), c->date);
  }
  zone_free(zone);
}

static bool same_hour(const struct bucket_hour *a, const struct bucket_hour *b)
{
  return a->start == b->start && a->end == b->end && a->date == b->date && a->ordinal == b->ordinal;
}

/* What must hold for the hour around any instant. */
static void check_hour(const struct zone *zone, int64_t t)
{
  struct bucket_hour hour, other;
  bucket_hour_at(zone, t, &hour);
  assert_true(hour.start <= t && t < hour.end && hour.end - hour.start <= 3600);
  bucket_hour_at(zone, hour.start, &other);
  assert_true(same_hour(&hour, &other));
  bucket_hour_at(zone, hour.end - 1, &other);
  assert_true(same_hour(&hour, &other));
  bucket_hour_at(zone, hour.start - 1, &other);
  assert_int_equal(other.end, hour.start);
  bucket_hour_at(zone, hour.end, &other);
  assert_int_equal(other.start, hour.end);

  struct bucket_day day;
  bucket_day_of(zone, hour.date, &day);
  assert_in_range(hour.ordinal, 0, day.count - 1);
  assert_true(same_hour(&hour, &day.hours[hour.ordinal]));
}

/* What must hold for any day: hours dense, in order, apart, showing its date. */
static void check_day(const struct zone *zone, civil_day date)
{
  struct bucket_day day;
  bucket_day_of(zone, date, &day);
  assert_int_equal(day.date, date);
  for (int i = 0; i < day.count; i++) {
    const struct bucket_hour *hour = &day.hours[i];
    assert_int_equal(hour->ordinal, i);
    assert_int_equal(hour->date, date);
    assert_int_equal(bucket_date_at(zone, hour->start), date);
    assert_int_equal(bucket_date_at(zone, hour->end - 1), date);
    assert_true(hour->start < hour->end && (i == 0 || hour->start >= day.hours[i - 1].end));
  }
  if (day.count > 0) {
    assert_int_equal(day.start, day.hours[0].start);
    assert_int_equal(day.end, day.hours[day.count - 1].end);
  }
}

static uint64_t next_random(uint64_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void test_properties(void **state)
{
  (void)state;
  uint64_t chance = 88172645463325252u;
  struct zone *zone = NULL;
  for (size_t i = 0; i < COUNT(cases); i++) {
    zone = zone_of_case(i, zone);
    for (int n = 0; n < 40; n++) {
      int64_t t = (int64_t)(next_random(&chance) % 4133980800u);
      check_hour(zone, t);
      check_day(zone, bucket_date_at(zone, t));
    }
    /* Around the case's instant, which often is a change of offset. */
    for (int64_t t = cases[i].instant - 90000; t < cases[i].instant + 90000; t += 1787)
      check_hour(zone, t);
    for (civil_day date = cases[i].date - 2; date <= cases[i].date + 2; date++)
      check_day(zone, date);
  }
  zone_free(zone);
}

/* Every second of a stretch of hours belongs to the hours of exactly the dates around it. */
static void test_days_share_all_time(void **state)
{
  (void)state;
  static const struct {
    const char *zone;
    civil_day first, last;
  } spans[] = {
      {"America/St_Johns", 6666, 6670},  /* 1988-04-03: +2 h at 00:01 */
      {"America/St_Johns", 6876, 6880},  /* 1988-10-30: -2 h at 00:01: hours of two dates interleave */
      {"Pacific/Apia", 15330, 15345},    /* 2011-12-30 was skipped */
      {"Antarctica/Vostok", 8790, 8800}, /* 1994-02-01: -7 h */
      {"Africa/Monrovia", 730, 740},     /* 1972-01-07: -00:44:30 to 0 */
  };
  for (size_t i = 0; i < COUNT(spans); i++) {
    struct zone *zone = open_zone(spans[i].zone);
    int64_t covered = 0;
    struct bucket_day day, first;
    bucket_day_of(zone, spans[i].first, &first);
    for (civil_day date = spans[i].first; date <= spans[i].last; date++) {
      bucket_day_of(zone, date, &day);
      for (int n = 0; n < day.count; n++)
        covered += day.hours[n].end - day.hours[n].start;
    }
    assert_int_equal(covered, day.end - first.start);
    zone_free(zone);
  }
}

static void test_skipped_dates(void **state)
{
  (void)state;
  static const struct {
    const char *zone;
    civil_day date;
    int64_t skip;
  } skips[] = {
      {"Pacific/Apia", 15338, 1325239200},     /* 2011-12-30, at 2011-12-30T10:00:00Z */
      {"Pacific/Fakaofo", 15338, 1325242800},  /* the same night */
      {"Pacific/Kwajalein", 8633, 745934400},  /* 1993-08-21, at 1993-08-21T12:00:00Z */
      {"Pacific/Kiritimati", 9130, 788868000}, /* 1994-12-31, at 1994-12-31T10:00:00Z */
  };
  for (size_t i = 0; i < COUNT(skips); i++) {
    struct zone *zone = open_zone(skips[i].zone);
    struct bucket_day before, day, after;
    bucket_day_of(zone, skips[i].date - 1, &before);
    bucket_day_of(zone, skips[i].date, &day);
    bucket_day_of(zone, skips[i].date + 1, &after);
    assert_int_equal(day.count, 0);
    assert_true(day.start == skips[i].skip && day.end == skips[i].skip);
    assert_true(before.end == skips[i].skip && after.start == skips[i].skip);
    assert_true(before.count == 24 && after.count == 24);
    zone_free(zone);
  }
}

/* By hand: Lord Howe goes from 02:00 +11:00 back to 01:30 +10:30 on 2025-04-06 (15:00 UTC the day before). */
static void test_half_hour_shift(void **state)
{
  (void)state;
  struct zone *zone = open_zone("Australia/Lord_Howe");
  struct bucket_hour hour;
  bucket_hour_at(zone, 1743865200 - 1, &hour);
  assert_true(hour.start == 1743861600 && hour.end == 1743865200 && hour.ordinal == 1);
  bucket_hour_at(zone, 1743865200, &hour); /* 01:30 to 02:00 once more */
  assert_true(hour.start == 1743865200 && hour.end == 1743867000 && hour.ordinal == 2);
  assert_int_equal(bucket_minute_slot(&hour, 1743865200), 0);
  assert_int_equal(bucket_minute_slot(&hour, 1743866940), 29);
  bucket_hour_at(zone, 1743867000, &hour);
  assert_true(hour.end == 1743870600 && hour.ordinal == 3);
  struct bucket_day day;
  bucket_day_of(zone, hour.date, &day);
  assert_int_equal(day.count, 25);
  assert_int_equal(day.end - day.start, 24 * 3600 + 1800);
  zone_free(zone);
}

static void test_minutes(void **state)
{
  (void)state;
  assert_int_equal(bucket_minute_at(0), 0);
  assert_int_equal(bucket_minute_at(59), 0);
  assert_int_equal(bucket_minute_at(60), 60);
  assert_int_equal(bucket_minute_at(-1), -60);
  struct zone *zone = open_zone("Asia/Kathmandu");
  struct bucket_hour hour;
  bucket_hour_at(zone, 1795442337, &hour); /* 19:43:57 at +05:45: the hour began at 13:15 UTC */
  assert_int_equal(hour.start, 1795439700);
  assert_int_equal(bucket_minute_slot(&hour, 1795442280), 43);
  assert_int_equal(bucket_minute_slot(&hour, 1795439700), 0);
  assert_int_equal(bucket_minute_slot(&hour, 1795439700 + 59 * 60), 59);
  zone_free(zone);
  zone = open_zone("Africa/Monrovia");
  bucket_hour_at(zone, 2670, &hour); /* 00:44:30 UTC was midnight */
  assert_true(hour.start == 2670 && hour.ordinal == 0);
  assert_int_equal(bucket_minute_slot(&hour, 2640), 0);
  assert_int_equal(bucket_minute_slot(&hour, 6240), 59);
  zone_free(zone);
}

static void test_closed_by_age(void **state)
{
  (void)state;
  struct bucket_hour hour = {.start = 3600, .end = 7200};
  assert_false(bucket_hour_closed(&hour, 7200 + 2 * 3600 + 5 * 60 - 1));
  assert_true(bucket_hour_closed(&hour, 7200 + 2 * 3600 + 5 * 60));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_table),
      cmocka_unit_test(test_properties),
      cmocka_unit_test(test_days_share_all_time),
      cmocka_unit_test(test_skipped_dates),
      cmocka_unit_test(test_half_hour_shift),
      cmocka_unit_test(test_minutes),
      cmocka_unit_test(test_closed_by_age),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
