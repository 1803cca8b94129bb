/* metric: the one metric table.
 *
 * It drives the MongoDB pipeline, the Redis row, the JSON, the definitions route, the docs and the tests.
 * Adding an additive metric is one line in METRIC_TABLE. Changing the table changes metric_table_hash(), and
 * every merchant's rows are re-cut under the new table before they are served again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "base/err.h"

enum metric_unit { METRIC_COUNT, METRIC_MONEY };

/* X(name, label, unit, what an order adds, what a refund adds, the definition in words)
 * A source is "" (nothing), "+1" (the entry itself), or a sign and one of an entry's stored totals. */
#ifdef ENABLE_EXTRA_METRIC
#define METRIC_TABLE_EXTRA(X) X(tax_refunded, "Tax refunded", METRIC_MONEY, "", "+tax", "tax given back")
#else
#define METRIC_TABLE_EXTRA(X)
#endif

#define METRIC_TABLE(X)                                                                                      \
  X(orders, "Orders", METRIC_COUNT, "+1", "", "orders placed; a refunded order still happened")              \
  X(units_sold, "Units sold", METRIC_COUNT, "+units", "", "quantities of order lines")                       \
  X(units_returned, "Units returned", METRIC_COUNT, "", "+units", "quantities of refund lines")              \
  X(gross_sales, "Gross sales", METRIC_MONEY, "+gross", "",                                                  \
    "unit price x quantity of order lines, before discounts, tax and shipping")                              \
  X(discounts, "Discounts", METRIC_MONEY, "+discounts", "", "discounts of order lines and of whole orders")  \
  X(returns, "Returns", METRIC_MONEY, "", "+goods", "goods value refunded, on the refund's date")            \
  X(taxes, "Taxes", METRIC_MONEY, "+tax", "-tax", "tax charged - tax refunded")                              \
  X(shipping, "Shipping", METRIC_MONEY, "+shipping", "-shipping", "shipping charged - shipping refunded")    \
  X(total_sales, "Total sales", METRIC_MONEY, "+total", "-total",                                            \
    "stored totals of orders - stored totals of refunds")                                                    \
  X(refunds, "Refunds", METRIC_COUNT, "", "+1", "number of refunds")                                         \
  X(refunded, "Refunded", METRIC_MONEY, "", "+total", "money given back: goods, tax and shipping")           \
  METRIC_TABLE_EXTRA(X)

enum metric_id {
#define METRIC_ENUM(name, label, unit, order, refund, formula) METRIC_##name,
  METRIC_TABLE(METRIC_ENUM)
#undef METRIC_ENUM
      METRIC_ADDITIVE, /* how many columns a row has */
  METRIC_net_sales = METRIC_ADDITIVE,
  METRIC_average_order_value,
  METRIC_ALL, /* additive and derived ones together */
};

struct metric {
  const char *name;
  const char *label;
  enum metric_unit unit;
  bool additive;
  const char *order_source;  /* additive ones only */
  const char *refund_source; /* additive ones only */
  const char *formula;       /* in words, for definitions and docs */
  const char *date_basis;    /* "placed_at", "refunded_at" or "both" */
};

/* The table: METRIC_ALL elements, additive ones first, in column order. */
extern const struct metric metric_table[METRIC_ALL];

/* Raised whenever the meaning of a metric changes. */
#define METRIC_DEFINITIONS_VERSION 1

/* The metric of that name, or NULL. */
const struct metric *metric_find(const char *name);

/* 16 hex digits over names, sources and version of the additive metrics; the same text in every process that
 * was built from the same table. Thread-safe. */
const char *metric_table_hash(void);

/* The additive metrics that a metric is made of: bit m for metric m. An additive one is made of itself. */
uint32_t metric_made_of(int id);

/* Whether a sum lies in the range that every reader of JSON holds exactly: +-ROW_SUM_MAX (domain/row.h). */
bool metric_exact(int64_t sum);

/* net_sales of a row's columns: gross_sales - discounts - returns. RESULT_OUT_OF_RANGE when it leaves the
 * exact range. */
MUST_CHECK enum result metric_net_sales(const int64_t columns[METRIC_ADDITIVE], int64_t *out, struct err *e);

/* What a row's columns say of a metric that adds up: an additive one, or net_sales (then as above). */
MUST_CHECK enum result metric_amount(int id, const int64_t columns[METRIC_ADDITIVE], int64_t *out,
                                     struct err *e);

/* average_order_value: numerator (gross_sales - discounts), denominator (orders), value rounded half to even;
 * denominator 0 means undefined (null), and value is then 0. RESULT_OUT_OF_RANGE as above. */
struct metric_ratio {
  int64_t numerator;
  int64_t denominator;
  int64_t value;
};
MUST_CHECK enum result metric_average_order_value(const int64_t columns[METRIC_ADDITIVE],
                                                  struct metric_ratio *out, struct err *e);

/* The balance law: gross_sales - discounts - returns + taxes + shipping = total_sales. */
bool metric_balanced(const int64_t columns[METRIC_ADDITIVE]);
