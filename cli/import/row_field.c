#include "cli/import/row_field.h"

#include <string.h>

const struct row_field_rule row_field_rules[ROW_FIELDS] = {
    [ROW_FIELD_REFERENCE] = {"reference", "reference", ROW_FIELD_TEXT},
    [ROW_FIELD_PLACED_AT] = {"placed_at", "placed_at", ROW_FIELD_TIME},
    [ROW_FIELD_CURRENCY] = {"currency", "currency", ROW_FIELD_TEXT},
    [ROW_FIELD_CUSTOMER_ID] = {"customer_id", "customer_id", ROW_FIELD_TEXT},
    [ROW_FIELD_CHANNEL] = {"channel", "channel", ROW_FIELD_TEXT},
    [ROW_FIELD_PAYMENT_METHOD] = {"payment_method", "payment_method", ROW_FIELD_TEXT},
    [ROW_FIELD_NOTE] = {"note", "note", ROW_FIELD_TEXT},
    [ROW_FIELD_ORDER_DISCOUNT] = {"order_discount", "discount", ROW_FIELD_MONEY},
    [ROW_FIELD_ORDER_TAX] = {"order_tax", "tax", ROW_FIELD_MONEY},
    [ROW_FIELD_SHIPPING] = {"shipping", "shipping", ROW_FIELD_MONEY},
    [ROW_FIELD_TOTAL] = {"total", "total", ROW_FIELD_MONEY},
    [ROW_FIELD_PRODUCT_ID] = {"product_id", "product_id", ROW_FIELD_TEXT},
    [ROW_FIELD_NAME] = {"name", "name", ROW_FIELD_TEXT},
    [ROW_FIELD_QUANTITY] = {"quantity", "quantity", ROW_FIELD_NUMBER},
    [ROW_FIELD_UNIT_PRICE] = {"unit_price", "unit_price", ROW_FIELD_MONEY},
    [ROW_FIELD_LINE_TOTAL] = {"line_total", NULL, ROW_FIELD_MONEY},
    [ROW_FIELD_DISCOUNT] = {"discount", "discount", ROW_FIELD_MONEY},
    [ROW_FIELD_TAX] = {"tax", "tax", ROW_FIELD_MONEY},
};

enum row_field row_field_find(const char *name)
{
  enum row_field field = 0;
  while (field < ROW_FIELDS && strcmp(row_field_rules[field].name, name) != 0)
    field++;
  return field;
}

enum row_field row_field_of_member(const char *member, bool of_line)
{
  enum row_field field = of_line ? ROW_FIELD_PRODUCT_ID : 0;
  enum row_field end = of_line ? ROW_FIELDS : ROW_FIELD_PRODUCT_ID;
  while (field < end &&
         (row_field_rules[field].member == NULL || strcmp(row_field_rules[field].member, member) != 0))
    field++;
  return field < end ? field : ROW_FIELD_NONE;
}
