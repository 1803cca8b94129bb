#include "fcgi/document_order.h"

#include "tests/unit/unit.h"

static void violations_of_a_body_come_in_its_order(void **state)
{
  (void)state;
  struct json_object *body = json_tokener_parse(
      "{\"tax\": 1, \"lines\": [{\"name\": 1, \"quantity\": 0}, {\"quantity\": 1}], \"currency\": \"eur\"}");
  const char *const found[] = {"/shipping",         "/currency", "/lines/1/name",
                               "/lines/0/quantity", "/lines",    "/lines/1/quantity",
                               "/lines/0/name",     "",          "/tax"};
  const char *const ordered[] = {"",
                                 "/tax",
                                 "/lines",
                                 "/lines/0/name",
                                 "/lines/0/quantity",
                                 "/lines/1/quantity",
                                 "/lines/1/name",
                                 "/currency",
                                 "/shipping"};
  struct violations violations;
  violations_init(&violations);
  for (size_t i = 0; i < COUNT(found); i++)
    violations_add(&violations, VIOLATION_POINTER, "invalid_field", found[i], "wrong");
  document_order_sort(&violations, body);
  for (size_t i = 0; i < COUNT(ordered); i++)
    assert_string_equal(violations.items[i].where, ordered[i]);
  violations_clear(&violations);
  json_object_put(body);
}

static void violations_of_one_place_keep_their_order(void **state)
{
  (void)state;
  struct json_object *body = json_tokener_parse("{\"a\": 1}");
  struct violations violations;
  violations_init(&violations);
  violations_add(&violations, VIOLATION_POINTER, "out_of_range", "/a", "first");
  violations_add(&violations, VIOLATION_POINTER, "invalid_field", "/a", "second");
  document_order_sort(&violations, body);
  assert_string_equal(violations.items[0].detail, "first");
  violations_clear(&violations);
  json_object_put(body);
}

static void violations_of_a_query_come_in_its_order(void **state)
{
  (void)state;
  struct query query;
  struct violations violations;
  query_init(&query);
  violations_init(&violations);
  assert_int_equal(query_parse(&query, "to=1&metrics=x&from=2", NULL), RESULT_OK);
  violations_add(&violations, VIOLATION_PARAMETER, "invalid_range", "range", "absent");
  violations_add(&violations, VIOLATION_PARAMETER, "invalid_range", "from", "third");
  violations_add(&violations, VIOLATION_PARAMETER, "invalid_field", "metrics", "second");
  document_order_sort_query(&violations, &query);
  assert_string_equal(violations.items[0].where, "metrics");
  assert_string_equal(violations.items[1].where, "from");
  assert_string_equal(violations.items[2].where, "range");
  violations_clear(&violations);
  query_clear(&query);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(violations_of_a_body_come_in_its_order),
      cmocka_unit_test(violations_of_one_place_keep_their_order),
      cmocka_unit_test(violations_of_a_query_come_in_its_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
