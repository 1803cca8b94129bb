#include "domain/order.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "base/mutant.h"

/* clang-format off */
#define LINE(member, kind, need, low, high) \
  {.name = #member, .type = kind, .required = need, .least = low, .most = high, \
   .offset = offsetof(struct order_line, member), .given = FIELD_UNFLAGGED}
#define ORDER(member, kind, need, low, high) \
  {.name = #member, .type = kind, .required = need, .least = low, .most = high, \
   .offset = offsetof(struct order, member), .given = FIELD_UNFLAGGED}

static const struct field line_fields[] = {
    [ORDER_LINE_PRODUCT_ID] = LINE(product_id, FIELD_PRINTABLE, true, 1, 64),
    [ORDER_LINE_NAME] = LINE(name, FIELD_PROSE, true, 1, 200),
    [ORDER_LINE_QUANTITY] = LINE(quantity, FIELD_INTEGER, true, 1, ORDER_QUANTITY_MAX),
    [ORDER_LINE_UNIT_PRICE] = LINE(unit_price, FIELD_INTEGER, true, 0, MONEY_AMOUNT_MAX),
    [ORDER_LINE_DISCOUNT] = LINE(discount, FIELD_INTEGER, false, 0, MONEY_AMOUNT_MAX),
    [ORDER_LINE_TAX] = LINE(tax, FIELD_INTEGER, false, 0, MONEY_AMOUNT_MAX),
};

const struct field_table order_line_table = {
    line_fields, G_N_ELEMENTS(line_fields), sizeof(struct order_line), offsetof(struct order_line, faults)};

static const struct field fields[] = {
    [ORDER_CURRENCY] = ORDER(currency, FIELD_CURRENCY, true, 0, 0),
    [ORDER_LINES] = {.name = "lines", .type = FIELD_LIST, .required = true, .least = 1, .most = ORDER_LINES_MAX,
                     .offset = offsetof(struct order, lines), .given = FIELD_UNFLAGGED,
                     .items = &order_line_table, .items_count = offsetof(struct order, line_count)},
    [ORDER_DISCOUNT] = ORDER(discount, FIELD_INTEGER, false, 0, MONEY_AMOUNT_MAX),
    [ORDER_SHIPPING] = ORDER(shipping, FIELD_INTEGER, false, 0, MONEY_AMOUNT_MAX),
    [ORDER_TAX] = ORDER(tax, FIELD_INTEGER, false, 0, MONEY_AMOUNT_MAX),
    [ORDER_CUSTOMER_ID] = ORDER(customer_id, FIELD_CODE, false, 1, 64),
    [ORDER_CHANNEL] = ORDER(channel, FIELD_CODE, false, 1, 64),
    [ORDER_PAYMENT_METHOD] = ORDER(payment_method, FIELD_CODE, false, 1, 64),
    [ORDER_REFERENCE] = ORDER(reference, FIELD_CODE, false, 1, 64),
    [ORDER_NOTE] = ORDER(note, FIELD_PROSE, false, 0, 500),
    [ORDER_PLACED_AT] = {.name = "placed_at", .type = FIELD_INSTANT,
                         .offset = offsetof(struct order, placed_at_ms), .given = offsetof(struct order, has_placed_at)},
    [ORDER_TOTAL] = {.name = "total", .type = FIELD_INTEGER, .least = 0, .most = MONEY_AMOUNT_MAX,
                     .offset = offsetof(struct order, total), .given = offsetof(struct order, has_total)},
};
/* clang-format on */

const struct field_table order_table = {fields, G_N_ELEMENTS(fields), sizeof(struct order),
                                        offsetof(struct order, faults)};

void order_init(struct order *order)
{
  *order = (struct order){.currency = ""};
}

void order_clear(struct order *order)
{
  field_clear(&order_table, order);
}

static int64_t line_gross(const struct order_line *line)
{
  return line->unit_price * line->quantity; /* within 10^18: the limits of both hold */
}

int64_t order_line_net(const struct order_line *line, int64_t share)
{
  return line_gross(line) - line->discount - share;
}

void order_spread_discount(const struct order *order, int64_t *shares)
{
  g_autofree int64_t *weights = g_new(int64_t, order->line_count);
  for (size_t i = 0; i < order->line_count; i++)
    weights[i] = order_line_net(&order->lines[i], 0);
  money_spread(order->discount, weights, order->line_count, shares);
}

static bool order_faulty(const struct order *order, enum order_field field)
{
  return field_faulty(&order_table, order, field);
}

static void check_currency(const struct order *order, const struct order_terms *terms,
                           struct violations *violations)
{
  if (order_faulty(order, ORDER_CURRENCY))
    return;
  for (size_t i = 0; i < terms->currency_count; i++)
    if (strcmp(terms->currencies[i], order->currency) == 0)
      return;
  field_refuse(violations, "", "currency", "invalid_currency", "is not a currency of this merchant");
}

