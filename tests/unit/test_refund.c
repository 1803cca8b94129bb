#include "domain/refund.h"

#include <string.h>

#include <glib.h>

#include "tests/unit/unit.h"

#define NOW_MS INT64_C(1795442337123) /* 2026-11-23T13:58:57.123Z */
#define PLACED_MS (NOW_MS - 86400000)

static const struct refund_terms live = {.now_ms = NOW_MS, .placed_at_ms = PLACED_MS, .may_import = false};

/* An order of 3 x 5.00 less 0.50 with 2.00 tax, and 2 x 4.00 with 1.01 tax; discount of the order 1.00, which
 * spreads as 0.64 and 0.36 over 14.50 and 8.00 (64.4, 35.6: the cent left over goes to the second line);
 * shipping 4.90. So the lines are worth 13.86 and 7.64. */
struct sale {
  struct order_line lines[2];
  struct order order;
  struct entry_totals totals;
  struct refund_rest rest;
};

static void sell(struct sale *sale)
{
  *sale = (struct sale){.lines = {{.quantity = 3, .unit_price = 500, .discount = 50, .tax = 200},
                                  {.quantity = 2, .unit_price = 400, .tax = 101}}};
  sale->order = (struct order){
      .currency = "EUR", .lines = sale->lines, .line_count = 2, .discount = 100, .shipping = 490, .tax = 30};
  sale->totals = (struct entry_totals){
      .units = 5, .gross = 2300, .discounts = 150, .goods = 2150, .tax = 331, .shipping = 490, .total = 2971};
  refund_rest_init(&sale->rest, &sale->order, &sale->totals);
}

/* Refunds of one sale, one after the other: lines are {line, quantity}; `goods`, `tax` of a line -1: the
 * default. */
struct step {
  size_t line_count;
  struct {
    int64_t line, quantity, goods, tax;
  } lines[2];
  int64_t goods, tax, shipping; /* of the refund; goods -1: not given */
  const char *code, *where;     /* of the one violation expected; NULL: none */
  struct entry_totals totals;   /* expected */
};

static void build(const struct step *step, struct refund *refund, struct refund_line *lines)
{
  *refund = (struct refund){.lines = lines,
                            .line_count = step->line_count,
                            .has_goods = step->goods >= 0,
                            .goods = MAX(step->goods, 0),
                            .tax = step->tax,
                            .shipping = step->shipping};
  for (size_t i = 0; i < step->line_count; i++)
    lines[i] = (struct refund_line){.line = step->lines[i].line,
                                    .quantity = step->lines[i].quantity,
                                    .has_goods = step->lines[i].goods >= 0,
                                    .goods = MAX(step->lines[i].goods, 0),
                                    .has_tax = step->lines[i].tax >= 0,
                                    .tax = MAX(step->lines[i].tax, 0)};
}

static void expect_totals(const struct entry_totals *got, const struct entry_totals *expected)
{
  assert_int_equal(got->units, expected->units);
  assert_int_equal(got->gross, 0);
  assert_int_equal(got->discounts, 0);
  assert_int_equal(got->goods, expected->goods);
  assert_int_equal(got->tax, expected->tax);
  assert_int_equal(got->shipping, expected->shipping);
  assert_int_equal(got->total, expected->total);
}

static void run(struct sale *sale, const struct step *steps, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    struct refund refund;
    struct refund_line lines[2];
    struct entry_totals totals;
    struct violations violations;
    violations_init(&violations);
    build(&steps[i], &refund, lines);
    bool good = refund_check(&refund, &sale->order, &sale->rest, &live, &totals, &violations);
    if (good != (steps[i].code == NULL) || violations.count != (good ? 0 : 1))
      fail_msg("step %zu: %zu violations, first at %s", i, violations.count,
               violations.count > 0 ? violations.items[0].where : "-");
    if (good) {
      expect_totals(&totals, &steps[i].totals);
      assert_int_equal(refund_rest_take(&sale->rest, &refund, &totals, NULL), RESULT_OK);
    } else {
      assert_string_equal(violations.items[0].code, steps[i].code);
      assert_string_equal(violations.items[0].where, steps[i].where);
    }
    violations_clear(&violations);
  }
}

