#include "domain/order.h"

#include <string.h>

#include <glib.h>

#include "tests/unit/unit.h"

#define NOW_MS INT64_C(1795442337123) /* 2026-11-23T13:58:57.123Z */

static const char merchant_currencies[][4] = {"EUR", "JPY"};
static const struct order_terms live = {
    .currencies = merchant_currencies, .currency_count = 2, .now_ms = NOW_MS, .may_import = false};

/* Three lines: 3 x 5.00 - 1.00, 1 x 19.99, 2 x 0.00; order discount 3.40, shipping 4.90, tax 1.00 beside the
 * lines'. */
static void fill(struct order *order)
{
  order_init(order);
  strcpy(order->currency, "EUR");
  order->line_count = 3;
  order->lines = g_new0(struct order_line, 3);
  order->lines[0] = (struct order_line){.quantity = 3, .unit_price = 500, .discount = 100, .tax = 266};
  order->lines[1] = (struct order_line){.quantity = 1, .unit_price = 1999, .tax = 380};
  order->lines[2] = (struct order_line){.quantity = 2, .unit_price = 0};
  for (size_t i = 0; i < order->line_count; i++) {
    order->lines[i].product_id = g_strdup("SKU-1");
    order->lines[i].name = g_strdup("Blüte");
  }
  order->discount = 340;
  order->shipping = 490;
  order->tax = 100;
}

static void replace(char **text, const char *by)
{
  g_free(*text);
  *text = g_strdup(by);
}

static void totals_add_up(void **state)
{
  (void)state;
  struct order order;
  struct entry_totals totals;
  struct violations violations;
  fill(&order);
  violations_init(&violations);
  assert_true(order_check(&order, &live, &totals, &violations));
  assert_int_equal(totals.units, 6);
  assert_int_equal(totals.gross, 3499);    /* 1500 + 1999 + 0 */
  assert_int_equal(totals.discounts, 440); /* 100 + 340 */
  assert_int_equal(totals.goods, 3059);
  assert_int_equal(totals.tax, 746); /* 266 + 380 + 100 */
  assert_int_equal(totals.shipping, 490);
  assert_int_equal(totals.total, 4295);
  assert_int_equal(order.placed_at_ms, NOW_MS);
  assert_false(order.has_placed_at);
  order_clear(&order);
}

/* 340 over 1400 : 1999 : 0 of 3399: 140.04, 199.96, 0. */
static void the_order_discount_is_spread_over_the_lines(void **state)
{
  (void)state;
  struct order order;
  int64_t shares[3];
  fill(&order);
  order_spread_discount(&order, shares);
  assert_int_equal(shares[0], 140);
  assert_int_equal(shares[1], 200);
  assert_int_equal(shares[2], 0);
  assert_int_equal(order_line_net(&order.lines[0], shares[0]), 1260);
  assert_int_equal(order_line_net(&order.lines[1], shares[1]), 1799);
  assert_int_equal(order_line_net(&order.lines[2], shares[2]), 0);
  order_clear(&order);
}

/* One change to a good order, and the one violation it causes; NULL: none. */
struct fault {
  const char *name;
  void (*plant)(struct order *order);
  const char *code, *where;
};

