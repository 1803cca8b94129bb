/* Dates and clock times by hand; starts of days and changes of clocks: Python's zoneinfo. */
#include "domain/comparison.h"

#include <string.h>

#include "tests/unit/unit.h"

static const struct comparison period = {.kind = COMPARISON_PREVIOUS_PERIOD};
static const struct comparison weekday = {COMPARISON_PREVIOUS_YEAR, COMPARISON_BY_WEEKDAY};
static const struct comparison date = {COMPARISON_PREVIOUS_YEAR, COMPARISON_BY_DATE};

static struct zone *open_zone(const char *name)
{
  struct zone *zone = NULL;
  struct err e = ERR_NONE;
  if (zone_open(name, &zone, &e) != RESULT_OK)
    fail_msg("%s: %s", name, e.text);
  return zone;
}

static int64_t instant(const char *text)
{
  int64_t ms = 0;
  if (instant_parse(text, strlen(text), &ms, NULL) != RESULT_OK)
    fail_msg("%s is no instant", text);
  return ms / 1000;
}

static void parse(const char *from, const char *to, const struct zone *zone, struct range *out)
{
  struct err e = ERR_NONE;
  if (range_parse(from, to, zone, out, &e) != RESULT_OK)
    fail_msg("%s %s: %s", from, to, e.text);
}

static void compare(const struct comparison *comparison, const struct range *range, const struct zone *zone,
                    struct range *out)
{
  struct err e = ERR_NONE;
  if (comparison_range(comparison, range, zone, out, &e) != RESULT_OK)
    fail_msg("%s", e.text);
}

static void assert_dates(const struct range *range, const char *first, const char *end)
{
  char text[INSTANT_TEXT_SIZE];
  assert_true(range->by_date);
  assert_string_equal(civil_format(range->first_date, text), first);
  assert_string_equal(civil_format(range->end_date, text), end);
}

static void assert_instant(int64_t at, const char *text)
{
  char got[INSTANT_TEXT_SIZE];
  assert_string_equal(instant_format_s(at, got), text);
}

static void dates_are_compared_by_dates(void **state)
{
  (void)state;
  static const struct {
    const struct comparison *comparison;
    const char *from, *to, *first, *end;
  } cases[] = {
      {&period, "2026-11-23", "2026-11-24", "2026-11-22", "2026-11-23"},
      {&period, "2024-03-01", "2024-03-31", "2024-01-31", "2024-03-01"},
      {&period, "2025-01-01", "2026-01-01", "2024-01-02", "2025-01-01"},
      {&weekday, "2026-11-23", "2026-11-24", "2025-11-24", "2025-11-25"}, /* Mondays */
      {&weekday, "2024-02-29", "2024-03-01", "2023-03-02", "2023-03-03"}, /* Thursdays */
      {&weekday, "2024-12-30", "2025-01-06", "2024-01-01", "2024-01-08"}, /* Monday to Sunday */
      {&date, "2026-11-23", "2026-11-24", "2025-11-23", "2025-11-24"},
      {&date, "2024-02-29", "2024-03-01", "2023-02-28", "2023-03-01"},
      {&date, "2024-02-28", "2024-02-29", "2023-02-28", "2023-03-01"},
      {&date, "2024-02-01", "2024-03-01", "2023-02-01", "2023-03-01"},
      {&date, "2025-02-28", "2025-03-01", "2024-02-28", "2024-02-29"},
      {&date, "2025-02-20", "2025-03-10", "2024-02-20", "2024-03-10"},
      {&date, "2024-02-29", "2024-03-02", "2023-02-28", "2023-03-02"},
      {&date, "2024-01-01", "2025-01-01", "2023-01-01", "2024-01-01"},
      /* instants that begin days */
      {&period, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-28", "2026-03-29"},
      {&weekday, "2026-03-28T23:00:00Z", "2026-03-30", "2025-03-30", "2025-03-31"},
      {&date, "2026-03-28T23:00:00Z", "2026-03-30", "2025-03-29", "2025-03-30"},
  };
  struct zone *zone = open_zone("Europe/Berlin");
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct range range, against;
    parse(cases[i].from, cases[i].to, zone, &range);
    compare(cases[i].comparison, &range, zone, &against);
    assert_dates(&against, cases[i].first, cases[i].end);
  }
  zone_free(zone);
}