/* Line 1: 1386 / 3 = 462 each, tax 200 / 3: 66, 67 (133 - 66), 67 (200 - 133).
 * Line 2: 764 / 2 = 382 each, tax 101 / 2: 50, then the rest 51. */
static void the_last_unit_takes_the_rest(void **state)
{
  (void)state;
  static const struct step steps[] = {
      {1, {{1, 1, -1, -1}}, -1, 0, 0, NULL, NULL, {.units = 1, .goods = 462, .tax = 66, .total = 528}},
      {1, {{1, 1, -1, -1}}, -1, 0, 0, NULL, NULL, {.units = 1, .goods = 462, .tax = 67, .total = 529}},
      {2,
       {{1, 1, -1, -1}, {2, 1, -1, -1}},
       -1,
       0,
       490,
       NULL,
       NULL,
       {.units = 2, .goods = 844, .tax = 117, .shipping = 490, .total = 1451}},
      {1, {{2, 1, -1, -1}}, -1, 30, 0, NULL, NULL, {.units = 1, .goods = 382, .tax = 81, .total = 463}},
  };
  struct sale sale;
  sell(&sale);
  run(&sale, steps, COUNT(steps));
  assert_int_equal(sale.rest.goods, 0);
  assert_int_equal(sale.rest.tax, 0);
  assert_int_equal(sale.rest.shipping, 0);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(sale.rest.line_quantity[i], 0);
    assert_int_equal(sale.rest.line_goods[i], 0);
    assert_int_equal(sale.rest.line_tax[i], 0);
  }
  refund_rest_clear(&sale.rest);
}

/* 10.00 given for the first unit: the next default is 924 - 1000, so nothing; the last takes 1386 - 1000. */
static void a_generous_first_refund_leaves_less(void **state)
{
  (void)state;
  static const struct step steps[] = {
      {1, {{1, 1, 1000, 0}}, -1, 0, 0, NULL, NULL, {.units = 1, .goods = 1000, .total = 1000}},
      {1, {{1, 1, -1, -1}}, -1, 0, 0, NULL, NULL, {.units = 1, .goods = 0, .tax = 133, .total = 133}},
      {1, {{1, 1, -1, -1}}, -1, 0, 0, NULL, NULL, {.units = 1, .goods = 386, .tax = 67, .total = 453}},
  };
  struct sale sale;
  sell(&sale);
  run(&sale, steps, COUNT(steps));
  refund_rest_clear(&sale.rest);
}

static void no_part_exceeds_what_is_left_of_it(void **state)
{
  (void)state;
  static const struct step steps[] = {
      {1, {{1, 4, -1, -1}}, -1, 0, 0, "refund_too_large", "/lines/0/quantity", {0}},
      {1, {{1, 1, 1387, -1}}, -1, 0, 0, "refund_too_large", "/lines/0/goods", {0}},
      {1, {{2, 1, -1, 102}}, -1, 0, 0, "refund_too_large", "/lines/0/tax", {0}},
      {0, {{0}}, 2151, 0, 0, "refund_too_large", "/goods", {0}},
      {0, {{0}}, -1, 332, 0, "refund_too_large", "/tax", {0}},
      {0, {{0}}, -1, 0, 491, "refund_too_large", "/shipping", {0}},
      {0, {{0}}, 2000, 0, 0, NULL, NULL, {.goods = 2000, .total = 2000}},
      {0, {{0}}, 151, 0, 0, "refund_too_large", "/goods", {0}},
      {1, {{1, 1, 151, -1}}, -1, 0, 0, "refund_too_large", "/lines", {0}},
      {1, {{1, 1, 150, -1}}, -1, 0, 0, NULL, NULL, {.units = 1, .goods = 150, .tax = 66, .total = 216}},
      {0, {{0}}, 0, 265, 490, NULL, NULL, {.tax = 265, .shipping = 490, .total = 755}},
      {0, {{0}}, -1, 0, 1, "refund_too_large", "/shipping", {0}},
  };
  struct sale sale;
  sell(&sale);
  run(&sale, steps, COUNT(steps));
  refund_rest_clear(&sale.rest);
}

