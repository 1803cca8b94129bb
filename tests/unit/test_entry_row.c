#include "domain/entry_row.h"

#include <string.h>

#include "tests/unit/unit.h"

static void test_order_and_refund(void **state)
{
  (void)state;
  static const struct entry_totals order = {
      .units = 3, .gross = 4000, .discounts = 500, .goods = 3500, .tax = 815, .shipping = 490, .total = 4805};
  static const struct entry_totals refund = {
      .units = 1, .goods = 1289, .tax = 266, .shipping = 100, .total = 1655};
  static const int64_t after_order[] = {1, 3, 0, 4000, 500, 0, 815, 490, 4805, 0, 0};
  static const int64_t after_both[] = {1, 3, 1, 4000, 500, 1289, 549, 390, 3150, 1, 1655};
  struct row row = row_zero(3600);
  assert_int_equal(entry_row_add(ENTRY_ORDER, &order, &row, NULL), RESULT_OK);
  assert_memory_equal(row.columns, after_order, sizeof after_order);
  assert_int_equal(row_check(&row, NULL), RESULT_OK);
  assert_int_equal(entry_row_add(ENTRY_REFUND, &refund, &row, NULL), RESULT_OK);
  assert_memory_equal(row.columns, after_both, sizeof after_both);
  assert_int_equal(row_check(&row, NULL), RESULT_OK);
  assert_int_equal(row.start, 3600);
#ifdef ENABLE_EXTRA_METRIC
  assert_int_equal(row.columns[METRIC_tax_refunded], 266);
#endif
}

static void test_out_of_range(void **state)
{
  (void)state;
  struct entry_totals order = {.gross = 1, .goods = 1, .total = 1};
  struct row row = row_zero(0);
  struct err e = ERR_NONE;
  row.columns[METRIC_gross_sales] = ROW_SUM_MAX;
  assert_int_equal(entry_row_add(ENTRY_ORDER, &order, &row, &e), RESULT_OUT_OF_RANGE);
  assert_non_null(strstr(e.text, "gross_sales"));
}

static void assert_amount(enum entry_kind kind, const struct entry_totals *totals, const char *metric,
                          int64_t expected)
{
  int64_t amount = 0;
  int id = (int)(metric_find(metric) - metric_table);
  assert_int_equal(entry_row_amount(kind, totals, id, &amount, NULL), RESULT_OK);
  if (amount != expected)
    fail_msg("%s of a kind-%d entry is %lld", metric, (int)kind, (long long)amount);
}

/* By hand from the definitions: what an order and a refund give to each metric. */
static void test_amounts(void **state)
{
  (void)state;
  static const struct entry_totals order = {
      .units = 3, .gross = 4000, .discounts = 500, .goods = 3500, .tax = 815, .shipping = 490, .total = 4805};
  static const struct entry_totals refund = {
      .units = 1, .goods = 1289, .tax = 266, .shipping = 100, .total = 1655};
  static const struct {
    const char *metric;
    int64_t of_order, of_refund;
  } cases[] = {
      {"orders", 1, 0},         {"units_sold", 3, 0},    {"units_returned", 0, 1},
      {"gross_sales", 4000, 0}, {"discounts", 500, 0},   {"returns", 0, 1289},
      {"taxes", 815, -266},     {"shipping", 490, -100}, {"total_sales", 4805, -1655},
      {"refunds", 0, 1},        {"refunded", 0, 1655},   {"net_sales", 3500, -1289},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_amount(ENTRY_ORDER, &order, cases[i].metric, cases[i].of_order);
    assert_amount(ENTRY_REFUND, &refund, cases[i].metric, cases[i].of_refund);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order_and_refund),
      cmocka_unit_test(test_amounts),
      cmocka_unit_test(test_out_of_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