static void no_change(struct order *o)
{
  (void)o;
}
static void no_currency(struct order *o)
{
  strcpy(o->currency, "");
}
static void no_such_currency(struct order *o)
{
  strcpy(o->currency, "XXX");
}
static void foreign_currency(struct order *o)
{
  strcpy(o->currency, "USD");
}
static void no_lines(struct order *o)
{
  for (size_t i = 0; i < o->line_count; i++) {
    g_free(o->lines[i].product_id);
    g_free(o->lines[i].name);
  }
  o->line_count = 0;
}
static void lines_201(struct order *o)
{
  o->lines = g_renew(struct order_line, o->lines, 201);
  memset(o->lines + 3, 0, 198 * sizeof *o->lines);
  o->line_count = 201;
}
static void quantity_zero(struct order *o)
{
  o->lines[2].quantity = 0;
}
static void quantity_above(struct order *o)
{
  o->lines[2].quantity = 1000001;
}
static void quantity_most(struct order *o)
{
  o->lines[2].quantity = 1000000;
}
static void price_negative(struct order *o)
{
  o->lines[1].unit_price = -5;
}
static void price_above(struct order *o)
{
  o->lines[1].unit_price = INT64_C(1000000000001);
}
static void price_most(struct order *o)
{
  *o = (struct order){.currency = "EUR", .lines = o->lines, .line_count = 3};
  o->lines[0].unit_price = o->lines[0].discount = o->lines[0].tax = o->lines[1].tax = 0;
  o->lines[1].unit_price = INT64_C(1000000000000);
}
static void product_above(struct order *o)
{
  o->lines[0].unit_price = INT64_C(333333333334); /* x 3 = 1000000000002 */
}
static void product_at_both_limits(struct order *o)
{
  o->lines[0].unit_price = INT64_C(1000000000000);
  o->lines[0].quantity = 1000000;
}
static void line_discount_above(struct order *o)
{
  o->lines[0].discount = 1501;
  o->discount = 0;
}
static void line_discount_whole(struct order *o)
{
  o->lines[0].discount = 1500;
}
static void order_discount_above(struct order *o)
{
  o->discount = 3400;
}
static void order_discount_whole(struct order *o)
{
  o->discount = 3399;
}
static void gross_above(struct order *o)
{
  o->lines[1].unit_price = o->lines[1].discount = INT64_C(1000000000000);
}
static void total_above(struct order *o)
{
  o->shipping = INT64_C(1000000000000);
}
static void total_right(struct order *o)
{
  o->has_total = true;
  o->total = 4295;
}
static void total_wrong(struct order *o)
{
  o->has_total = true;
  o->total = 4294;
}
static void no_product_id(struct order *o)
{
  replace(&o->lines[0].product_id, NULL);
}
static void product_id_blank(struct order *o)
{
  replace(&o->lines[0].product_id, "A 1");
}
static void product_id_64(struct order *o)
{
  replace(&o->lines[0].product_id, "0123456789012345678901234567890123456789012345678901234567890123");
}
static void product_id_65(struct order *o)
{
  replace(&o->lines[0].product_id, "01234567890123456789012345678901234567890123456789012345678901234");
}
static void name_empty(struct order *o)
{
  replace(&o->lines[1].name, "");
}
static void name_tab(struct order *o)
{
  replace(&o->lines[1].name, "a\tb");
}
static void name_not_utf8(struct order *o)
{
  replace(&o->lines[1].name, "\xc0\xaf");
}
static void name_c1(struct order *o)
{
  replace(&o->lines[1].name, "a\xc2\x85");
}
static void name_of(struct order *o, int characters)
{
  GString *text = g_string_new(NULL);
  for (int i = 0; i < characters; i++)
    g_string_append(text, "\xf0\x9f\x8c\xb7");
  g_free(o->lines[0].name);
  o->lines[0].name = g_string_free(text, FALSE);
}
static void name_200(struct order *o)
{
  name_of(o, 200);
}
static void name_201(struct order *o)
{
  name_of(o, 201);
}
static void reference_empty(struct order *o)
{
  replace(&o->reference, "");
}
static void reference_bad(struct order *o)
{
  replace(&o->reference, "a b");
}
static void reference_good(struct order *o)
{
  replace(&o->reference, "Shop-7/2026:11.23_#9@x+y");
}
static void note_empty(struct order *o)
{
  replace(&o->note, "");
}
static void note_markup(struct order *o)
{
  replace(&o->note, "<script>alert(1)</script>");
}
static void note_501(struct order *o)
{
  o->note = g_strnfill(501, 'x');
}
static void placed_5_min_ahead(struct order *o)
{
  o->has_placed_at = true;
  o->placed_at_ms = NOW_MS + 300000;
}
static void placed_too_far_ahead(struct order *o)
{
  o->has_placed_at = true;
  o->placed_at_ms = NOW_MS + 300001;
}
static void placed_90_days_back(struct order *o)
{
  o->has_placed_at = true;
  o->placed_at_ms = NOW_MS - INT64_C(7776000000);
}
static void placed_too_long_ago(struct order *o)
{
  o->has_placed_at = true;
  o->placed_at_ms = NOW_MS - INT64_C(7776000001);
}

#define FAULT(plant, code, where)                                                                            \
  {                                                                                                          \
#plant, plant, code, where                                                                               \
  }
