/* refund: money given back for an order, its rules, and what is left of the order (docs/data.md, "Refund").
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/order.h"

/* The whole list is read with each refund and with the order. Amounts take no units, so that nothing else
 * bounds their number. */
#define ORDER_REFUNDS_MAX 1000

struct refund_line {
  int64_t line; /* 1-based number of the order's line */
  int64_t quantity;
  bool has_goods;
  int64_t goods; /* filled with the default when absent */
  bool has_tax;
  int64_t tax;     /* filled with the default when absent */
  uint32_t faults; /* see domain/field.h */
};

struct refund {
  struct refund_line *lines; /* lines or goods, not both */
  size_t line_count;
  bool has_goods;
  int64_t goods;
  int64_t tax; /* beside those of the lines */
  int64_t shipping;
  char *reason; /* owned; NULL when absent */
  bool has_refunded_at;
  int64_t refunded_at_ms; /* filled when absent: now, or placed_at where that lies ahead */
  uint32_t faults;
};

/* The body's members in the order of docs/data.md; the tables are indexed by these. */
enum refund_line_field { REFUND_LINE_LINE, REFUND_LINE_QUANTITY, REFUND_LINE_GOODS, REFUND_LINE_TAX };
enum refund_field {
  REFUND_LINES,
  REFUND_GOODS,
  REFUND_TAX,
  REFUND_SHIPPING,
  REFUND_REASON,
  REFUND_REFUNDED_AT,
};
extern const struct field_table refund_line_table;
extern const struct field_table refund_table;

void refund_init(struct refund *refund);
void refund_clear(struct refund *refund);

/* What is left of an order after the refunds so far. */
struct refund_rest {
  size_t line_count;
  int64_t *line_quantity; /* [line_count], each what no refund of the line took */
  int64_t *line_goods;    /* more may stand here than is left of the whole order, which is what can be had */
  int64_t *line_tax;
  int64_t goods; /* of the whole order: also what goods refunds took */
  int64_t tax;
  int64_t shipping;
  size_t refund_count; /* that were taken off */
};

/* The rest before any refund. Caller owns: refund_rest_clear. */
void refund_rest_init(struct refund_rest *rest, const struct order *order, const struct entry_totals *totals);
void refund_rest_clear(struct refund_rest *rest);

/* Takes a stored refund off. RESULT_CORRUPT when it takes more than is left. Their number does not matter
 * here: an order with too many can still be read. */
MUST_CHECK enum result refund_rest_take(struct refund_rest *rest, const struct refund *refund,
                                        const struct entry_totals *totals, struct err *e);

struct refund_terms {
  int64_t now_ms;
  bool may_import;
  int64_t placed_at_ms; /* the order's */
};

/* Checks every limit and every rule against what is left and how many refunds there are, fills the defaults,
 * computes totals. Answers as order_check. A refund may be checked again (against another rest): defaults are
 * computed anew. */
bool refund_check(struct refund *refund, const struct order *order, const struct refund_rest *rest,
                  const struct refund_terms *terms, struct entry_totals *totals,
                  struct violations *violations);
