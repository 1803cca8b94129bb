#include "domain/range.h"

#include <string.h>

#include "tests/unit/unit.h"

static struct zone *open_zone(const char *name)
{
  struct zone *zone = NULL;
  struct err e = ERR_NONE;
  if (zone_open(name, &zone, &e) != RESULT_OK)
    fail_msg("%s: %s", name, e.text);
  return zone;
}

/* Starts of days: Python's zoneinfo. */
static void test_parse(void **state)
{
  (void)state;
  static const struct {
    const char *zone, *from, *to;
    bool by_date;
    civil_day first_date, end_date;
    int64_t start, end;
  } cases[] = {
      {"UTC", "2026-11-23", "2026-11-24", true, 20780, 20781, 1795392000, 1795478400},
      {"Europe/Berlin", "2026-03-29", "2026-03-30", true, 20541, 20542, 1774738800, 1774821600},
      {"Europe/Berlin", "2026-10-25", "2026-10-26", true, 20751, 20752, 1792879200, 1792969200},
      {"America/St_Johns", "1988-10-30", "1988-10-31", true, 6877, 6878, 594178200, 594271800},
      {"Pacific/Apia", "2011-12-29", "2011-12-31", true, 15337, 15339, 1325152800, 1325239200},
      {"America/Sao_Paulo", "2018-11-04", "2018-11-05", true, 17839, 17840, 1541300400, 1541383200},
      {"Asia/Kathmandu", "2026-01-01", "2027-01-01", true, 20454, 20819, 1767204900, 1798740900},
      {"America/New_York", "1970-01-01", "1970-01-02", true, 0, 1, 18000, 104400},
      {"UTC", "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z", false, 0, 0, 1795428000, 1795431600},
      {"Asia/Kathmandu", "2026-11-23T10:15:00Z", "2026-11-24T10:15:00Z", false, 0, 0, 1795428900, 1795515300},
      {"Europe/Berlin", "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", false, 0, 0, 1792886400,
       1792890000},
      {"Australia/Lord_Howe", "2025-04-05T15:00:00Z", "2025-04-05T15:30:00.000Z", false, 0, 0, 1743865200,
       1743867000},
      {"Europe/Berlin", "2026-10-25", "2026-10-25T12:00:00+01:00", false, 0, 0, 1792879200, 1792926000},
      {"Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-26", false, 0, 0, 1792879200, 1792969200},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct zone *zone = open_zone(cases[i].zone);
    struct range range;
    struct err e = ERR_NONE;
    if (range_parse(cases[i].from, cases[i].to, zone, &range, &e) != RESULT_OK)
      fail_msg("%s %s: %s", cases[i].from, cases[i].to, e.text);
    assert_int_equal(range.preset, RANGE_NONE);
    assert_int_equal(range.by_date, cases[i].by_date);
    assert_int_equal(range.first_date, cases[i].first_date);
    assert_int_equal(range.end_date, cases[i].end_date);
    assert_int_equal(range.from, cases[i].start);
    assert_int_equal(range.to, cases[i].end);
    zone_free(zone);
  }
}

