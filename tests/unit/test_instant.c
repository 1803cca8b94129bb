#include "domain/instant.h"

#include <string.h>

#include "tests/unit/unit.h"

/* Expected values: Python's datetime. */

static void test_parse_good(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    int64_t ms;
  } cases[] = {
      {"1970-01-01T00:00:00Z", INT64_C(0)},
      {"1969-12-31T23:59:59.999Z", INT64_C(-1)},
      {"2026-11-23T13:58:57.123Z", INT64_C(1795442337123)},
      {"2026-03-29T01:30:00.123456+02:00", INT64_C(1774740600123)},
      {"2026-03-29t01:30:00z", INT64_C(1774747800000)},
      {"2026-03-29T01:30:00-00:00", INT64_C(1774747800000)},
      {"2000-02-29T23:59:59.999999999Z", INT64_C(951868799999)},
      {"2100-02-28T12:00:00+13:45", INT64_C(4107449700000)},
      {"1999-12-31T23:59:59-23:59", INT64_C(946771139000)},
      {"2024-02-29T00:00:00+23:59", INT64_C(1709078460000)},
      {"2026-01-01T00:00:00.5Z", INT64_C(1767225600500)},
      {"2026-01-01T00:00:00.05Z", INT64_C(1767225600050)},
      {"2026-01-01T00:00:00.0009Z", INT64_C(1767225600000)},
      {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
      {"0001-01-01T00:00:00Z", INT64_C(-62135596800000)},
      {"1900-03-01T00:00:00Z", INT64_C(-2203891200000)},
      {"2262-04-11T23:47:16.854Z", INT64_C(9223372036854)},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    int64_t ms = 0;
    struct err e = ERR_NONE;
    assert_int_equal(instant_parse(cases[i].text, strlen(cases[i].text), &ms, &e), RESULT_OK);
    assert_int_equal(ms, cases[i].ms);
  }
}

static void test_parse_bad(void **state)
{
  (void)state;
  static const char *const cases[] = {
      "",
      "2026",
      "2026-03-29",
      "2026-03-29T01:30:00",  /* no zone */
      "2026-03-29T01:30Z",    /* no seconds */
      "2026-03-29 01:30:00Z", /* blank for T */
      "2026-03-29T01:30:60Z", /* leap second */
      "2026-03-29T24:00:00Z",
      "2026-03-29T01:60:00Z",
      "2026-02-29T00:00:00Z", /* no leap year */
      "1900-02-29T00:00:00Z",
      "2026-02-30T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "2026-00-10T00:00:00Z",
      "2026-13-10T00:00:00Z",
      "2026-01-00T00:00:00Z",
      "2026-1-01T00:00:00Z",
      "+2026-01-01T00:00:00Z",
      "12026-01-01T00:00:00Z",
      "2026-01-01T00:00:00.Z", /* a point without digits */
      "2026-01-01T00:00:00,5Z",
      "2026-01-01T00:00:00+24:00",
      "2026-01-01T00:00:00+23:60",
      "2026-01-01T00:00:00+0200",
      "2026-01-01T00:00:00+02",
      "2026-01-01T00:00:00+02:00Z",
      "2026-01-01T00:00:00ZZ",
      "2026-01-01T00:00:00Z ",
      " 2026-01-01T00:00:00Z",
      "2026-01-01T00:00:0\xD9\xA1Z", /* an Arabic digit */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    int64_t ms = 0;
    struct err e = ERR_NONE;
    if (instant_parse(cases[i], strlen(cases[i]), &ms, &e) != RESULT_INVALID)
      fail_msg("accepted: %s", cases[i]);
    assert_int_equal(e.code, RESULT_INVALID);
  }
}

static void test_parse_stops_at_length(void **state)
{
  (void)state;
  int64_t ms = 0;
  assert_int_equal(instant_parse("1970-01-01T00:00:01Zgarbage", 20, &ms, NULL), RESULT_OK);
  assert_int_equal(ms, 1000);
  assert_int_equal(instant_parse("1970-01-01T00:00:01Z", 19, &ms, NULL), RESULT_INVALID);
  assert_int_equal(instant_parse("1970-01-01T00:00:01Z\0", 21, &ms, NULL), RESULT_INVALID);
}

