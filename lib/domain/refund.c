#include "domain/refund.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "base/mutant.h"

/* clang-format off */
static const struct field line_fields[] = {
    [REFUND_LINE_LINE] = {.name = "line", .type = FIELD_INTEGER, .required = true, .least = 1, .most = ORDER_LINES_MAX,
                          .offset = offsetof(struct refund_line, line), .given = FIELD_UNFLAGGED},
    [REFUND_LINE_QUANTITY] = {.name = "quantity", .type = FIELD_INTEGER, .required = true,
                              .least = 1, .most = ORDER_QUANTITY_MAX,
                              .offset = offsetof(struct refund_line, quantity), .given = FIELD_UNFLAGGED},
    [REFUND_LINE_GOODS] = {.name = "goods", .type = FIELD_INTEGER, .least = 0, .most = MONEY_AMOUNT_MAX,
                           .offset = offsetof(struct refund_line, goods),
                           .given = offsetof(struct refund_line, has_goods)},
    [REFUND_LINE_TAX] = {.name = "tax", .type = FIELD_INTEGER, .least = 0, .most = MONEY_AMOUNT_MAX,
                         .offset = offsetof(struct refund_line, tax), .given = offsetof(struct refund_line, has_tax)},
};

const struct field_table refund_line_table = {
    line_fields, G_N_ELEMENTS(line_fields), sizeof(struct refund_line), offsetof(struct refund_line, faults)};

static const struct field fields[] = {
    [REFUND_LINES] = {.name = "lines", .type = FIELD_LIST, .least = 1, .most = ORDER_LINES_MAX,
                      .offset = offsetof(struct refund, lines), .given = FIELD_UNFLAGGED,
                      .items = &refund_line_table, .items_count = offsetof(struct refund, line_count)},
    [REFUND_GOODS] = {.name = "goods", .type = FIELD_INTEGER, .least = 0, .most = MONEY_AMOUNT_MAX,
                      .offset = offsetof(struct refund, goods), .given = offsetof(struct refund, has_goods)},
    [REFUND_TAX] = {.name = "tax", .type = FIELD_INTEGER, .least = 0, .most = MONEY_AMOUNT_MAX,
                    .offset = offsetof(struct refund, tax), .given = FIELD_UNFLAGGED},
    [REFUND_SHIPPING] = {.name = "shipping", .type = FIELD_INTEGER, .least = 0, .most = MONEY_AMOUNT_MAX,
                         .offset = offsetof(struct refund, shipping), .given = FIELD_UNFLAGGED},
    [REFUND_REASON] = {.name = "reason", .type = FIELD_PROSE, .least = 1, .most = 200,
                       .offset = offsetof(struct refund, reason), .given = FIELD_UNFLAGGED},
    [REFUND_REFUNDED_AT] = {.name = "refunded_at", .type = FIELD_INSTANT,
                            .offset = offsetof(struct refund, refunded_at_ms),
                            .given = offsetof(struct refund, has_refunded_at)},
};
/* clang-format on */

const struct field_table refund_table = {fields, G_N_ELEMENTS(fields), sizeof(struct refund),
                                         offsetof(struct refund, faults)};

void refund_init(struct refund *refund)
{
  *refund = (struct refund){.lines = NULL};
}

void refund_clear(struct refund *refund)
{
  field_clear(&refund_table, refund);
}

void refund_rest_init(struct refund_rest *rest, const struct order *order, const struct entry_totals *totals)
{
  g_autofree int64_t *shares = g_new(int64_t, order->line_count);
  order_spread_discount(order, shares);
  *rest = (struct refund_rest){
      .line_count = order->line_count,
      .line_quantity = g_new(int64_t, order->line_count),
      .line_goods = g_new(int64_t, order->line_count),
      .line_tax = g_new(int64_t, order->line_count),
      .goods = totals->goods,
      .tax = totals->tax,
      .shipping = totals->shipping,
  };
  for (size_t i = 0; i < order->line_count; i++) {
    rest->line_quantity[i] = order->lines[i].quantity;
    rest->line_goods[i] = order_line_net(&order->lines[i], shares[i]);
    rest->line_tax[i] = order->lines[i].tax;
  }
}

void refund_rest_clear(struct refund_rest *rest)
{
  g_free(rest->line_quantity);
  g_free(rest->line_goods);
  g_free(rest->line_tax);
  *rest = (struct refund_rest){.line_count = 0};
}

/* *left -= taken, if that many are left. */
static bool take(int64_t *left, int64_t taken)
{
  if (taken < 0 || taken > *left)
    return false;
  *left -= taken;
  return true;
}

