#include "domain/zone.h"

#include <string.h>

#include <glib/gstdio.h>

#include "domain/zone_cache.h"
#include "tests/unit/unit.h"

static struct zone *open_zone(const char *name)
{
  struct zone *zone = NULL;
  struct err e = ERR_NONE;
  if (zone_open(name, &zone, &e) != RESULT_OK)
    fail_msg("%s: %s", name, e.text);
  return zone;
}

static void test_names(void **state)
{
  (void)state;
  static const char *const names[] = {
      "UTC",
      "Europe/Berlin",
      "America/Argentina/ComodRivadavia",
      "America/Port-au-Prince",
      "Etc/GMT+5",
      "Etc/GMT-14",
      "EST5EDT",
      "GMT+0",
      "GMT0",
      "Etc/GMT",
      "GB",
  };
  for (size_t i = 0; i < COUNT(names); i++) {
    struct zone *zone = open_zone(names[i]);
    assert_string_equal(zone_name(zone), names[i]);
    zone_free(zone);
  }
  zone_free(NULL);
}

static void test_refused_names(void **state)
{
  (void)state;
  static const char *const names[] = {
      "",
      "Europe", /* a directory */
      "Europe/",
      "/Europe/Berlin",
      "Europe//Berlin",
      "../../etc/passwd",
      "Europe/../UTC",
      "./UTC",
      "Europe/Nowhere",
      "europe/berlin",
      "Europe/Berlin ",
      "Europe/Berlin\n",
      "Europe/B\xC3\xA9rlin",
      "zone.tab", /* files among the zones */
      "zone1970.tab",
      "tzdata.zi",
      "leapseconds",
      "posixrules",
      "localtime",
      "posix/Europe/Berlin",
      "right/Europe/Berlin",
      "Z", /* what GLib takes for a zone and IANA does not */
      "+02:00",
      "02:00",
      "-02",
      "+5",
      "EST5",
      "XYZ-3",
      "UTC+3",
      "GMT+5",
      "EST5EDT,M3.2.0,M11.1.0",
      "Abcdefghij/Abcdefghij/Abcdefghij/Abcdefghij/Abcdefghij/Abcdefghij", /* 65 bytes */
  };
  for (size_t i = 0; i < COUNT(names); i++) {
    struct zone *zone = NULL;
    struct err e = ERR_NONE;
    if (zone_open(names[i], &zone, &e) != RESULT_INVALID)
      fail_msg("accepted: %s", names[i]);
    assert_null(zone);
    assert_int_equal(e.code, RESULT_INVALID);
  }
}

/* Python's zoneinfo: the offsets of the second before and of the change. */
static void test_changes(void **state)
{
  (void)state;
  static const struct {
    const char *zone;
    int64_t at;
    int32_t before, after;
  } cases[] = {
      {"Africa/Monrovia", 63593070, -2670, 0},           {"Asia/Kathmandu", 504901800, 19800, 20700},
      {"Pacific/Kwajalein", 745934400, -43200, 43200},   {"Pacific/Apia", 1301752800, -36000, -39600},
      {"Pacific/Apia", 1316872800, -39600, -36000},      {"Pacific/Apia", 1325239200, -36000, 50400},
      {"Pacific/Apia", 1333202400, 50400, 46800},        {"Australia/Lord_Howe", 1712415600, 39600, 37800},
      {"Australia/Lord_Howe", 1728142200, 37800, 39600}, {"Australia/Lord_Howe", 1743865200, 39600, 37800},
      {"Australia/Lord_Howe", 1759591800, 37800, 39600}, {"America/Sao_Paulo", 1508036400, -10800, -7200},
      {"America/Sao_Paulo", 1518919200, -7200, -10800},  {"America/Sao_Paulo", 1541300400, -10800, -7200},
      {"America/Sao_Paulo", 1550368800, -7200, -10800},  {"Africa/Casablanca", 1713060000, 0, 3600},
      {"Africa/Casablanca", 1740276000, 3600, 0},        {"Africa/Casablanca", 1743904800, 0, 3600},
      {"America/St_Johns", 576041460, -12600, -5400},    {"America/St_Johns", 594178260, -5400, -12600},
      {"America/St_Johns", 607491060, -12600, -9000},    {"Antarctica/Troll", 1729990800, 7200, 0},
      {"Antarctica/Troll", 1743296400, 0, 7200},         {"Antarctica/Troll", 1761440400, 7200, 0},
      {"Europe/Berlin", 1743296400, 3600, 7200},         {"Europe/Berlin", 1761440400, 7200, 3600},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct zone *zone = open_zone(cases[i].zone);
    struct zone_run before = zone_run_at(zone, cases[i].at - 1), after = zone_run_at(zone, cases[i].at);
    assert_int_equal(before.offset, cases[i].before);
    assert_int_equal(before.end, cases[i].at);
    assert_int_equal(after.offset, cases[i].after);
    assert_int_equal(after.start, cases[i].at);
    assert_int_equal(zone_offset(zone, cases[i].at), cases[i].after);
    zone_free(zone);
  }
}

