#include "domain/violations.h"

#include "tests/unit/unit.h"

static void violations_are_kept_in_the_order_they_are_added(void **state)
{
  (void)state;
  struct violations v;
  violations_init(&v);
  assert_false(violations_any(&v));
  violations_add(&v, VIOLATION_POINTER, "out_of_range", "/lines/0/quantity", "from %d to %d", 1, 9);
  violations_add(&v, VIOLATION_HEADER, "idempotency_key_missing", "Idempotency-Key", "is needed");
  assert_true(violations_any(&v));
  assert_int_equal(v.count, 2);
  assert_int_equal(v.items[0].place, VIOLATION_POINTER);
  assert_string_equal(v.items[0].code, "out_of_range");
  assert_string_equal(v.items[0].where, "/lines/0/quantity");
  assert_string_equal(v.items[0].detail, "from 1 to 9");
  assert_int_equal(v.items[1].place, VIOLATION_HEADER);
  assert_string_equal(v.items[1].detail, "is needed");
  violations_clear(&v);
  assert_false(violations_any(&v));
}

static void those_beyond_the_bound_are_counted(void **state)
{
  (void)state;
  struct violations v;
  violations_init(&v);
  for (int i = 0; i < VIOLATIONS_MAX + 7; i++)
    violations_add(&v, VIOLATION_POINTER, "invalid_field", "", "number %d", i);
  assert_int_equal(v.count, VIOLATIONS_MAX);
  assert_int_equal(v.dropped, 7);
  assert_string_equal(v.items[VIOLATIONS_MAX - 1].detail, "number 99");
  violations_clear(&v);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(violations_are_kept_in_the_order_they_are_added),
      cmocka_unit_test(those_beyond_the_bound_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
