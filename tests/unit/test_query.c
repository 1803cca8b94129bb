#include "fcgi/query.h"

#include "tests/unit/unit.h"

static enum result parse(const char *text, struct query *query)
{
  struct err e = ERR_NONE;
  query_init(query);
  return query_parse(query, text, &e);
}

static void names_and_values_are_decoded(void **state)
{
  (void)state;
  struct query query;
  assert_int_equal(parse("from=2026-03-29T00%3A00:00+02:00&n%61me=%C3%A9&empty=", &query), RESULT_OK);
  assert_int_equal(query.items->len, 3);
  assert_string_equal(query_get(&query, "from"), "2026-03-29T00:00:00+02:00");
  assert_string_equal(query_get(&query, "name"), "\xc3\xa9");
  assert_string_equal(query_get(&query, "empty"), "");
  assert_null(query_get(&query, "to"));
  query_clear(&query);
}

static void nothing_is_an_empty_query(void **state)
{
  (void)state;
  const char *const texts[] = {NULL, ""};
  for (size_t i = 0; i < COUNT(texts); i++) {
    struct query query;
    assert_int_equal(parse(texts[i], &query), RESULT_OK);
    assert_int_equal(query.items->len, 0);
    query_clear(&query);
  }
}

static void what_is_not_a_query_is_refused(void **state)
{
  (void)state;
  const char *const texts[] = {"a",     "=1",    "&a=1",  "a=1&",     "a=1&&b=2", "a=%",    "a=%4",
                               "a=%zz", "a=%4g", "a=%00", "a=%c0%af", "a=%ff",    "a=\xff", "%=1"};
  for (size_t i = 0; i < COUNT(texts); i++) {
    struct query query;
    assert_int_equal(parse(texts[i], &query), RESULT_INVALID);
    query_clear(&query);
  }
}

static void unknown_and_repeated_parameters_are_all_told(void **state)
{
  (void)state;
  const char *const allowed[] = {"from", "to", NULL};
  struct query query;
  struct violations violations;
  violations_init(&violations);
  assert_int_equal(parse("to=1&form=2&from=3&to=4&%3Cb%3E=5", &query), RESULT_OK);
  query_check(&query, allowed, &violations);
  assert_int_equal(violations.count, 3);
  assert_string_equal(violations.items[0].code, "unknown_parameter");
  assert_string_equal(violations.items[0].where, "form");
  assert_string_equal(violations.items[1].code, "duplicate_parameter");
  assert_string_equal(violations.items[1].where, "to");
  assert_string_equal(violations.items[2].where, "?b?");
  violations_clear(&violations);
  query_clear(&query);
}

static void a_route_without_parameters_takes_none(void **state)
{
  (void)state;
  struct query query;
  struct violations violations;
  violations_init(&violations);
  assert_int_equal(parse("a=1", &query), RESULT_OK);
  query_check(&query, NULL, &violations);
  assert_int_equal(violations.count, 1);
  assert_string_equal(violations.items[0].code, "unknown_parameter");
  violations_clear(&violations);
  query_clear(&query);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_and_values_are_decoded),
      cmocka_unit_test(nothing_is_an_empty_query),
      cmocka_unit_test(what_is_not_a_query_is_refused),
      cmocka_unit_test(unknown_and_repeated_parameters_are_all_told),
      cmocka_unit_test(a_route_without_parameters_takes_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