static void presets_of_the_calendar_are_compared_by_its_units(void **state)
{
  (void)state;
  static const struct {
    enum range_preset preset;
    const char *now, *first, *end, *before, *before_end;
  } cases[] = {
      {RANGE_MTD, "2026-11-23T12:00:00Z", "2026-11-01", "2026-11-24", "2026-10-01", "2026-10-24"},
      {RANGE_MTD, "2026-03-31T12:00:00Z", "2026-03-01", "2026-04-01", "2026-02-01", "2026-03-01"},
      {RANGE_MTD, "2024-03-29T12:00:00Z", "2024-03-01", "2024-03-30", "2024-02-01", "2024-03-01"},
      {RANGE_MTD, "2026-01-01T12:00:00Z", "2026-01-01", "2026-01-02", "2025-12-01", "2025-12-02"},
      {RANGE_LAST_MONTH, "2024-03-31T12:00:00Z", "2024-02-01", "2024-03-01", "2024-01-01", "2024-02-01"},
      {RANGE_LAST_MONTH, "2026-01-15T12:00:00Z", "2025-12-01", "2026-01-01", "2025-11-01", "2025-12-01"},
      {RANGE_QTD, "2026-05-02T12:00:00Z", "2026-04-01", "2026-05-03", "2026-01-01", "2026-02-02"},
      {RANGE_QTD, "2026-06-30T12:00:00Z", "2026-04-01", "2026-07-01", "2026-01-01", "2026-04-01"},
      {RANGE_QTD, "2026-12-31T12:00:00Z", "2026-10-01", "2027-01-01", "2026-07-01", "2026-10-01"},
      {RANGE_YTD, "2025-03-10T12:00:00Z", "2025-01-01", "2025-03-11", "2024-01-01", "2024-03-10"},
      {RANGE_YTD, "2024-12-31T12:00:00Z", "2024-01-01", "2025-01-01", "2023-01-01", "2024-01-01"},
      {RANGE_LAST_12MO, "2026-11-23T12:00:00Z", "2025-11-01", "2026-11-01", "2024-11-01", "2025-11-01"},
      {RANGE_LAST_12MO, "2024-03-01T12:00:00Z", "2023-03-01", "2024-03-01", "2022-03-01", "2023-03-01"},
      {RANGE_LAST_28D, "2026-11-23T12:00:00Z", "2026-10-26", "2026-11-23", "2026-09-28", "2026-10-26"},
  };
  struct zone *zone = open_zone("Europe/Berlin");
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct range range, against;
    range_of_preset(cases[i].preset, zone, instant(cases[i].now), &range);
    assert_dates(&range, cases[i].first, cases[i].end);
    compare(&period, &range, zone, &against);
    assert_dates(&against, cases[i].before, cases[i].before_end);
  }
  zone_free(zone);
}