static bool take_line(struct refund_rest *rest, const struct refund_line *line)
{
  if (line->line < 1 || (uint64_t)line->line > rest->line_count)
    return false;
  size_t i = (size_t)line->line - 1;
  return take(&rest->line_quantity[i], line->quantity) && take(&rest->line_goods[i], line->goods) &&
         take(&rest->line_tax[i], line->tax);
}

enum result refund_rest_take(struct refund_rest *rest, const struct refund *refund,
                             const struct entry_totals *totals, struct err *e)
{
  for (size_t i = 0; i < refund->line_count; i++)
    if (!take_line(rest, &refund->lines[i]))
      return err_set(e, RESULT_CORRUPT, "a stored refund takes more of line %" PRId64 " than is left",
                     refund->lines[i].line);
  if (!take(&rest->goods, totals->goods) || !take(&rest->tax, totals->tax) ||
      !take(&rest->shipping, totals->shipping))
    return err_set(e, RESULT_CORRUPT, "a stored refund takes more of its order than is left");
  rest->refund_count++;
  return RESULT_OK;
}

/* What a refund is checked against. */
struct check {
  const struct order *order;
  const struct refund_rest *rest;
  struct violations *violations;
};

/* A part's default: what all units returned so far and now are worth together, rounded down, less what was
 * given back; so the last unit takes the rest. An earlier refund may have given more than its units were
 * worth: then nothing. */
static int64_t default_part(int64_t whole, int64_t left, int64_t returned, int64_t quantity)
{
  int64_t given = MUTANT("refund-forgets-earlier") ? 0 : whole - left;
  int64_t due = amount_mul_div_floor(whole, returned, quantity) - given;
  return MAX(due, 0);
}

/* What the lines of one refund have to share. */
struct sharing {
  const int64_t *shares; /* of the order's discount */
  bool *seen;            /* [line_count]: a line of this refund named the order's line before */
  int64_t goods, tax;    /* left of the whole order for defaults, beside what the refund itself says */
};

static void leave_for_defaults(const struct check *check, const struct refund *refund,
                               struct sharing *sharing)
{
  sharing->goods = check->rest->goods;
  sharing->tax = check->rest->tax;
  if (!field_faulty(&refund_table, refund, REFUND_TAX))
    sharing->tax -= refund->tax;
  for (size_t i = 0; i < refund->line_count; i++) {
    const struct refund_line *line = &refund->lines[i];
    if (line->has_goods && !field_faulty(&refund_line_table, line, REFUND_LINE_GOODS))
      sharing->goods -= line->goods;
    if (line->has_tax && !field_faulty(&refund_line_table, line, REFUND_LINE_TAX))
      sharing->tax -= line->tax;
  }
}

static int64_t take_default(int64_t due, int64_t *left)
{
  int64_t part = MIN(due, MAX(*left, 0));
  *left -= part;
  return part;
}

static void fill_defaults(const struct check *check, struct refund_line *line, struct sharing *sharing)
{
  size_t i = (size_t)line->line - 1;
  const struct order_line *sold = &check->order->lines[i];
  int64_t net = order_line_net(sold, sharing->shares[i]);
  int64_t returned = sold->quantity - check->rest->line_quantity[i] + line->quantity;
  if (!line->has_goods)
    line->goods = take_default(default_part(net, check->rest->line_goods[i], returned, sold->quantity),
                               &sharing->goods);
  if (!line->has_tax)
    line->tax = take_default(default_part(sold->tax, check->rest->line_tax[i], returned, sold->quantity),
                             &sharing->tax);
}

static bool within_rest(const struct check *check, const char *pointer, const char *name, int64_t asked,
                        int64_t left)
{
  if (asked <= left)
    return true;
  field_refuse(check->violations, pointer, name, "refund_too_large", "only %" PRId64 " is left", left);
  return false;
}

static bool check_line(const struct check *check, struct refund_line *line, const char *pointer,
                       struct sharing *sharing)
{
  uint32_t place_needs = 1u << REFUND_LINE_LINE;
  if ((line->faults & place_needs) != 0)
    return false;
  if ((uint64_t)line->line > check->order->line_count) {
    field_refuse(check->violations, pointer, "line", "out_of_range", "the order has only %zu lines",
                 check->order->line_count);
    return false;
  }
  size_t i = (size_t)line->line - 1;
  if (sharing->seen[i]) {
    field_refuse(check->violations, pointer, "line", "invalid_field", "names a line for the second time");
    return false;
  }
  sharing->seen[i] = true;
  if (field_faulty(&refund_line_table, line, REFUND_LINE_QUANTITY) ||
      !within_rest(check, pointer, "quantity", line->quantity, check->rest->line_quantity[i]))
    return false;
  fill_defaults(check, line, sharing);
  bool good = line->faults == 0;
  if (!field_faulty(&refund_line_table, line, REFUND_LINE_GOODS))
    good &= within_rest(check, pointer, "goods", line->goods, check->rest->line_goods[i]);
  if (!field_faulty(&refund_line_table, line, REFUND_LINE_TAX))
    good &= within_rest(check, pointer, "tax", line->tax, check->rest->line_tax[i]);
  return good;
}

