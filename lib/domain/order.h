/* order: an order as a merchant sends it, its rules, and the totals that follow from it (docs/data.md,
 * "Order"). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/field.h"
#include "domain/money.h"
#include "domain/violations.h"

#define ORDER_LINES_MAX 200
#define ORDER_QUANTITY_MAX 1000000
#define ORDER_AHEAD_MS (INT64_C(5) * 60 * 1000)           /* placed_at: at most 5 min ahead */
#define ORDER_BACK_MS (INT64_C(90) * 24 * 60 * 60 * 1000) /* and 90 days back, without orders:import */
#define ENTRY_LATE_MS (INT64_C(2) * 60 * 60 * 1000) /* recorded this long after the business time: late */

struct order_line {
  char *product_id;
  char *name;
  int64_t quantity;
  int64_t unit_price;
  int64_t discount; /* for the whole line */
  int64_t tax;      /* for the whole line */
  uint32_t faults;  /* see domain/field.h */
};

/* What the merchant says. Strings are owned, UTF-8, NULL when absent. */
struct order {
  char currency[4];
  struct order_line *lines;
  size_t line_count;
  int64_t discount; /* of the order, beside those of the lines */
  int64_t shipping;
  int64_t tax; /* of the order, beside those of the lines */
  char *customer_id;
  char *channel;
  char *payment_method;
  char *reference;
  char *note;
  bool has_placed_at;
  int64_t placed_at_ms; /* business time; filled with now when absent */
  bool has_total;
  int64_t total; /* what the merchant thinks it comes to */
  uint32_t faults;
};

/* The body's members in the order of docs/data.md; the tables are indexed by these. */
enum order_line_field {
  ORDER_LINE_PRODUCT_ID,
  ORDER_LINE_NAME,
  ORDER_LINE_QUANTITY,
  ORDER_LINE_UNIT_PRICE,
  ORDER_LINE_DISCOUNT,
  ORDER_LINE_TAX,
};
enum order_field {
  ORDER_CURRENCY,
  ORDER_LINES,
  ORDER_DISCOUNT,
  ORDER_SHIPPING,
  ORDER_TAX,
  ORDER_CUSTOMER_ID,
  ORDER_CHANNEL,
  ORDER_PAYMENT_METHOD,
  ORDER_REFERENCE,
  ORDER_NOTE,
  ORDER_PLACED_AT,
  ORDER_TOTAL,
};
extern const struct field_table order_line_table;
extern const struct field_table order_table;

/* An entry's totals, stored at its top level: the sources of every metric. All >= 0, in minor units. */
struct entry_totals {
  int64_t units;
  int64_t gross;     /* orders: sum of unit_price x quantity */
  int64_t discounts; /* orders: of lines and order */
  int64_t goods;     /* refunds: goods value given back; orders: gross - discounts */
  int64_t tax;
  int64_t shipping;
  int64_t total; /* orders: charged; refunds: given back */
};

void order_init(struct order *order);
void order_clear(struct order *order);

/* What the rules need to know beside the order. */
struct order_terms {
  const char (*currencies)[4]; /* the merchant's */
  size_t currency_count;
  int64_t now_ms;
  bool may_import; /* scope orders:import: any time since 1970 */
};

/* Checks every limit and every rule, adds all violations, fills placed_at_ms with now when absent and
 * computes totals. Fields marked in `faults` were reported already: what needs them is not checked. Returns
 * true when nothing was added and nothing was marked; totals are undefined otherwise. */
bool order_check(struct order *order, const struct order_terms *terms, struct entry_totals *totals,
                 struct violations *violations);

/* The order's own discount spread over its lines: what each line is reduced by beyond its line discount.
 * Weights are the lines' values after line discount; largest remainder, ties to the lower line.
 * shares[line_count]. */
void order_spread_discount(const struct order *order, int64_t *shares);

/* A line's value after both discounts. */
int64_t order_line_net(const struct order_line *line, int64_t share);