static const struct fault faults[] = {
    FAULT(no_change, NULL, NULL),
    FAULT(no_currency, "invalid_currency", "/currency"),
    FAULT(no_such_currency, "invalid_currency", "/currency"),
    FAULT(foreign_currency, "invalid_currency", "/currency"),
    FAULT(no_lines, "invalid_field", "/lines"),
    FAULT(lines_201, "too_many_items", "/lines"),
    FAULT(quantity_zero, "out_of_range", "/lines/2/quantity"),
    FAULT(quantity_above, "out_of_range", "/lines/2/quantity"),
    FAULT(quantity_most, NULL, NULL),
    FAULT(price_negative, "out_of_range", "/lines/1/unit_price"),
    FAULT(price_above, "out_of_range", "/lines/1/unit_price"),
    FAULT(price_most, NULL, NULL),
    FAULT(product_above, "out_of_range", "/lines/0/unit_price"),
    FAULT(product_at_both_limits, "out_of_range", "/lines/0/unit_price"),
    FAULT(line_discount_above, "out_of_range", "/lines/0/discount"),
    FAULT(line_discount_whole, NULL, NULL),
    FAULT(order_discount_above, "out_of_range", "/discount"),
    FAULT(order_discount_whole, NULL, NULL),
    FAULT(gross_above, "out_of_range", "/lines"),
    FAULT(total_above, "out_of_range", "/lines"),
    FAULT(total_right, NULL, NULL),
    FAULT(total_wrong, "amount_mismatch", "/total"),
    FAULT(no_product_id, "invalid_field", "/lines/0/product_id"),
    FAULT(product_id_blank, "invalid_field", "/lines/0/product_id"),
    FAULT(product_id_64, NULL, NULL),
    FAULT(product_id_65, "invalid_field", "/lines/0/product_id"),
    FAULT(name_empty, "invalid_field", "/lines/1/name"),
    FAULT(name_tab, "invalid_field", "/lines/1/name"),
    FAULT(name_not_utf8, "invalid_field", "/lines/1/name"),
    FAULT(name_c1, "invalid_field", "/lines/1/name"),
    FAULT(name_200, NULL, NULL),
    FAULT(name_201, "invalid_field", "/lines/0/name"),
    FAULT(reference_empty, "invalid_field", "/reference"),
    FAULT(reference_bad, "invalid_field", "/reference"),
    FAULT(reference_good, NULL, NULL),
    FAULT(note_empty, NULL, NULL),
    FAULT(note_markup, NULL, NULL),
    FAULT(note_501, "invalid_field", "/note"),
    FAULT(placed_5_min_ahead, NULL, NULL),
    FAULT(placed_too_far_ahead, "timestamp_in_future", "/placed_at"),
    FAULT(placed_90_days_back, NULL, NULL),
    FAULT(placed_too_long_ago, "timestamp_too_old", "/placed_at"),
};

static void each_rule_names_its_field(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(faults); i++) {
    struct order order;
    struct entry_totals totals;
    struct violations violations;
    fill(&order);
    violations_init(&violations);
    faults[i].plant(&order);
    bool good = order_check(&order, &live, &totals, &violations);
    if (good != (faults[i].code == NULL) || violations.count != (good ? 0 : 1))
      fail_msg("%s: %zu violations", faults[i].name, violations.count);
    if (!good) {
      assert_string_equal(violations.items[0].code, faults[i].code);
      assert_string_equal(violations.items[0].where, faults[i].where);
    }
    violations_clear(&violations);
    order_clear(&order);
  }
}

static void an_import_reaches_back_to_1970(void **state)
{
  (void)state;
  struct order_terms terms = live;
  terms.may_import = true;
  for (int64_t placed_at_ms = -1; placed_at_ms <= 0; placed_at_ms++) {
    struct order order;
    struct entry_totals totals;
    struct violations violations;
    fill(&order);
    violations_init(&violations);
    order.has_placed_at = true;
    order.placed_at_ms = placed_at_ms;
    assert_int_equal(order_check(&order, &terms, &totals, &violations), placed_at_ms == 0);
    if (placed_at_ms < 0)
      assert_string_equal(violations.items[0].code, "timestamp_too_old");
    violations_clear(&violations);
    order_clear(&order);
  }
}

static void all_violations_come_at_once(void **state)
{
  (void)state;
  struct order order;
  struct entry_totals totals;
  struct violations violations;
  fill(&order);
  violations_init(&violations);
  foreign_currency(&order);
  quantity_zero(&order);
  price_negative(&order);
  line_discount_above(&order);
  reference_bad(&order);
  placed_too_long_ago(&order);
  assert_false(order_check(&order, &live, &totals, &violations));
  assert_int_equal(violations.count, 6);
  order_clear(&order);
  violations_clear(&violations);
}

/* What reading refused is not reported again, nor any rule that would need it. */
static void marked_fields_are_left_alone(void **state)
{
  (void)state;
  struct order order;
  struct entry_totals totals;
  struct violations violations;
  fill(&order);
  violations_init(&violations);
  total_wrong(&order);
  quantity_zero(&order);
  no_currency(&order);
  field_mark_faulty(&order_line_table, &order.lines[2], ORDER_LINE_QUANTITY);
  field_mark_faulty(&order_table, &order, ORDER_CURRENCY);
  assert_false(order_check(&order, &live, &totals, &violations));
  assert_int_equal(violations.count, 0);
  order_clear(&order);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(totals_add_up),
      cmocka_unit_test(the_order_discount_is_spread_over_the_lines),
      cmocka_unit_test(each_rule_names_its_field),
      cmocka_unit_test(an_import_reaches_back_to_1970),
      cmocka_unit_test(all_violations_come_at_once),
      cmocka_unit_test(marked_fields_are_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
