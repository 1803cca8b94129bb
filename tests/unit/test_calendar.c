#include "domain/calendar.h"

#include <string.h>

#include "tests/unit/unit.h"

static civil_day day(const char *text)
{
  civil_day date = 0;
  assert_int_equal(civil_parse(text, strlen(text), &date, NULL), RESULT_OK);
  return date;
}

static void assert_day(civil_day date, const char *text)
{
  char got[INSTANT_TEXT_SIZE];
  assert_string_equal(civil_format(date, got), text);
}

static void weeks_begin_on_mondays(void **state)
{
  (void)state;
  static const char *const cases[][2] = {
      {"2026-11-23", "2026-11-23"}, {"2026-11-29", "2026-11-23"},
      {"2026-11-30", "2026-11-30"}, {"2027-01-01", "2026-12-28"}, /* week 53 of 2026 */
      {"2024-02-29", "2024-02-26"}, {"1970-01-05", "1970-01-05"},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_day(calendar_week_start(day(cases[i][0])), cases[i][1]);
  assert_int_equal(calendar_week_start(0), -3); /* a Thursday */
  assert_int_equal(calendar_week_start(-3), -3);
  assert_int_equal(calendar_week_start(-4), -10);
}

static void months_quarters_and_years_have_a_first_day(void **state)
{
  (void)state;
  static const struct {
    const char *date, *month, *quarter, *year;
  } cases[] = {
      {"2026-01-01", "2026-01-01", "2026-01-01", "2026-01-01"},
      {"2024-02-29", "2024-02-01", "2024-01-01", "2024-01-01"},
      {"2026-03-31", "2026-03-01", "2026-01-01", "2026-01-01"},
      {"2026-04-01", "2026-04-01", "2026-04-01", "2026-01-01"},
      {"2026-09-30", "2026-09-01", "2026-07-01", "2026-01-01"},
      {"2026-12-31", "2026-12-01", "2026-10-01", "2026-01-01"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    civil_day date = day(cases[i].date);
    assert_day(calendar_unit_start(date, CALENDAR_MONTH), cases[i].month);
    assert_day(calendar_unit_start(date, CALENDAR_QUARTER), cases[i].quarter);
    assert_day(calendar_unit_start(date, CALENDAR_YEAR), cases[i].year);
  }
}

static void months_later_begin_on_the_first(void **state)
{
  (void)state;
  assert_day(calendar_months_later(day("2026-01-31"), 1), "2026-02-01");
  assert_day(calendar_months_later(day("2026-01-31"), -1), "2025-12-01");
  assert_day(calendar_months_later(day("2026-11-01"), 2), "2027-01-01");
  assert_day(calendar_months_later(day("2024-02-29"), -12), "2023-02-01");
  assert_day(calendar_months_later(day("2026-06-15"), 0), "2026-06-01");
}

static void a_year_before(void **state)
{
  (void)state;
  assert_day(calendar_year_before(day("2025-03-01")), "2024-03-01");
  assert_day(calendar_year_before(day("2025-02-28")), "2024-02-28");
  assert_day(calendar_year_before(day("2024-02-29")), "2023-02-28");
  assert_day(calendar_year_before(day("2024-03-29")), "2023-03-29");
  assert_int_equal(calendar_year_before(0), -365);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(weeks_begin_on_mondays),
      cmocka_unit_test(months_quarters_and_years_have_a_first_day),
      cmocka_unit_test(months_later_begin_on_the_first),
      cmocka_unit_test(a_year_before),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