static void test_parse_refuses(void **state)
{
  (void)state;
  static const struct {
    const char *zone, *from, *to, *word;
  } cases[] = {
      {"UTC", "2026-11-23", "2026-11-23", "begin"},
      {"UTC", "2026-11-24", "2026-11-23", "begin"},
      {"UTC", "2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z", "begin"},
      {"UTC", "2026-11-23", "2026-11-23T00:00:00Z", "begin"},
      {"Pacific/Apia", "2011-12-30", "2011-12-31", "begin"}, /* Samoa skipped the 30th */
      {"UTC", "2026-11-23T10:30:00Z", "2026-11-24", "local hour"},
      {"UTC", "2026-11-23", "2026-11-24T00:00:01Z", "local hour"},
      {"UTC", "2026-11-23", "2026-11-24T00:00:00.001Z", "local hour"},
      {"Asia/Kathmandu", "2026-11-23T10:00:00Z", "2026-11-24", "local hour"},
      {"Europe/Berlin", "2026-11-23T10:00:00+05:45", "2026-11-24", "local hour"},
      {"UTC", "1969-12-31", "1970-01-02", "1970"},
      {"UTC", "1969-12-31T23:00:00Z", "1970-01-02", "1970"},
      {"UTC", "2026-02-29", "2026-03-01", "date"},
      {"UTC", "yesterday", "2026-03-01", "date"},
      {"UTC", "", "2026-03-01", "date"},
      {"UTC", "2026-03-01T10:00:00", "2026-03-02", "RFC 3339"},
      {"UTC", "2026-03-01T10:00", "2026-03-02", "RFC 3339"},
      {"UTC", "1795428000", "2026-12-01", "date"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct zone *zone = open_zone(cases[i].zone);
    struct range range;
    struct err e = ERR_NONE;
    if (range_parse(cases[i].from, cases[i].to, zone, &range, &e) != RESULT_INVALID)
      fail_msg("accepted: %s %s", cases[i].from, cases[i].to);
    assert_non_null(strstr(e.text, cases[i].word));
    zone_free(zone);
  }
}

static void test_presets(void **state)
{
  (void)state;
  static const struct {
    const char *zone;
    int64_t now;
    enum range_preset preset;
    civil_day first_date, end_date;
    int64_t from, to;
  } cases[] = {
      {"UTC", 1795442337, RANGE_TODAY, 20780, 20781, 1795392000, 1795478400}, /* 2026-11-23 .. 2026-11-24 */
      {"UTC", 1795442337, RANGE_YESTERDAY, 20779, 20780, 1795305600,
       1795392000},                                                             /* 2026-11-22 .. 2026-11-23 */
      {"UTC", 1795442337, RANGE_LAST_7D, 20773, 20780, 1794787200, 1795392000}, /* 2026-11-16 .. 2026-11-23 */
      {"UTC", 1795442337, RANGE_LAST_30D, 20750, 20780, 1792800000,
       1795392000}, /* 2026-10-24 .. 2026-11-23 */
      {"Pacific/Auckland", 1795442337, RANGE_TODAY, 20781, 20782, 1795431600,
       1795518000}, /* 2026-11-24 .. 2026-11-25 */
      {"Pacific/Auckland", 1795442337, RANGE_YESTERDAY, 20780, 20781, 1795345200,
       1795431600}, /* 2026-11-23 .. 2026-11-24 */
      {"Pacific/Auckland", 1795442337, RANGE_LAST_7D, 20774, 20781, 1794826800,
       1795431600}, /* 2026-11-17 .. 2026-11-24 */
      {"Pacific/Auckland", 1795442337, RANGE_LAST_30D, 20751, 20781, 1792839600,
       1795431600}, /* 2026-10-25 .. 2026-11-24 */
      {"America/Los_Angeles", 1793606399, RANGE_TODAY, 20758, 20759, 1793516400,
       1793606400}, /* 2026-11-01 .. 2026-11-02 */
      {"America/Los_Angeles", 1793606399, RANGE_YESTERDAY, 20757, 20758, 1793430000,
       1793516400}, /* 2026-10-31 .. 2026-11-01 */
      {"America/Los_Angeles", 1793606399, RANGE_LAST_7D, 20751, 20758, 1792911600,
       1793516400}, /* 2026-10-25 .. 2026-11-01 */
      {"America/Los_Angeles", 1793606399, RANGE_LAST_30D, 20728, 20758, 1790924400,
       1793516400}, /* 2026-10-02 .. 2026-11-01 */
      {"Pacific/Apia", 1325318400, RANGE_TODAY, 15339, 15340, 1325239200,
       1325325600}, /* 2011-12-31 .. 2012-01-01 */
      {"Pacific/Apia", 1325318400, RANGE_YESTERDAY, 15338, 15339, 1325239200,
       1325239200}, /* 2011-12-30 .. 2011-12-31 */
      {"Pacific/Apia", 1325318400, RANGE_LAST_7D, 15332, 15339, 1324720800,
       1325239200}, /* 2011-12-24 .. 2011-12-31 */
      {"Pacific/Apia", 1325318400, RANGE_LAST_30D, 15309, 15339, 1322733600,
       1325239200}, /* 2011-12-01 .. 2011-12-31 */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct zone *zone = open_zone(cases[i].zone);
    struct range range;
    range_of_preset(cases[i].preset, zone, cases[i].now, &range);
    assert_int_equal(range.preset, cases[i].preset);
    assert_true(range.by_date);
    assert_int_equal(range.first_date, cases[i].first_date);
    assert_int_equal(range.end_date, cases[i].end_date);
    assert_int_equal(range.from, cases[i].from);
    assert_int_equal(range.to, cases[i].to);
    zone_free(zone);
  }
}

static void test_preset_names(void **state)
{
  (void)state;
  static const struct {
    const char *name;
    enum range_preset preset;
  } cases[] = {
      {"today", RANGE_TODAY},
      {"yesterday", RANGE_YESTERDAY},
      {"last_7d", RANGE_LAST_7D},
      {"last_28d", RANGE_LAST_28D},
      {"last_30d", RANGE_LAST_30D},
      {"mtd", RANGE_MTD},
      {"last_month", RANGE_LAST_MONTH},
      {"qtd", RANGE_QTD},
      {"ytd", RANGE_YTD},
      {"last_12mo", RANGE_LAST_12MO},
      {"last_8d", RANGE_NONE},
      {"Today", RANGE_NONE},
      {"", RANGE_NONE},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_int_equal(range_preset_find(cases[i].name), cases[i].preset);
    if (cases[i].preset != RANGE_NONE) {
      assert_string_equal(range_preset_name(cases[i].preset), cases[i].name);
      assert_non_null(strstr(range_preset_names(), cases[i].name));
    }
  }
  assert_null(range_preset_name(RANGE_NONE));
}

static void test_sizes(void **state)
{
  (void)state;
  static const struct {
    bool by_date;
    int64_t length; /* days, or seconds */
    enum range_interval usual;
    enum result hours, days;
  } cases[] = {
      {true, 1, RANGE_BY_HOUR, RESULT_OK, RESULT_OK},
      {true, 3, RANGE_BY_HOUR, RESULT_OK, RESULT_OK},
      {true, 4, RANGE_BY_DAY, RESULT_OK, RESULT_OK},
      {true, 100, RANGE_BY_DAY, RESULT_OK, RESULT_OK},
      {true, 101, RANGE_BY_WEEK, RESULT_OUT_OF_RANGE, RESULT_OK},
      {true, 366, RANGE_BY_WEEK, RESULT_OUT_OF_RANGE, RESULT_OK},
      {true, 367, RANGE_BY_MONTH, RESULT_OUT_OF_RANGE, RESULT_OK},
      {true, 3653, RANGE_BY_MONTH, RESULT_OUT_OF_RANGE, RESULT_OK},
      {true, 3654, RANGE_BY_MONTH, RESULT_OUT_OF_RANGE, RESULT_OUT_OF_RANGE},
      {false, 3 * 86400, RANGE_BY_HOUR, RESULT_OK, RESULT_OK},
      {false, 3 * 86400 + 3600, RANGE_BY_DAY, RESULT_OK, RESULT_OK},
      {false, 100 * 86400, RANGE_BY_DAY, RESULT_OK, RESULT_OK},
      {false, 101 * 86400, RANGE_BY_WEEK, RESULT_OUT_OF_RANGE, RESULT_OK}, /* from midnight to midnight */
      {false, 367 * 86400, RANGE_BY_MONTH, RESULT_OUT_OF_RANGE, RESULT_OK},
      {false, 100 * 86400 + 3600, RANGE_BY_DAY, RESULT_OUT_OF_RANGE, RESULT_OK},
      {false, 3653 * INT64_C(86400) + 3600, RANGE_BY_DAY, RESULT_OUT_OF_RANGE, RESULT_OUT_OF_RANGE},
  };
  struct zone *utc = open_zone("UTC");
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct range range = {.by_date = cases[i].by_date, .first_date = 20000, .from = 1728000000};
    range.end_date = range.first_date + (cases[i].by_date ? (civil_day)cases[i].length : 0);
    range.to = range.from + cases[i].length * (cases[i].by_date ? 86400 : 1);
    assert_int_equal(range_default_interval(&range, utc), cases[i].usual);
    assert_int_equal(range_check_size(&range, utc, RANGE_BY_HOUR, NULL), cases[i].hours);
    assert_int_equal(range_check_size(&range, utc, RANGE_BY_DAY, NULL), cases[i].days);
    assert_int_equal(range_check_size(&range, utc, RANGE_BY_MONTH, NULL), cases[i].days);
  }
  zone_free(utc);
}

