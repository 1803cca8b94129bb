#include "domain/metric.h"

#include <string.h>

#include "domain/row.h"
#include "tests/unit/unit.h"

static void test_names(void **state)
{
  (void)state;
  static const char *const names[] = {
      "orders", "units_sold", "units_returned", "gross_sales", "discounts", "returns",
      "taxes",  "shipping",   "total_sales",    "refunds",     "refunded",
  };
  for (size_t i = 0; i < COUNT(names); i++) {
    assert_string_equal(metric_table[i].name, names[i]);
    assert_ptr_equal(metric_find(names[i]), &metric_table[i]);
    assert_true(metric_table[i].additive);
  }
  assert_ptr_equal(metric_find("net_sales"), &metric_table[METRIC_net_sales]);
  assert_ptr_equal(metric_find("average_order_value"), &metric_table[METRIC_average_order_value]);
  assert_null(metric_find("Orders"));
  assert_null(metric_find(""));
  assert_null(metric_find("order"));
}

static void test_every_metric_is_whole(void **state)
{
  (void)state;
  for (size_t i = 0; i < METRIC_ALL; i++) {
    const struct metric *metric = &metric_table[i];
    assert_true(metric->label[0] != '\0' && metric->formula[0] != '\0');
    assert_int_equal(metric->additive, i < METRIC_ADDITIVE);
    if (metric->additive)
      assert_true(metric->order_source[0] != '\0' || metric->refund_source[0] != '\0');
  }
}

static void test_date_basis(void **state)
{
  (void)state;
  assert_string_equal(metric_table[METRIC_orders].date_basis, "placed_at");
  assert_string_equal(metric_table[METRIC_returns].date_basis, "refunded_at");
  assert_string_equal(metric_table[METRIC_taxes].date_basis, "both");
  assert_string_equal(metric_table[METRIC_net_sales].date_basis, "both");
}

static void test_table_hash(void **state)
{
  (void)state;
  const char *hash = metric_table_hash();
  assert_int_equal(strlen(hash), 16);
  assert_int_equal(strspn(hash, "0123456789abcdef"), 16);
  assert_string_equal(metric_table_hash(), hash);
#ifndef ENABLE_EXTRA_METRIC
  /* hashlib.sha256 over "1\n" and the lines "name|order source|refund source\n": a change here means that
   * every merchant is re-cut after the update. */
  assert_string_equal(hash, "754447a1412ec9d7");
#endif
}

static void test_net_sales(void **state)
{
  (void)state;
  static const struct {
    int64_t gross, discounts, returns;
    enum result result;
    int64_t net;
  } cases[] = {
      {0, 0, 0, RESULT_OK, 0},
      {10000, 1500, 2000, RESULT_OK, 6500},
      {0, 0, 2000, RESULT_OK, -2000},
      {ROW_SUM_MAX, 0, 0, RESULT_OK, ROW_SUM_MAX},
      {0, ROW_SUM_MAX, 0, RESULT_OK, -ROW_SUM_MAX},
      {0, ROW_SUM_MAX, 1, RESULT_OUT_OF_RANGE, 0},
      {INT64_MIN, 1, 0, RESULT_OUT_OF_RANGE, 0},
      {INT64_MAX, -1, 0, RESULT_OUT_OF_RANGE, 0},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    int64_t columns[METRIC_ADDITIVE] = {[METRIC_gross_sales] = cases[i].gross,
                                        [METRIC_discounts] = cases[i].discounts,
                                        [METRIC_returns] = cases[i].returns};
    int64_t net = 0;
    assert_int_equal(metric_net_sales(columns, &net, NULL), cases[i].result);
    if (cases[i].result == RESULT_OK)
      assert_int_equal(net, cases[i].net);
  }
}

/* Values: round(Fraction(gross - discounts, orders)) in Python, which rounds half to even. */
static void test_average_order_value(void **state)
{
  (void)state;
  static const struct {
    int64_t gross, discounts, orders, numerator, value;
  } cases[] = {
      {0, 0, 0, 0, 0},         {500, 0, 0, 500, 0},
      {1000, 0, 4, 1000, 250}, {1001, 0, 2, 1001, 500},
      {1003, 0, 2, 1003, 502}, {1000, 1, 3, 999, 333},
      {1000, 0, 3, 1000, 333}, {2000, 0, 3, 2000, 667},
      {5, 0, 2, 5, 2},         {0, 5, 2, -5, -2},
      {0, 7, 2, -7, -4},       {ROW_SUM_MAX, 0, 2, ROW_SUM_MAX, INT64_C(4503599627370496)},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    int64_t columns[METRIC_ADDITIVE] = {[METRIC_gross_sales] = cases[i].gross,
                                        [METRIC_discounts] = cases[i].discounts,
                                        [METRIC_returns] = 77, /* returns play no part */
                                        [METRIC_orders] = cases[i].orders};
    struct metric_ratio ratio;
    assert_int_equal(metric_average_order_value(columns, &ratio, NULL), RESULT_OK);
    assert_int_equal(ratio.numerator, cases[i].numerator);
    assert_int_equal(ratio.denominator, cases[i].orders);
    assert_int_equal(ratio.value, cases[i].value);
  }
}

static void test_balance(void **state)
{
  (void)state;
  static const struct {
    int64_t gross, discounts, returns, taxes, shipping, total;
    bool balanced;
  } cases[] = {
      {0, 0, 0, 0, 0, 0, true},
      {10000, 1500, 2000, 1235, 490, 8225, true},
      {10000, 1500, 2000, 1235, 490, 8224, false},
      {0, 0, 2000, -380, -490, -2870, true},
      {0, 0, 0, 1, 0, 0, false},
      {INT64_MAX, INT64_MIN, 0, 0, 0, -1, false}, /* right only where arithmetic wraps */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    int64_t columns[METRIC_ADDITIVE] = {
        [METRIC_gross_sales] = cases[i].gross, [METRIC_discounts] = cases[i].discounts,
        [METRIC_returns] = cases[i].returns,   [METRIC_taxes] = cases[i].taxes,
        [METRIC_shipping] = cases[i].shipping, [METRIC_total_sales] = cases[i].total,
    };
    assert_int_equal(metric_balanced(columns), cases[i].balanced);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),      cmocka_unit_test(test_every_metric_is_whole),
      cmocka_unit_test(test_date_basis), cmocka_unit_test(test_table_hash),
      cmocka_unit_test(test_net_sales),  cmocka_unit_test(test_average_order_value),
      cmocka_unit_test(test_balance),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