static void test_format(void **state)
{
  (void)state;
  static const struct {
    int64_t ms;
    const char *text;
  } cases[] = {
      {INT64_C(0), "1970-01-01T00:00:00.000Z"},
      {INT64_C(-1), "1969-12-31T23:59:59.999Z"},
      {INT64_C(1), "1970-01-01T00:00:00.001Z"},
      {INT64_C(1795442337123), "2026-11-23T13:58:57.123Z"},
      {INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
      {INT64_C(1774747800000), "2026-03-29T01:30:00.000Z"},
  };
  char out[INSTANT_TEXT_SIZE];
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_string_equal(instant_format_ms(cases[i].ms, out), cases[i].text);
  assert_string_equal(instant_format_s(INT64_C(1774747800), out), "2026-03-29T01:30:00Z");
  assert_string_equal(instant_format_s(INT64_C(-1), out), "1969-12-31T23:59:59Z");
}

static void test_format_local(void **state)
{
  (void)state;
  static const struct {
    int64_t seconds;
    int32_t offset;
    const char *text;
  } cases[] = {
      {INT64_C(1774747800), 7200, "2026-03-29T03:30:00+02:00"},
      {INT64_C(1774747800), 0, "2026-03-29T01:30:00+00:00"},
      {INT64_C(1774747800), -12600, "2026-03-28T22:00:00-03:30"},
      {INT64_C(1774747800), 20700, "2026-03-29T07:15:00+05:45"},
      {INT64_C(0), -2670, "1969-12-31T23:15:30-00:44:30"},
  };
  char out[INSTANT_TEXT_SIZE];
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_string_equal(instant_format_local(cases[i].seconds, cases[i].offset, out), cases[i].text);
}

static void test_civil_dates(void **state)
{
  (void)state;
  static const struct {
    int year, month, day;
    civil_day date;
    int day_of_year;
  } cases[] = {
      {1970, 1, 1, 0, 1},           {1970, 12, 31, 364, 365},   {1972, 2, 29, 789, 60},
      {1972, 12, 31, 1095, 366},    {1999, 12, 31, 10956, 365}, {2000, 2, 29, 11016, 60},
      {2000, 3, 1, 11017, 61},      {2024, 2, 29, 19782, 60},   {2026, 11, 23, 20780, 327},
      {2100, 2, 28, 47540, 59},     {2100, 3, 1, 47541, 60},    {2400, 12, 31, 157419, 366},
      {9999, 12, 31, 2932896, 365}, {1969, 12, 31, -1, 365},    {1904, 2, 29, -24048, 60},
      {1900, 3, 1, -25508, 60},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    int year, month, day;
    assert_int_equal(civil_from_ymd(cases[i].year, cases[i].month, cases[i].day), cases[i].date);
    civil_to_ymd(cases[i].date, &year, &month, &day);
    assert_int_equal(year, cases[i].year);
    assert_int_equal(month, cases[i].month);
    assert_int_equal(day, cases[i].day);
    assert_int_equal(civil_day_of_year(cases[i].date), cases[i].day_of_year);
  }
}

/* Walking day by day must count like a calendar on the wall. */
static void test_civil_walk(void **state)
{
  (void)state;
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year = 1970, month = 1, day = 1, day_of_year = 1;
  for (civil_day date = 0; year < 2420; date++) {
    int y, m, d;
    civil_to_ymd(date, &y, &m, &d);
    assert_true(y == year && m == month && d == day && civil_day_of_year(date) == day_of_year);
    assert_int_equal(civil_from_ymd(y, m, d), date);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    day++, day_of_year++;
    if (day > lengths[month - 1] + (month == 2 && leap))
      day = 1, month++;
    if (month > 12)
      month = 1, year++, day_of_year = 1;
  }
}

static void test_civil_parse(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    enum result result;
    civil_day date;
  } cases[] = {
      {"1970-01-01", RESULT_OK, 0},       {"2024-02-29", RESULT_OK, 19782},
      {"9999-12-31", RESULT_OK, 2932896}, {"1969-12-31", RESULT_INVALID, 0},
      {"2023-02-29", RESULT_INVALID, 0},  {"2026-11-23T", RESULT_INVALID, 0},
      {"2026-11-3", RESULT_INVALID, 0},   {"20261123", RESULT_INVALID, 0},
      {"2026-11-31", RESULT_INVALID, 0},  {"", RESULT_INVALID, 0},
      {" 2026-11-23", RESULT_INVALID, 0}, {"2026/11/23", RESULT_INVALID, 0},
  };
  char out[INSTANT_TEXT_SIZE];
  for (size_t i = 0; i < COUNT(cases); i++) {
    civil_day date = 0;
    assert_int_equal(civil_parse(cases[i].text, strlen(cases[i].text), &date, NULL), cases[i].result);
    if (cases[i].result == RESULT_OK) {
      assert_int_equal(date, cases[i].date);
      assert_string_equal(civil_format(date, out), cases[i].text);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parse_good),
      cmocka_unit_test(test_parse_bad),
      cmocka_unit_test(test_parse_stops_at_length),
      cmocka_unit_test(test_format),
      cmocka_unit_test(test_format_local),
      cmocka_unit_test(test_civil_dates),
      cmocka_unit_test(test_civil_walk),
      cmocka_unit_test(test_civil_parse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