static bool check_lines(const struct check *check, struct refund *refund)
{
  if (field_faulty(&refund_table, refund, REFUND_LINES))
    return false;
  if (refund->line_count > 0 && refund->has_goods) {
    field_refuse(check->violations, "", "goods", "invalid_field", "lines or goods, not both");
    return false;
  }
  g_autofree int64_t *shares = g_new(int64_t, check->order->line_count);
  g_autofree bool *seen = g_new0(bool, check->order->line_count);
  struct sharing sharing = {.shares = shares, .seen = seen};
  order_spread_discount(check->order, shares);
  leave_for_defaults(check, refund, &sharing);
  bool good = true;
  for (size_t i = 0; i < refund->line_count; i++) {
    char pointer[FIELD_POINTER_SIZE];
    snprintf(pointer, sizeof pointer, "/lines/%zu", i);
    good &= check_line(check, &refund->lines[i], pointer, &sharing);
  }
  return good;
}

static void compute_totals(const struct refund *refund, struct entry_totals *totals)
{
  *totals = (struct entry_totals){.goods = refund->goods, .tax = refund->tax, .shipping = refund->shipping};
  for (size_t i = 0; i < refund->line_count; i++) {
    totals->units += refund->lines[i].quantity;
    totals->goods += refund->lines[i].goods;
    totals->tax += refund->lines[i].tax;
  }
  totals->total = totals->goods + totals->tax + totals->shipping;
}

static void check_totals(const struct check *check, const struct refund *refund,
                         const struct entry_totals *totals)
{
  const char *tax_of = refund->tax > 0 || refund->line_count == 0 ? "tax" : "lines";
  within_rest(check, "", refund->has_goods ? "goods" : "lines", totals->goods, check->rest->goods);
  within_rest(check, "", tax_of, totals->tax, check->rest->tax);
  within_rest(check, "", "shipping", totals->shipping, check->rest->shipping);
  if (totals->total == 0)
    violations_add(check->violations, VIOLATION_POINTER, "out_of_range", "",
                   "a refund must give something back");
}

static void check_refunded_at(const struct check *check, struct refund *refund,
                              const struct refund_terms *terms)
{
  if (field_faulty(&refund_table, refund, REFUND_REFUNDED_AT))
    return;
  if (!refund->has_refunded_at) {
    refund->refunded_at_ms = MAX(terms->now_ms, terms->placed_at_ms);
    return;
  }
  if (refund->refunded_at_ms > terms->now_ms + ORDER_AHEAD_MS)
    field_refuse(check->violations, "", "refunded_at", "timestamp_in_future",
                 "must be at most 5 minutes ahead");
  else if (refund->refunded_at_ms < terms->placed_at_ms)
    field_refuse(check->violations, "", "refunded_at", "timestamp_too_old",
                 "must not be before the order's placed_at");
  else if (refund->refunded_at_ms < terms->now_ms - ORDER_BACK_MS && !terms->may_import)
    field_refuse(check->violations, "", "refunded_at", "timestamp_too_old",
                 "must be at most 90 days back; older refunds need the scope orders:import");
}

bool refund_check(struct refund *refund, const struct order *order, const struct refund_rest *rest,
                  const struct refund_terms *terms, struct entry_totals *totals,
                  struct violations *violations)
{
  const struct check check = {.order = order, .rest = rest, .violations = violations};
  size_t before = violations->count + violations->dropped;
  if (rest->refund_count >= ORDER_REFUNDS_MAX)
    violations_add(violations, VIOLATION_POINTER, "too_many_items", "", "an order has at most 1,000 refunds");
  field_check(&refund_table, refund, "", violations);
  bool lines_good = check_lines(&check, refund);
  uint32_t sums_need = 1u << REFUND_GOODS | 1u << REFUND_TAX | 1u << REFUND_SHIPPING;
  if (lines_good && (refund->faults & sums_need) == 0) {
    compute_totals(refund, totals);
    check_totals(&check, refund, totals);
  }
  check_refunded_at(&check, refund, terms);
  return lines_good && refund->faults == 0 && violations->count + violations->dropped == before;
}