/* After 1900 of 2150, and 150 of the tax of 331, 250 and 181 are left. Beside a stated 100 the first line's
 * default of 462 is cut to 150. Of the tax then left, 131, the refund states 1: the first line's default of
 * 200 is cut to 130, and the second line's of 51 to nothing. */
static void defaults_take_no_more_than_is_left_of_the_order(void **state)
{
  (void)state;
  static const struct step steps[] = {
      {0, {{0}}, 1900, 150, 0, NULL, NULL, {.goods = 1900, .tax = 150, .total = 2050}},
      {2,
       {{1, 1, -1, 0}, {2, 1, 100, 50}},
       -1,
       0,
       0,
       NULL,
       NULL,
       {.units = 2, .goods = 250, .tax = 50, .total = 300}},
      {2, {{1, 2, -1, -1}, {2, 1, -1, -1}}, -1, 1, 0, NULL, NULL, {.units = 3, .tax = 131, .total = 131}},
  };
  struct sale sale;
  sell(&sale);
  run(&sale, steps, COUNT(steps));
  assert_int_equal(sale.rest.goods, 0);
  assert_int_equal(sale.rest.tax, 0);
  refund_rest_clear(&sale.rest);
}

static void senseless_refunds_are_refused(void **state)
{
  (void)state;
  static const struct step steps[] = {
      {0, {{0}}, -1, 0, 0, "out_of_range", "", {0}},
      {0, {{0}}, 0, 0, 0, "out_of_range", "", {0}},
      {1, {{1, 1, 0, 0}}, -1, 0, 0, "out_of_range", "", {0}},
      {1, {{1, 1, -1, -1}}, 100, 0, 0, "invalid_field", "/goods", {0}},
      {1, {{3, 1, -1, -1}}, -1, 0, 0, "out_of_range", "/lines/0/line", {0}},
      {1, {{0, 1, -1, -1}}, -1, 0, 0, "out_of_range", "/lines/0/line", {0}},
      {1, {{1, 0, -1, -1}}, -1, 0, 0, "out_of_range", "/lines/0/quantity", {0}},
      {2, {{1, 1, -1, -1}, {1, 1, -1, -1}}, -1, 0, 0, "invalid_field", "/lines/1/line", {0}},
      {0, {{0}}, -1, -1, 10, "out_of_range", "/tax", {0}},
      {0, {{0}}, -1, 10, -1, "out_of_range", "/shipping", {0}},
      {0, {{0}}, INT64_C(1000000000001), 0, 0, "out_of_range", "/goods", {0}},
  };
  struct sale sale;
  sell(&sale);
  run(&sale, steps, COUNT(steps));
  refund_rest_clear(&sale.rest);
}

static void a_refund_is_not_before_its_order_nor_ahead(void **state)
{
  (void)state;
  static const struct {
    int64_t at_ms;
    bool may_import;
    int64_t placed_at_ms;
    const char *code;
  } cases[] = {
      {NOW_MS, false, PLACED_MS, NULL},
      {PLACED_MS, false, PLACED_MS, NULL},
      {PLACED_MS - 1, false, PLACED_MS, "timestamp_too_old"},
      {PLACED_MS - 1, true, PLACED_MS, "timestamp_too_old"},
      {NOW_MS + 300000, false, PLACED_MS, NULL},
      {NOW_MS + 300001, true, PLACED_MS, "timestamp_in_future"},
      {NOW_MS - INT64_C(7776000000), false, 0, NULL},
      {NOW_MS - INT64_C(7776000001), false, 0, "timestamp_too_old"},
      {NOW_MS - INT64_C(7776000001), true, 0, NULL},
  };
  struct sale sale;
  sell(&sale);
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct refund refund = {
        .has_goods = true, .goods = 1, .has_refunded_at = true, .refunded_at_ms = cases[i].at_ms};
    struct refund_terms terms = {NOW_MS, cases[i].may_import, cases[i].placed_at_ms};
    struct entry_totals totals;
    struct violations violations;
    violations_init(&violations);
    assert_int_equal(refund_check(&refund, &sale.order, &sale.rest, &terms, &totals, &violations),
                     cases[i].code == NULL);
    if (cases[i].code != NULL)
      assert_string_equal(violations.items[0].code, cases[i].code);
    violations_clear(&violations);
  }
  refund_rest_clear(&sale.rest);
}