static void hours_are_compared_by_hours(void **state)
{
  (void)state;
  static const struct {
    const char *zone;
    const struct comparison *comparison;
    const char *from, *to, *before, *before_end;
  } cases[] = {
      {"UTC", &period, "2026-11-23T10:00:00Z", "2026-11-23T13:00:00Z", "2026-11-23T07:00:00Z",
       "2026-11-23T10:00:00Z"},
      {"Asia/Kathmandu", &period, "2026-11-23T10:15:00Z", "2026-11-23T12:15:00Z", "2026-11-23T08:15:00Z",
       "2026-11-23T10:15:00Z"},
      /* three hours before 03:30Z are the half-hour from 15:00Z, when clocks went back, and two before */
      {"Australia/Lord_Howe", &period, "2026-04-04T15:30:00Z", "2026-04-04T18:30:00Z", "2026-04-04T13:00:00Z",
       "2026-04-04T15:30:00Z"},
      {"UTC", &weekday, "2026-11-23T10:00:00Z", "2026-11-23T13:00:00Z", "2025-11-24T10:00:00Z",
       "2025-11-24T13:00:00Z"},
      {"UTC", &date, "2024-02-29T10:00:00Z", "2024-02-29T13:00:00Z", "2023-02-28T10:00:00Z",
       "2023-02-28T13:00:00Z"},
      {"UTC", &date, "2024-02-28T10:00:00Z", "2024-02-29T10:00:00Z", "2023-02-28T10:00:00Z",
       "2023-03-01T10:00:00Z"},
      /* 10:00 to 13:00 by the clock, in winter and in summer time */
      {"Europe/Berlin", &date, "2026-03-29T08:00:00Z", "2026-03-29T11:00:00Z", "2025-03-29T09:00:00Z",
       "2025-03-29T12:00:00Z"},
      /* until 03:00 in a night without 02:00, and in one that has it twice */
      {"Europe/Berlin", &date, "2026-03-30T00:00:00+02:00", "2026-03-30T03:00:00+02:00",
       "2025-03-29T23:00:00Z", "2025-03-30T01:00:00Z"},
      {"Europe/Berlin", &date, "2025-10-27T01:00:00+01:00", "2025-10-27T03:00:00+01:00",
       "2024-10-26T23:00:00Z", "2024-10-27T02:00:00Z"},
      /* an hour that was jumped over */
      {"Europe/Berlin", &date, "2026-03-30T02:00:00+02:00", "2026-03-30T03:00:00+02:00",
       "2025-03-30T01:00:00Z", "2025-03-30T01:00:00Z"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct zone *zone = open_zone(cases[i].zone);
    struct range range, against;
    parse(cases[i].from, cases[i].to, zone, &range);
    compare(cases[i].comparison, &range, zone, &against);
    assert_false(against.by_date);
    assert_instant(against.from, cases[i].before);
    assert_instant(against.to, cases[i].before_end);
    zone_free(zone);
  }
}

static void skipped_dates_count_and_are_empty(void **state)
{
  (void)state;
  struct zone *zone = open_zone("Pacific/Apia"); /* had no 2011-12-30 */
  struct range range, against;
  parse("2011-12-31", "2012-01-01", zone, &range);
  compare(&period, &range, zone, &against);
  assert_dates(&against, "2011-12-30", "2011-12-31");
  assert_int_equal(against.from, against.to);
  parse("2011-12-29", "2012-01-01", zone, &range);
  compare(&period, &range, zone, &against);
  assert_dates(&against, "2011-12-26", "2011-12-29");
  zone_free(zone);
}

static void nothing_is_compared_with_what_was_before_1970(void **state)
{
  (void)state;
  static const struct {
    const struct comparison *comparison;
    const char *from, *to;
    enum result wanted;
  } cases[] = {
      {&period, "1970-01-02", "1970-01-03", RESULT_OK},
      {&period, "1970-01-02", "1970-01-04", RESULT_INVALID},
      {&weekday, "1970-12-31", "1971-01-01", RESULT_OK},
      {&weekday, "1970-12-30", "1970-12-31", RESULT_INVALID},
      {&date, "1971-01-01", "1971-01-02", RESULT_OK},
      {&date, "1970-12-31", "1971-01-01", RESULT_INVALID},
      {&period, "1970-01-01T02:00:00Z", "1970-01-01T04:00:00Z", RESULT_OK},
      {&period, "1970-01-01T02:00:00Z", "1970-01-01T05:00:00Z", RESULT_INVALID},
  };
  struct zone *zone = open_zone("UTC");
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct range range, against;
    parse(cases[i].from, cases[i].to, zone, &range);
    assert_int_equal(comparison_range(cases[i].comparison, &range, zone, &against, NULL), cases[i].wanted);
  }
  zone_free(zone);
}