/* Whether the line's amounts are known and its rules hold, so that sums over the lines make sense. */
static bool check_line(const struct order_line *line, size_t index, struct violations *violations)
{
  uint32_t value_needs = 1u << ORDER_LINE_QUANTITY | 1u << ORDER_LINE_UNIT_PRICE;
  uint32_t sums_need = value_needs | 1u << ORDER_LINE_DISCOUNT | 1u << ORDER_LINE_TAX;
  if ((line->faults & value_needs) != 0)
    return false;
  char pointer[FIELD_POINTER_SIZE];
  snprintf(pointer, sizeof pointer, "/lines/%zu", index);
  if (line_gross(line) > MONEY_AMOUNT_MAX) {
    field_refuse(violations, pointer, "unit_price", "out_of_range",
                 "times the quantity must not exceed %" PRId64 " minor units", MONEY_AMOUNT_MAX);
    return false;
  }
  if ((line->faults & sums_need) != 0)
    return false;
  if (line->discount > line_gross(line)) {
    field_refuse(violations, pointer, "discount", "out_of_range",
                 "must not exceed unit_price times quantity");
    return false;
  }
  return true;
}

static bool check_lines(const struct order *order, struct violations *violations)
{
  if (order_faulty(order, ORDER_LINES))
    return false;
  bool good = true;
  for (size_t i = 0; i < order->line_count; i++)
    good &= check_line(&order->lines[i], i, violations);
  return good;
}

/* No sum can overflow: 200 lines of at most 10^12 each. */
static void compute_totals(const struct order *order, struct entry_totals *totals)
{
  *totals =
      (struct entry_totals){.discounts = order->discount, .tax = order->tax, .shipping = order->shipping};
  for (size_t i = 0; i < order->line_count; i++) {
    const struct order_line *line = &order->lines[i];
    totals->units += line->quantity;
    totals->gross += line_gross(line);
    totals->discounts += line->discount;
    totals->tax += line->tax;
  }
  totals->goods = totals->gross - totals->discounts;
  totals->total = totals->goods + totals->tax + totals->shipping;
}

static void check_totals(const struct order *order, const struct entry_totals *totals,
                         struct violations *violations)
{
  if (totals->goods < 0)
    field_refuse(violations, "", "discount", "out_of_range", "must not exceed what the lines come to");
  else if (totals->gross > MONEY_AMOUNT_MAX)
    field_refuse(violations, "", "lines", "out_of_range",
                 "the lines must not come to more than %" PRId64 " minor units before discounts",
                 MONEY_AMOUNT_MAX);
  else if (totals->total > MONEY_AMOUNT_MAX)
    field_refuse(violations, "", "lines", "out_of_range",
                 "the order's total must not exceed %" PRId64 " minor units", MONEY_AMOUNT_MAX);
  else if (order->has_total && !order_faulty(order, ORDER_TOTAL) && order->total != totals->total &&
           !MUTANT("order-believes-totals"))
    field_refuse(violations, "", "total", "amount_mismatch", "the order comes to %" PRId64 " minor units",
                 totals->total);
}

static void check_placed_at(struct order *order, const struct order_terms *terms,
                            struct violations *violations)
{
  if (order_faulty(order, ORDER_PLACED_AT))
    return;
  if (!order->has_placed_at)
    order->placed_at_ms = terms->now_ms;
  int64_t oldest = terms->may_import ? 0 : terms->now_ms - ORDER_BACK_MS;
  if (order->placed_at_ms > terms->now_ms + ORDER_AHEAD_MS)
    field_refuse(violations, "", "placed_at", "timestamp_in_future", "must be at most 5 minutes ahead");
  else if (order->placed_at_ms < oldest)
    field_refuse(violations, "", "placed_at", "timestamp_too_old", "%s",
                 terms->may_import
                     ? "must not be before 1970"
                     : "must be at most 90 days back; older orders need the scope orders:import");
}

bool order_check(struct order *order, const struct order_terms *terms, struct entry_totals *totals,
                 struct violations *violations)
{
  size_t before = violations->count + violations->dropped;
  field_check(&order_table, order, "", violations);
  check_currency(order, terms, violations);
  bool lines_good = check_lines(order, violations);
  uint32_t sums_need = 1u << ORDER_DISCOUNT | 1u << ORDER_SHIPPING | 1u << ORDER_TAX;
  if (lines_good && (order->faults & sums_need) == 0) {
    compute_totals(order, totals);
    check_totals(order, totals, violations);
  }
  check_placed_at(order, terms, violations);
  return lines_good && order->faults == 0 && violations->count + violations->dropped == before;
}