/* An order may be placed 5 minutes ahead; its refund of now is then dated as the order is. */
static void a_refund_without_time_is_of_now(void **state)
{
  (void)state;
  struct sale sale;
  sell(&sale);
  for (int64_t ahead_ms = -1000; ahead_ms <= 1000; ahead_ms += 1000) {
    struct refund refund = {.shipping = 490};
    struct refund_terms terms = {NOW_MS, false, NOW_MS + ahead_ms};
    struct entry_totals totals;
    struct violations violations;
    violations_init(&violations);
    assert_true(refund_check(&refund, &sale.order, &sale.rest, &terms, &totals, &violations));
    assert_int_equal(refund.refunded_at_ms, ahead_ms > 0 ? NOW_MS + 1000 : NOW_MS);
  }
  refund_rest_clear(&sale.rest);
}

static void a_stored_refund_beyond_the_rest_is_corrupt(void **state)
{
  (void)state;
  static const struct {
    struct refund_line line;
    struct entry_totals totals;
  } cases[] = {
      {{.line = 1, .quantity = 4}, {0}},
      {{.line = 1, .quantity = 1, .goods = 1387}, {.goods = 1387}},
      {{.line = 2, .quantity = 1, .tax = 102}, {.tax = 102}},
      {{.line = 3, .quantity = 1}, {0}},
      {{.line = 0, .quantity = 1}, {0}},
      {{.line = 1, .quantity = -1}, {0}},
      {{.line = 1, .quantity = 1}, {.goods = 2151}},
      {{.line = 1, .quantity = 1}, {.tax = 332}},
      {{.line = 1, .quantity = 1}, {.shipping = 491}},
      {{.line = 1, .quantity = 1}, {.shipping = -1}},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct sale sale;
    sell(&sale);
    struct refund_line line = cases[i].line;
    const struct refund refund = {.lines = &line, .line_count = 1};
    assert_int_equal(refund_rest_take(&sale.rest, &refund, &cases[i].totals, NULL), RESULT_CORRUPT);
    refund_rest_clear(&sale.rest);
  }
}

/* Of an amount, and so small that what is left would do for more of them. */
static void an_order_has_so_many_refunds_and_no_more(void **state)
{
  (void)state;
  static const struct step cent = {0, {{0}}, 1, 0, 0, NULL, NULL, {.goods = 1, .total = 1}};
  static const struct step refused[] = {
      {0, {{0}}, 1, 0, 0, "too_many_items", "", {0}},
      {1, {{1, 1, -1, -1}}, -1, 0, 0, "too_many_items", "", {0}},
  };
  struct sale sale;
  sell(&sale);
  for (int i = 0; i < ORDER_REFUNDS_MAX; i++)
    run(&sale, &cent, 1);
  assert_int_equal(sale.rest.goods, 2150 - 1000);
  run(&sale, refused, COUNT(refused));
  refund_rest_clear(&sale.rest);
}

/* Such an order can still be read. */
static void a_stored_refund_beyond_their_number_is_taken(void **state)
{
  (void)state;
  static const struct entry_totals cent = {.goods = 1, .total = 1};
  const struct refund refund = {.has_goods = true, .goods = 1};
  struct sale sale;
  sell(&sale);
  for (int i = 0; i < 1001; i++)
    assert_int_equal(refund_rest_take(&sale.rest, &refund, &cent, NULL), RESULT_OK);
  assert_int_equal(sale.rest.goods, 2150 - 1001);
  refund_rest_clear(&sale.rest);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_last_unit_takes_the_rest),
      cmocka_unit_test(a_generous_first_refund_leaves_less),
      cmocka_unit_test(no_part_exceeds_what_is_left_of_it),
      cmocka_unit_test(defaults_take_no_more_than_is_left_of_the_order),
      cmocka_unit_test(senseless_refunds_are_refused),
      cmocka_unit_test(a_refund_is_not_before_its_order_nor_ahead),
      cmocka_unit_test(a_refund_without_time_is_of_now),
      cmocka_unit_test(a_stored_refund_beyond_the_rest_is_corrupt),
      cmocka_unit_test(an_order_has_so_many_refunds_and_no_more),
      cmocka_unit_test(a_stored_refund_beyond_their_number_is_taken),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