/* Days are as many between instants as between the dates that they are the starts of; starts of days in
 * Berlin: two hours before UTC's in summer, one in winter. */
static void test_sizes_across_a_change_of_clocks(void **state)
{
  (void)state;
  static const struct {
    int64_t from, to;
    enum range_interval usual;
    enum result hours;
  } cases[] = {
      {1788213600, 1796857200, RANGE_BY_DAY, RESULT_OK},                  /* 1 September, 10 December */
      {1788213600, 1796857200 + 3600, RANGE_BY_DAY, RESULT_OUT_OF_RANGE}, /* and an hour */
      {1792706400, 1792969200, RANGE_BY_HOUR, RESULT_OK},                 /* 23 to 26 October */
      {1792706400, 1792969200 + 3600, RANGE_BY_DAY, RESULT_OK},           /* and an hour */
      {1767222000, 1767222000 + 100 * 86400, RANGE_BY_DAY, RESULT_OK},    /* 100 x 24 h from 1 January */
      {1767222000, 1767222000 + 100 * 86400 + 1, RANGE_BY_DAY, RESULT_OUT_OF_RANGE},
  };
  struct zone *zone = open_zone("Europe/Berlin");
  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct range range = {.from = cases[i].from, .to = cases[i].to};
    assert_int_equal(range_default_interval(&range, zone), cases[i].usual);
    assert_int_equal(range_check_size(&range, zone, RANGE_BY_HOUR, NULL), cases[i].hours);
  }
  zone_free(zone);
}