/* The ends of the table, and the years in which only the rule at the end of a tzdata file speaks (after
 * 2037). */
static void test_far_offsets(void **state)
{
  (void)state;
  static const struct {
    const char *zone;
    int64_t at;
    int32_t offset;
  } cases[] = {
      {"Africa/Monrovia", 0, -2670},
      {"Europe/Berlin", -1, 3600},
      {"America/New_York", -2678400, -18000},
      {"America/New_York", -9999999999, -18000},
      {"Europe/Berlin", 2540000000, 7200},
      {"Europe/Berlin", 4102444799, 3600},
      {"Europe/Berlin", 4088000000, 7200},
      {"America/New_York", 2854000000, -14400},
      {"America/New_York", 4118000000, -14400},
      {"Australia/Lord_Howe", 3300000000, 37800},
      {"Asia/Kathmandu", 4133980799, 20700},
      {"UTC", 99999999999, 0},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct zone *zone = open_zone(cases[i].zone);
    assert_int_equal(zone_offset(zone, cases[i].at), cases[i].offset);
    zone_free(zone);
  }
}

static void test_runs_cover_time(void **state)
{
  (void)state;
  struct zone *zone = open_zone("America/St_Johns");
  struct zone_run run = zone_run_at(zone, INT64_MIN);
  assert_int_equal(run.start, INT64_MIN);
  while (run.end != INT64_MAX) {
    struct zone_run next = zone_run_at(zone, run.end);
    assert_int_equal(next.start, run.end);
    assert_true(next.end > next.start);
    assert_int_not_equal(next.offset, run.offset);
    run = next;
  }
  zone_free(zone);

  zone = open_zone("UTC");
  run = zone_run_at(zone, 0);
  assert_true(run.start == INT64_MIN && run.end == INT64_MAX && run.offset == 0);
  zone_free(zone);
}

static void test_grain(void **state)
{
  (void)state;
  static const struct {
    const char *zone;
    int64_t from, to;
    int grain;
  } cases[] = {
      {"UTC", 0, 4000000000, 3600},
      {"Europe/Berlin", 0, 4000000000, 3600},
      {"Asia/Kathmandu", 0, 4000000000, 900}, /* +05:30, +05:45, changed at 18:30:00 UTC */
      {"Australia/Lord_Howe", 0, 2000000000, 900},
      {"Africa/Monrovia", 0, 63593070, 1}, /* -00:44:30 */
      {"Africa/Monrovia", 63590400, 63597600, 1},
      {"Africa/Monrovia", 63594000, 4000000000, 3600}, /* +00:00 since 63593070 */
      {"America/St_Johns", 576041400, 576042000, 60},  /* changed at 03:31:00 UTC */
      {"America/St_Johns", 576041460, 576042000, 60},
      {"America/St_Johns", 576041461, 576042000, 900},
      {"America/St_Johns", 576000000, 576041460, 900},
      {"America/St_Johns", 1700000000, 1800000000, 900}, /* at whole hours since 2011 */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct zone *zone = open_zone(cases[i].zone);
    assert_int_equal(zone_grain(zone, cases[i].from, cases[i].to), cases[i].grain);
    zone_free(zone);
  }
}

