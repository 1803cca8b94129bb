#include "domain/stretch.h"

#include "tests/unit/unit.h"

static struct zone *zone;

static int open_zone(void **state)
{
  return zone_open(*state, &zone, NULL) == RESULT_OK ? 0 : -1;
}

static int close_zone(void **state)
{
  (void)state;
  zone_free(zone);
  return 0;
}

static int64_t at(const char *text)
{
  int64_t ms = 0;
  assert_int_equal(instant_parse(text, strlen(text), &ms, NULL), RESULT_OK);
  return ms / 1000;
}

/* `expected`: from and to in turn, NULL-terminated. */
static void assert_stretches(const char *from, const char *to, const char *const *expected)
{
  struct range range;
  guint count = 0;
  assert_int_equal(range_parse(from, to, zone, &range, NULL), RESULT_OK);
  g_autoptr(GArray) stretches = stretches_of_range(&range, zone);
  for (; expected[2 * count] != NULL; count++) {
    if (count >= stretches->len)
      fail_msg("%s..%s: only %u stretches", from, to, stretches->len);
    const struct stretch *stretch = &g_array_index(stretches, struct stretch, count);
    assert_int_equal(stretch->from, at(expected[2 * count]));
    assert_int_equal(stretch->to, at(expected[2 * count + 1]));
  }
  assert_int_equal(stretches->len, count);
}

static void days_are_one_stretch(void **state)
{
  (void)state;
  static const char *const night[] = {"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", NULL};
  static const char *const decade[] = {"2016-12-31T23:00:00Z", "2026-11-22T23:00:00Z", NULL};
  static const char *const hours[] = {"2026-03-29T00:00:00Z", "2026-03-29T05:00:00Z", NULL};
  assert_stretches("2026-03-29", "2026-03-30", night);
  assert_stretches("2017-01-01", "2026-11-23", decade);
  assert_stretches("2026-03-29T00:00:00Z", "2026-03-29T05:00:00Z", hours);
}

/* 2009: at 00:01 of 1 November clocks went back to 23:01 of 31 October: one minute of November lies in the
 * midst of October's last hours. */
static void dates_whose_hours_interleave_are_several(void **state)
{
  (void)state;
  static const char *const october[] = {"2009-10-31T02:30:00Z", "2009-11-01T02:30:00Z",
                                        "2009-11-01T02:31:00Z", "2009-11-01T03:30:00Z", NULL};
  static const char *const november[] = {"2009-11-01T02:30:00Z", "2009-11-01T02:31:00Z",
                                         "2009-11-01T03:30:00Z", "2009-11-02T03:30:00Z", NULL};
  static const char *const both[] = {"2009-10-31T02:30:00Z", "2009-11-02T03:30:00Z", NULL};
  assert_stretches("2009-10-31", "2009-11-01", october);
  assert_stretches("2009-11-01", "2009-11-02", november);
  assert_stretches("2009-10-31", "2009-11-02", both);
}

/* What of 31 October had passed when its clocks had just gone back. */
static void a_range_that_is_cut_ends_there(void **state)
{
  (void)state;
  struct range range = {.by_date = true,
                        .cut = true,
                        .first_date = civil_from_ymd(2009, 10, 31),
                        .end_date = civil_from_ymd(2009, 11, 1),
                        .from = at("2009-10-31T02:30:00Z"),
                        .to = at("2009-11-01T02:31:00Z")};
  g_autoptr(GArray) stretches = stretches_of_range(&range, zone);
  assert_int_equal(stretches->len, 1);
  assert_int_equal(g_array_index(stretches, struct stretch, 0).from, range.from);
  assert_int_equal(g_array_index(stretches, struct stretch, 0).to, at("2009-11-01T02:30:00Z"));
}

/* Samoa had no 30 December 2011. */
static void a_skipped_date_has_none(void **state)
{
  (void)state;
  struct range range = {
      .by_date = true, .first_date = civil_from_ymd(2011, 12, 30), .end_date = civil_from_ymd(2011, 12, 31)};
  g_autoptr(GArray) stretches = stretches_of_range(&range, zone);
  assert_int_equal(stretches->len, 0);
}

int main(void)
{
  static char berlin[] = "Europe/Berlin", st_johns[] = "America/St_Johns", apia[] = "Pacific/Apia";
#define TEST(f, zone) cmocka_unit_test_prestate_setup_teardown(f, open_zone, close_zone, zone)
  const struct CMUnitTest tests[] = {
      TEST(days_are_one_stretch, berlin),
      TEST(dates_whose_hours_interleave_are_several, st_johns),
      TEST(a_range_that_is_cut_ends_there, st_johns),
      TEST(a_skipped_date_has_none, apia),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