/* Weeks and months are made of days: instants serve where they begin local days. */
static void test_what_weeks_and_months_fit(void **state)
{
  (void)state;
  static const struct {
    const char *zone, *from, *to;
    enum result wanted;
    civil_day first_date, end_date;
  } cases[] = {
      {"Europe/Berlin", "2026-11-01", "2026-11-24", RESULT_OK, 20758, 20781},
      {"Europe/Berlin", "2026-10-31T23:00:00Z", "2026-11-24", RESULT_OK, 20758, 20781},
      {"Europe/Berlin", "2026-10-23T22:00:00Z", "2026-11-23T23:00:00Z", RESULT_OK, 20750, 20781},
      {"Europe/Berlin", "2026-10-23T22:00:00Z", "2026-11-23T22:00:00Z", RESULT_INVALID, 0, 0},
      {"Europe/Berlin", "2026-10-23T23:00:00Z", "2026-11-24", RESULT_INVALID, 0, 0},
      {"Asia/Kathmandu", "2026-10-31T18:15:00Z", "2026-11-23T18:15:00Z", RESULT_OK, 20758, 20781},
      {"America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-06", RESULT_OK, 17839, 17841}, /* at 01:00 */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct zone *zone = open_zone(cases[i].zone);
    struct range range;
    assert_int_equal(range_parse(cases[i].from, cases[i].to, zone, &range, NULL), RESULT_OK);
    int64_t from = range.from, to = range.to;
    assert_int_equal(range_fit(&range, zone, RANGE_BY_DAY, NULL), RESULT_OK);
    assert_int_equal(range_fit(&range, zone, RANGE_BY_WEEK, NULL), cases[i].wanted);
    if (cases[i].wanted == RESULT_OK) {
      assert_true(range.by_date);
      assert_int_equal(range.first_date, cases[i].first_date);
      assert_int_equal(range.end_date, cases[i].end_date);
    }
    assert_true(range.from == from && range.to == to);
    zone_free(zone);
  }
}

/* Starts of days as above. */
static void test_moments(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    int64_t ms; /* -1: refused */
  } cases[] = {
      {"2026-10-25", INT64_C(1792879200000)},
      {"2026-10-25T02:00:00.001+02:00", INT64_C(1792886400001)},
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59.999Z", -1},
      {"2026-10-25T02:00:00", -1},
      {"2026-13-01", -1},
      {"", -1},
  };
  struct zone *zone = open_zone("Europe/Berlin");
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct err e = ERR_NONE;
    int64_t ms = -2;
    bool good = range_parse_moment(cases[i].text, zone, &ms, &e) == RESULT_OK;
    if (good != (cases[i].ms >= 0) || (good && ms != cases[i].ms))
      fail_msg("%s: %lld", cases[i].text, (long long)ms);
  }
  zone_free(zone);
}

static void test_interval_names(void **state)
{
  (void)state;
  static const char *const names[] = {
      [RANGE_BY_HOUR] = "hour", [RANGE_BY_DAY] = "day", [RANGE_BY_WEEK] = "week", [RANGE_BY_MONTH] = "month"};
  enum range_interval interval;
  for (size_t i = 0; i < COUNT(names); i++) {
    assert_true(range_interval_find(names[i], &interval));
    assert_int_equal(interval, i);
    assert_string_equal(range_interval_name(interval), names[i]);
  }
  assert_false(range_interval_find("second", &interval));
  assert_false(range_interval_find("", &interval));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parse),
      cmocka_unit_test(test_parse_refuses),
      cmocka_unit_test(test_presets),
      cmocka_unit_test(test_preset_names),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_sizes_across_a_change_of_clocks),
      cmocka_unit_test(test_what_weeks_and_months_fit),
      cmocka_unit_test(test_moments),
      cmocka_unit_test(test_interval_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
