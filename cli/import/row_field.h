/* row_field: what a row of a CSV or column file can say about an order and its line; one table. */
#pragma once

#include <stdbool.h>

enum row_field {
  ROW_FIELD_REFERENCE,
  ROW_FIELD_PLACED_AT,
  ROW_FIELD_CURRENCY,
  ROW_FIELD_CUSTOMER_ID,
  ROW_FIELD_CHANNEL,
  ROW_FIELD_PAYMENT_METHOD,
  ROW_FIELD_NOTE,
  ROW_FIELD_ORDER_DISCOUNT,
  ROW_FIELD_ORDER_TAX,
  ROW_FIELD_SHIPPING,
  ROW_FIELD_TOTAL,
  ROW_FIELD_PRODUCT_ID, /* the fields of a line begin here */
  ROW_FIELD_NAME,
  ROW_FIELD_QUANTITY,
  ROW_FIELD_UNIT_PRICE,
  ROW_FIELD_LINE_TOTAL,
  ROW_FIELD_DISCOUNT,
  ROW_FIELD_TAX,
  ROW_FIELDS
};

#define ROW_FIELD_NONE ROW_FIELDS

enum row_field_kind {
  ROW_FIELD_TEXT,
  ROW_FIELD_NUMBER, /* a whole number */
  ROW_FIELD_MONEY,  /* decimal text in major units */
  ROW_FIELD_TIME,   /* a date or an RFC 3339 instant */
};

struct row_field_rule {
  const char *name;   /* on the command line and in a header */
  const char *member; /* of the order body or of its line; NULL: it has none of its own */
  enum row_field_kind kind;
};

extern const struct row_field_rule row_field_rules[ROW_FIELDS];

/* The field of that name, or ROW_FIELD_NONE. */
enum row_field row_field_find(const char *name);

/* The field that stands for a member of the order body (of a line of it), or ROW_FIELD_NONE. */
enum row_field row_field_of_member(const char *member, bool of_line);