static void a_range_that_runs_is_compared_through_its_last_full_hour(void **state)
{
  (void)state;
  static const struct {
    const char *zone, *from, *to, *as_of, *through; /* NULL: it is over */
  } cases[] = {
      {"UTC", "2026-11-23", "2026-11-24", "2026-11-23T12:59:59Z", "2026-11-23T12:00:00Z"},
      {"UTC", "2026-11-23", "2026-11-24", "2026-11-23T13:00:00Z", "2026-11-23T13:00:00Z"},
      {"UTC", "2026-11-23", "2026-11-24", "2026-11-23T23:59:59Z", "2026-11-23T23:00:00Z"},
      {"UTC", "2026-11-23", "2026-11-24", "2026-11-24T00:00:00Z", NULL},
      {"UTC", "2026-11-23", "2026-11-24", "2026-11-23T00:59:00Z", "2026-11-23T00:00:00Z"},
      {"UTC", "2026-11-25", "2026-11-26", "2026-11-23T12:00:00Z", "2026-11-25T00:00:00Z"},
      {"Asia/Kathmandu", "2026-11-23", "2026-11-24", "2026-11-23T12:14:59Z", "2026-11-23T11:15:00Z"},
      {"Europe/Berlin", "2026-10-25", "2026-10-26", "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z"},
      {"Australia/Lord_Howe", "2026-04-05", "2026-04-06", "2026-04-04T15:29:00Z", "2026-04-04T15:00:00Z"},
      {"Australia/Lord_Howe", "2026-04-05", "2026-04-06", "2026-04-04T15:30:00Z", "2026-04-04T15:30:00Z"},
      {"UTC", "2026-11-23T10:00:00Z", "2026-11-23T15:00:00Z", "2026-11-23T12:34:00Z", "2026-11-23T12:00:00Z"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct zone *zone = open_zone(cases[i].zone);
    struct range range;
    int64_t through = 0;
    parse(cases[i].from, cases[i].to, zone, &range);
    assert_int_equal(comparison_through(&range, zone, instant(cases[i].as_of), &through),
                     cases[i].through != NULL);
    if (cases[i].through != NULL)
      assert_instant(through, cases[i].through);
    zone_free(zone);
  }
}

/* All times with the offset that clocks then showed. */
static void both_sides_are_cut_at_the_same_clock_time(void **state)
{
  (void)state;
  static const struct {
    const char *zone;
    const struct comparison *comparison;
    const char *from, *to, *through, *wanted;
  } cases[] = {
      {"UTC", &period, "2026-11-23", "2026-11-24", "2026-11-23T12:00:00Z", "2026-11-22T12:00:00Z"},
      {"UTC", &period, "2026-11-20", "2026-11-27", "2026-11-23T12:00:00Z", "2026-11-16T12:00:00Z"},
      {"UTC", &period, "2026-11-20", "2026-11-27", "2026-11-20T00:00:00Z", "2026-11-13T00:00:00Z"},
      {"UTC", &weekday, "2026-11-20", "2026-11-27", "2026-11-23T12:00:00Z", "2025-11-24T12:00:00Z"},
      {"UTC", &date, "2026-11-20", "2026-11-27", "2026-11-23T12:00:00Z", "2025-11-23T12:00:00Z"},
      {"UTC", &date, "2025-01-01", "2025-04-01", "2025-03-10T12:00:00Z", "2024-03-10T12:00:00Z"},
      {"UTC", &date, "2024-01-01", "2024-04-01", "2024-02-29T12:00:00Z", "2023-02-28T12:00:00Z"},
      {"UTC", &date, "2024-01-01", "2024-04-01", "2024-03-01T00:00:00Z", "2023-03-01T00:00:00Z"},
      {"Asia/Kathmandu", &period, "2026-11-23", "2026-11-24", "2026-11-23T12:00:00+05:45",
       "2026-11-22T12:00:00+05:45"},
      /* the day after a night of 23 hours, and that of 25; 12:00 is 12:00 */
      {"Europe/Berlin", &period, "2026-03-29", "2026-03-30", "2026-03-29T12:00:00+02:00",
       "2026-03-28T12:00:00+01:00"},
      {"Europe/Berlin", &period, "2026-03-30", "2026-03-31", "2026-03-30T12:00:00+02:00",
       "2026-03-29T12:00:00+02:00"},
      /* 02:00 did not come the night before: on at 03:00 */
      {"Europe/Berlin", &period, "2026-03-30", "2026-03-31", "2026-03-30T02:00:00+02:00",
       "2026-03-29T03:00:00+02:00"},
      /* 02:00 came twice the night before: up to the first; before 03:00 lie both */
      {"Europe/Berlin", &period, "2026-10-26", "2026-10-27", "2026-10-26T02:00:00+01:00",
       "2026-10-25T02:00:00+02:00"},
      {"Europe/Berlin", &period, "2026-10-26", "2026-10-27", "2026-10-26T03:00:00+01:00",
       "2026-10-25T03:00:00+01:00"},
      /* 02:00 comes twice this night, once the night before; 364 days before it came twice as well */
      {"Europe/Berlin", &period, "2026-10-25", "2026-10-26", "2026-10-25T02:00:00+02:00",
       "2026-10-24T02:00:00+02:00"},
      {"Europe/Berlin", &period, "2026-10-25", "2026-10-26", "2026-10-25T02:00:00+01:00",
       "2026-10-24T02:00:00+02:00"},
      {"Europe/Berlin", &weekday, "2026-10-25", "2026-10-26", "2026-10-25T02:00:00+02:00",
       "2025-10-26T02:00:00+02:00"},
      {"Europe/Berlin", &weekday, "2026-10-25", "2026-10-26", "2026-10-25T02:00:00+01:00",
       "2025-10-26T02:00:00+01:00"},
      /* the second hour that reads 01, from 01:30, is half an hour */
      {"Australia/Lord_Howe", &period, "2026-04-05", "2026-04-06", "2026-04-05T01:30:00+10:30",
       "2026-04-04T01:00:00+11:00"},
      {"Australia/Lord_Howe", &period, "2026-04-06", "2026-04-07", "2026-04-06T02:00:00+10:30",
       "2026-04-05T02:00:00+10:30"},
      /* 2018-11-04 began at 01:00: where nothing of it has passed, nothing of the day before has */
      {"America/Sao_Paulo", &period, "2018-11-04", "2018-11-05", "2018-11-04T01:00:00-02:00",
       "2018-11-03T00:00:00-03:00"},
      {"America/Sao_Paulo", &period, "2018-11-03", "2018-11-06", "2018-11-04T01:00:00-02:00",
       "2018-11-01T00:00:00-03:00"},
      {"America/Sao_Paulo", &period, "2018-11-04", "2018-11-05", "2018-11-04T02:00:00-02:00",
       "2018-11-03T02:00:00-03:00"},
      {"America/Sao_Paulo", &period, "2018-11-05", "2018-11-06", "2018-11-05T00:00:00-02:00",
       "2018-11-04T01:00:00-02:00"},
      /* hours against hours: so many after the start */
      {"UTC", &period, "2026-11-23T10:00:00Z", "2026-11-23T15:00:00Z", "2026-11-23T12:00:00Z",
       "2026-11-23T07:00:00Z"},
      {"Europe/Berlin", &period, "2026-10-25T01:00:00Z", "2026-10-25T05:00:00Z", "2026-10-25T03:00:00Z",
       "2026-10-24T23:00:00Z"},
      {"Europe/Berlin", &date, "2026-03-29T10:00:00+02:00", "2026-03-29T15:00:00+02:00",
       "2026-03-29T12:00:00+02:00", "2025-03-29T12:00:00+01:00"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct zone *zone = open_zone(cases[i].zone);
    struct range range, against;
    parse(cases[i].from, cases[i].to, zone, &range);
    compare(cases[i].comparison, &range, zone, &against);
    struct range cut = comparison_cut(cases[i].comparison, &range, &against, zone, instant(cases[i].through));
    assert_true(cut.cut);
    assert_int_equal(cut.from, against.from);
    if (cut.to != instant(cases[i].wanted))
      fail_msg("%s through %s: not %s", cases[i].zone, cases[i].through, cases[i].wanted);
    zone_free(zone);
  }
}

/* 31 March has no match in February: all of that stands against it. */
static void a_shorter_unit_is_compared_whole(void **state)
{
  (void)state;
  struct zone *zone = open_zone("UTC");
  struct range range, against;
  range_of_preset(RANGE_MTD, zone, instant("2026-03-31T12:34:00Z"), &range);
  compare(&period, &range, zone, &against);
  struct range cut = comparison_cut(&period, &range, &against, zone, instant("2026-03-31T12:00:00Z"));
  assert_false(cut.cut);
  assert_dates(&cut, "2026-02-01", "2026-03-01");
  cut = comparison_cut(&period, &range, &against, zone, instant("2026-03-28T12:00:00Z"));
  assert_instant(cut.to, "2026-02-28T12:00:00Z");
  zone_free(zone);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dates_are_compared_by_dates),
      cmocka_unit_test(presets_of_the_calendar_are_compared_by_its_units),
      cmocka_unit_test(hours_are_compared_by_hours),
      cmocka_unit_test(skipped_dates_count_and_are_empty),
      cmocka_unit_test(nothing_is_compared_with_what_was_before_1970),
      cmocka_unit_test(a_range_that_runs_is_compared_through_its_last_full_hour),
      cmocka_unit_test(both_sides_are_cut_at_the_same_clock_time),
      cmocka_unit_test(a_shorter_unit_is_compared_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
