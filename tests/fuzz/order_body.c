#include "translation/order_json.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "tests/fuzz/fuzz.h"

#define NOW_MS INT64_C(1795442337123)

static const char currencies[][4] = {"EUR", "JPY"};

/* Every violation has a place, a known code and a sentence in which nothing of the request is repeated but
 * names. */
static void check_violations(const struct violations *violations)
{
  static const char *const codes[] = {"invalid_field",
                                      "unknown_field",
                                      "too_many_items",
                                      "out_of_range",
                                      "amount_mismatch",
                                      "invalid_currency",
                                      "invalid_timestamp",
                                      "timestamp_in_future",
                                      "timestamp_too_old",
                                      "refund_too_large",
                                      NULL};
  for (size_t i = 0; i < violations->count; i++) {
    const struct violation *violation = &violations->items[i];
    FUZZ_CHECK(violation->place == VIOLATION_POINTER);
    FUZZ_CHECK(violation->where[0] == '\0' || violation->where[0] == '/');
    FUZZ_CHECK(g_strv_contains(codes, violation->code));
    FUZZ_CHECK(violation->detail[0] != '\0' && g_str_is_ascii(violation->where) &&
               g_str_is_ascii(violation->detail));
  }
}

/* An accepted body holds nothing but texts and whole numbers: no point, no exponent outside of its strings.
 */
static void check_numbers(const uint8_t *data, size_t size)
{
  bool in_string = false;
  for (size_t i = 0; i < size; i++) {
    if (data[i] == '"')
      in_string = !in_string;
    else if (in_string && data[i] == '\\')
      i++;
    else
      FUZZ_CHECK(in_string || memchr(".eE", data[i], 3) == NULL);
  }
}

static void check_totals(const struct order *order, const struct entry_totals *totals)
{
  g_autofree int64_t *shares = g_new(int64_t, order->line_count);
  int64_t goods = 0, tax = order->tax, spread = 0;
  order_spread_discount(order, shares);
  for (size_t i = 0; i < order->line_count; i++) {
    int64_t net = order_line_net(&order->lines[i], shares[i]);
    FUZZ_CHECK(shares[i] >= 0 && net >= 0);
    spread += shares[i];
    goods += net;
    tax += order->lines[i].tax;
  }
  FUZZ_CHECK(spread == order->discount);
  FUZZ_CHECK(totals->goods == goods && totals->gross - totals->discounts == goods);
  FUZZ_CHECK(totals->tax == tax && totals->shipping == order->shipping);
  FUZZ_CHECK(totals->total == goods + tax + order->shipping);
  FUZZ_CHECK(totals->total >= 0 && totals->total <= MONEY_AMOUNT_MAX);
  FUZZ_CHECK(!order->has_total || order->total == totals->total);
}

static bool rest_empty(const struct refund_rest *rest)
{
  bool empty = rest->goods == 0 && rest->tax == 0 && rest->shipping == 0;
  for (size_t i = 0; i < rest->line_count; i++)
    empty &= rest->line_quantity[i] == 0 && rest->line_goods[i] == 0 && rest->line_tax[i] == 0;
  return empty;
}

/* Gives back of each line a share of what is left, with the defaults; with everything else when it is the
 * last refund. Only a refund of nothing is refused. Returns what it gave back. */
static int64_t give_back(const struct order *order, struct refund_rest *rest, bool last)
{
  const struct refund_terms terms = {.now_ms = NOW_MS, .placed_at_ms = order->placed_at_ms};
  struct refund refund = {.lines = g_new0(struct refund_line, order->line_count)};
  int64_t line_tax = 0;
  for (size_t i = 0; i < order->line_count; i++) {
    int64_t quantity = last ? rest->line_quantity[i] : (rest->line_quantity[i] + 1) / 2;
    line_tax += rest->line_tax[i];
    if (quantity > 0)
      refund.lines[refund.line_count++] = (struct refund_line){.line = (int64_t)i + 1, .quantity = quantity};
  }
  if (last) {
    refund.tax = rest->tax - line_tax;
    refund.shipping = rest->shipping;
  }
  struct entry_totals totals = {0};
  struct violations violations;
  violations_init(&violations);
  if (refund_check(&refund, order, rest, &terms, &totals, &violations)) {
    FUZZ_CHECK(refund_rest_take(rest, &refund, &totals, NULL) == RESULT_OK);
  } else {
    FUZZ_CHECK(violations.count == 1 && violations.items[0].where[0] == '\0' && totals.total == 0);
    totals = (struct entry_totals){0};
  }
  violations_clear(&violations);
  refund_clear(&refund);
  return totals.total;
}

/* Refunds with the defaults give back exactly what the order took. */
static void check_refunds(const struct order *order, const struct entry_totals *totals)
{
  struct refund_rest rest;
  refund_rest_init(&rest, order, totals);
  int64_t given = give_back(order, &rest, false);
  int64_t last = give_back(order, &rest, true);
  FUZZ_CHECK(given + last == totals->total);
  FUZZ_CHECK(last == 0 || rest_empty(&rest));
  refund_rest_clear(&rest);
}

static void try_order(struct json_object *body, const uint8_t *data, size_t size)
{
  const struct order_terms terms = {.currencies = currencies, .currency_count = 2, .now_ms = NOW_MS};
  struct order order;
  struct entry_totals totals;
  struct violations violations;
  order_init(&order);
  violations_init(&violations);
  bool read = order_json_read(body, &order, &violations);
  FUZZ_CHECK(read == (violations.count == 0));
  bool good = order_check(&order, &terms, &totals, &violations) && read;
  FUZZ_CHECK(good == (violations.count == 0));
  check_violations(&violations);
  if (good) {
    check_numbers(data, size);
    check_totals(&order, &totals);
    check_refunds(&order, &totals);
  }
  violations_clear(&violations);
  order_clear(&order);
}

/* The same bytes as a refund of some order. */
static void try_refund(struct json_object *body)
{
  struct order_line line = {.quantity = 3, .unit_price = 500, .tax = 200};
  const struct order order = {.currency = "EUR", .lines = &line, .line_count = 1, .shipping = 90};
  const struct entry_totals sold = {
      .units = 3, .gross = 1500, .goods = 1500, .tax = 200, .shipping = 90, .total = 1790};
  const struct refund_terms terms = {.now_ms = NOW_MS, .placed_at_ms = NOW_MS - 1000};
  struct refund refund;
  struct refund_rest rest;
  struct entry_totals totals;
  struct violations violations;
  refund_init(&refund);
  refund_rest_init(&rest, &order, &sold);
  violations_init(&violations);
  bool read = refund_json_read(body, &refund, &violations);
  bool good = refund_check(&refund, &order, &rest, &terms, &totals, &violations) && read;
  FUZZ_CHECK(good == (violations.count == 0));
  check_violations(&violations);
  if (good) {
    FUZZ_CHECK(totals.total > 0 && totals.total == totals.goods + totals.tax + totals.shipping);
    FUZZ_CHECK(refund_rest_take(&rest, &refund, &totals, NULL) == RESULT_OK);
  }
  violations_clear(&violations);
  refund_rest_clear(&rest);
  refund_clear(&refund);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct violations violations;
  violations_init(&violations);
  struct json_object *body = order_json_parse_body((const char *)data, size, &violations);
  FUZZ_CHECK((body == NULL) == (violations.count == 1));
  violations_clear(&violations);
  if (body == NULL)
    return 0;
  try_order(body, data, size);
  try_refund(body);
  json_object_put(body);
  return 0;
}