static void test_rules_hash(void **state)
{
  (void)state;
  struct zone *utc = open_zone("UTC"), *berlin = open_zone("Europe/Berlin"),
              *again = open_zone("Europe/Berlin");
  struct zone *kolkata = open_zone("Asia/Kolkata"), *calcutta = open_zone("Asia/Calcutta");
  /* hashlib.sha256(b"-9223372036854775808 0\n") */
  assert_string_equal(zone_rules_hash(utc), "c2437b73d116b1b9");
  assert_string_equal(zone_rules_hash(berlin), zone_rules_hash(again));
  assert_string_not_equal(zone_rules_hash(berlin), zone_rules_hash(utc));
  assert_string_equal(zone_rules_hash(kolkata),
                      zone_rules_hash(calcutta)); /* two names of one set of rules */
  zone_free(utc);
  zone_free(berlin);
  zone_free(again);
  zone_free(kolkata);
  zone_free(calcutta);
}

/* ---- tzdata that changes under a running process ---- */

#define MOVING "Test/Moving"

/* A tzdata of its own, in which MOVING is now what `model` is on this machine. */
static void install_zone(const char *folder, const char *model)
{
  g_autofree char *from = g_build_filename("/usr/share/zoneinfo", model, NULL);
  g_autofree char *to = g_build_filename(folder, MOVING, NULL);
  g_autofree char *parent = g_path_get_dirname(to);
  g_autofree char *bytes = NULL;
  gsize length;
  assert_true(g_file_get_contents(from, &bytes, &length, NULL));
  assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
  assert_true(g_file_set_contents(to, bytes, (gssize)length, NULL));
}

static void remove_zones(const char *folder)
{
  g_autofree char *zone = g_build_filename(folder, MOVING, NULL);
  g_autofree char *parent = g_path_get_dirname(zone);
  assert_int_equal(g_unlink(zone), 0);
  assert_int_equal(g_rmdir(parent), 0);
  assert_int_equal(g_rmdir(folder), 0);
}

static const char *rules_of(const char *name, char hash[17])
{
  struct zone *zone = open_zone(name);
  g_strlcpy(hash, zone_rules_hash(zone), 17);
  zone_free(zone);
  return hash;
}

static void test_the_cache_follows_the_rules_asked_for(void **state)
{
  (void)state;
  char berlin[17], tokyo[17];
  rules_of("Europe/Berlin", berlin);
  rules_of("Asia/Tokyo", tokyo);
  g_autofree char *folder = g_dir_make_tmp("takings-zones-XXXXXX", NULL);
  install_zone(folder, "Europe/Berlin");
  g_setenv("TZDIR", folder, TRUE);

  struct err e = ERR_NONE;
  const struct zone *first, *later;
  assert_int_equal(zone_cache_get_of(MOVING, berlin, &first, &e), RESULT_OK);
  assert_int_equal(zone_cache_get_of(MOVING, tokyo, &later, &e), RESULT_STALE);
  err_clear(&e);
  install_zone(folder, "Asia/Tokyo");
  assert_int_equal(zone_cache_get_of(MOVING, berlin, &later, &e), RESULT_OK); /* as long as nobody asks */
  assert_ptr_equal(later, first);
  assert_int_equal(zone_cache_get_of(MOVING, tokyo, &later, &e), RESULT_OK);
  assert_string_equal(zone_rules_hash(later), tokyo);
  assert_string_equal(zone_rules_hash(first), berlin); /* whoever held the old one still may */
  assert_int_equal(zone_cache_get_of(MOVING, berlin, &first, &e), RESULT_STALE);
  g_unsetenv("TZDIR");
  remove_zones(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),           cmocka_unit_test(test_refused_names),
      cmocka_unit_test(test_changes),         cmocka_unit_test(test_far_offsets),
      cmocka_unit_test(test_runs_cover_time), cmocka_unit_test(test_grain),
      cmocka_unit_test(test_rules_hash),      cmocka_unit_test(test_the_cache_follows_the_rules_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
