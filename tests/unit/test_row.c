#include "domain/row.h"

#include <string.h>

#include "tests/unit/unit.h"

static struct row numbered(int64_t start, int64_t first)
{
  struct row row = row_zero(start);
  for (size_t i = 0; i < METRIC_ADDITIVE; i++)
    row.columns[i] = first + (int64_t)i;
  return row;
}

static void test_zero(void **state)
{
  (void)state;
  struct row row = row_zero(3600);
  assert_int_equal(row.start, 3600);
  assert_true(row_is_zero(&row));
  assert_int_equal(row_check(&row, NULL), RESULT_OK);
  for (size_t i = 0; i < METRIC_ADDITIVE; i++) {
    struct row one = row_zero(0);
    one.columns[i] = -1;
    assert_false(row_is_zero(&one));
  }
}

static void test_add_keeps_the_start(void **state)
{
  (void)state;
  struct row into = numbered(60, 10), add = numbered(120, -3);
  assert_int_equal(row_add(&into, &add, NULL), RESULT_OK);
  assert_int_equal(into.start, 60);
  for (size_t i = 0; i < METRIC_ADDITIVE; i++)
    assert_int_equal(into.columns[i], 7 + 2 * (int64_t)i);
}

static void test_add_refuses_what_is_not_exact(void **state)
{
  (void)state;
  static const struct {
    int64_t a, b;
    enum result result;
  } cases[] = {
      {ROW_SUM_MAX, 0, RESULT_OK},
      {ROW_SUM_MAX - 1, 1, RESULT_OK},
      {ROW_SUM_MAX, 1, RESULT_OUT_OF_RANGE},
      {-ROW_SUM_MAX, 0, RESULT_OK},
      {-ROW_SUM_MAX, -1, RESULT_OUT_OF_RANGE},
      {INT64_MAX, 1, RESULT_OUT_OF_RANGE},
      {INT64_MIN, -1, RESULT_OUT_OF_RANGE},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    for (size_t column = 0; column < METRIC_ADDITIVE; column++) {
      struct row into = row_zero(0), add = row_zero(0);
      struct err e = ERR_NONE;
      into.columns[column] = cases[i].a;
      add.columns[column] = cases[i].b;
      assert_int_equal(row_add(&into, &add, &e), cases[i].result);
      if (cases[i].result != RESULT_OK)
        assert_non_null(strstr(e.text, metric_table[column].name));
    }
}

static void test_equal(void **state)
{
  (void)state;
  struct row a = numbered(60, 1), b = a;
  assert_true(row_equal(&a, &b));
  b.start = 61;
  assert_false(row_equal(&a, &b));
  for (size_t i = 0; i < METRIC_ADDITIVE; i++) {
    b = a;
    b.columns[i]++;
    assert_false(row_equal(&a, &b));
  }
}

static void test_check(void **state)
{
  (void)state;
  struct row row = row_zero(0);
  row.columns[METRIC_gross_sales] = 10000;
  row.columns[METRIC_discounts] = 1500;
  row.columns[METRIC_returns] = 2000;
  row.columns[METRIC_taxes] = 1235;
  row.columns[METRIC_shipping] = 490;
  row.columns[METRIC_total_sales] = 8225;
  assert_int_equal(row_check(&row, NULL), RESULT_OK);
  row.columns[METRIC_total_sales] = 8226;
  assert_int_equal(row_check(&row, NULL), RESULT_CORRUPT);

  for (size_t i = 0; i < METRIC_ADDITIVE; i++) {
    row = row_zero(0);
    row.columns[i] = ROW_SUM_MAX + 1;
    assert_int_equal(row_check(&row, NULL), RESULT_OUT_OF_RANGE);
    row.columns[i] = -ROW_SUM_MAX - 1;
    assert_int_equal(row_check(&row, NULL), RESULT_OUT_OF_RANGE);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_zero),
      cmocka_unit_test(test_add_keeps_the_start),
      cmocka_unit_test(test_add_refuses_what_is_not_exact),
      cmocka_unit_test(test_equal),
      cmocka_unit_test(test_check),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
