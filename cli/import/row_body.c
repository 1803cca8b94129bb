#include "cli/import/row_body.h"

#include <string.h>

#include "cli/import/split.h"
#include "domain/instant.h"
#include "domain/money.h"
#include "domain/order.h"

/* More lines than an order may have, so that the rules refuse it; beyond that nothing is kept. */
#define LINES_KEPT (ORDER_LINES_MAX + 1)

void row_body_init(struct row_body *body, const struct rows_terms *terms, const char *reference)
{
  *body = (struct row_body){.terms = terms, .exponent = -1};
  body->order = json_object_new_object();
  body->lines = json_object_new_array();
  json_object_object_add(body->order, "reference", json_object_new_string(reference));
}

void row_body_finish(struct row_body *body, struct draft *draft)
{
  json_object_object_add(body->order, "lines", body->lines);
  draft->body = body->order;
  for (enum row_field field = 0; field < ROW_FIELD_PRODUCT_ID; field++)
    g_free(body->first[field]);
}

/* ---- one cell ---- */

static bool read_number(struct draft *draft, const struct cells *row, enum row_field field, const char *text,
                        int exponent, int64_t *out)
{
  struct err e = ERR_NONE;
  if (money_parse(text, strlen(text), exponent, out, &e) == RESULT_OK)
    return true;
  draft_fault_err(draft, row->line, row_field_rules[field].name, NULL, &e);
  return false;
}

/* An absent amount is 0. */
static bool read_amount(const struct row_body *body, struct draft *draft, const struct cells *row,
                        enum row_field field, int64_t *out)
{
  const char *text = mapping_get(body->terms->mapping, field, row);
  *out = 0;
  /* Without a currency nothing is known about its digits; the order's first row was faulted for that. */
  return text == NULL || (body->exponent >= 0 && read_number(draft, row, field, text, body->exponent, out));
}

static void add_text(struct json_object *to, enum row_field field, const char *text)
{
  json_object_object_add(to, row_field_rules[field].member, json_object_new_string(text));
}

static void add_number(struct json_object *to, enum row_field field, int64_t number)
{
  json_object_object_add(to, row_field_rules[field].member, json_object_new_int64(number));
}

/* ---- what belongs to the order ---- */

static void add_time(struct row_body *body, struct draft *draft, const struct cells *row, const char *text)
{
  struct err e = ERR_NONE;
  int64_t ms = 0;
  if (times_parse(body->terms->times, text, &ms, &e) != RESULT_OK) {
    draft_fault_err(draft, row->line, "placed_at", "invalid_timestamp", &e);
    return;
  }
  char formatted[INSTANT_TEXT_SIZE];
  add_text(body->order, ROW_FIELD_PLACED_AT, instant_format_ms(ms, formatted));
}

static void add_order_field(struct row_body *body, struct draft *draft, const struct cells *row,
                            enum row_field field)
{
  const char *text = body->first[field];
  int64_t amount;
  switch (row_field_rules[field].kind) {
  case ROW_FIELD_TIME:
    add_time(body, draft, row, text);
    break;
  case ROW_FIELD_MONEY:
    if (read_amount(body, draft, row, field, &amount))
      add_number(body->order, field, amount);
    break;
  case ROW_FIELD_TEXT:
  case ROW_FIELD_NUMBER:
    add_text(body->order, field, text);
    break;
  }
}

static void read_exponent(struct row_body *body, struct draft *draft, const struct cells *row)
{
  const char *code = body->first[ROW_FIELD_CURRENCY];
  const struct currency *currency = code != NULL ? currency_find(code) : NULL;
  if (currency == NULL)
    draft_fault(draft, row->line, "currency", "invalid_currency",
                code != NULL ? "no currency of ISO 4217 with a minor unit"
                             : "the row names none (--currency gives one)");
  body->exponent = currency != NULL ? currency->exponent : -1;
}

static void read_order_fields(struct row_body *body, struct draft *draft, const struct cells *row)
{
  const struct mapping *mapping = body->terms->mapping;
  for (enum row_field field = 0; field < ROW_FIELD_PRODUCT_ID; field++)
    body->first[field] = g_strdup(mapping_get(mapping, field, row));
  if (body->first[ROW_FIELD_CURRENCY] == NULL)
    body->first[ROW_FIELD_CURRENCY] = g_strdup(body->terms->currency);
  read_exponent(body, draft, row);
  if (body->first[ROW_FIELD_PLACED_AT] == NULL)
    draft_fault(draft, row->line, "placed_at", "invalid_timestamp", "the row does not say when");
  for (enum row_field field = ROW_FIELD_REFERENCE + 1; field < ROW_FIELD_PRODUCT_ID; field++)
    if (body->first[field] != NULL)
      add_order_field(body, draft, row, field);
}

/* A later row may repeat what the first said, or say nothing. */
static void compare_order_fields(const struct row_body *body, struct draft *draft, const struct cells *row)
{
  for (enum row_field field = ROW_FIELD_REFERENCE + 1; field < ROW_FIELD_PRODUCT_ID; field++) {
    const char *text = mapping_get(body->terms->mapping, field, row);
    if (text != NULL && (body->first[field] == NULL || strcmp(text, body->first[field]) != 0))
      draft_fault(draft, row->line, row_field_rules[field].name, "invalid_field",
                  "differs from the order's first row, line %zu", draft->line);
  }
}

/* ---- the line ---- */

struct row_line {
  const char *product_id;
  const char *name;
  int64_t quantity;
  bool has_unit_price;
  int64_t unit_price;
  bool has_line_total;
  int64_t line_total;
  int64_t discount;
  int64_t tax;
};

static bool read_needed(struct draft *draft, const struct cells *row, enum row_field field, const char *text)
{
  if (text == NULL)
    draft_fault(draft, row->line, row_field_rules[field].name, "invalid_field", "the row does not say it");
  return text != NULL;
}

static bool read_line(const struct row_body *body, struct draft *draft, const struct cells *row,
                      struct row_line *line)
{
  const struct mapping *mapping = body->terms->mapping;
  const char *quantity = mapping_get(mapping, ROW_FIELD_QUANTITY, row);
  line->product_id = mapping_get(mapping, ROW_FIELD_PRODUCT_ID, row);
  line->name = mapping_get(mapping, ROW_FIELD_NAME, row);
  line->has_unit_price = mapping_get(mapping, ROW_FIELD_UNIT_PRICE, row) != NULL;
  line->has_line_total = mapping_get(mapping, ROW_FIELD_LINE_TOTAL, row) != NULL;
  bool ok = read_needed(draft, row, ROW_FIELD_PRODUCT_ID, line->product_id);
  ok &= read_needed(draft, row, ROW_FIELD_QUANTITY, quantity) &&
        read_number(draft, row, ROW_FIELD_QUANTITY, quantity, 0, &line->quantity);
  ok &= read_amount(body, draft, row, ROW_FIELD_UNIT_PRICE, &line->unit_price);
  ok &= read_amount(body, draft, row, ROW_FIELD_LINE_TOTAL, &line->line_total);
  ok &= read_amount(body, draft, row, ROW_FIELD_DISCOUNT, &line->discount);
  ok &= read_amount(body, draft, row, ROW_FIELD_TAX, &line->tax);
  if (!line->has_unit_price && !line->has_line_total) {
    draft_fault(draft, row->line, "unit_price", "invalid_field",
                "the row says neither unit_price nor line_total");
    ok = false;
  }
  return ok;
}

/* Whether the units can be priced so that they come to the total exactly. */
static bool check_total(struct draft *draft, const struct cells *row, const struct row_line *line)
{
  int64_t product;
  if (line->quantity < 1 || line->quantity > ORDER_QUANTITY_MAX)
    draft_fault(draft, row->line, "quantity", "out_of_range", "from 1 to %d", ORDER_QUANTITY_MAX);
  else if (line->line_total < 0 || line->line_total > MONEY_AMOUNT_MAX)
    draft_fault(draft, row->line, "line_total", "out_of_range", "from 0 to 10^12 minor units");
  else if (line->has_unit_price &&
           (!amount_mul(line->unit_price, line->quantity, &product) || product != line->line_total))
    draft_fault(draft, row->line, "line_total", "amount_mismatch", "it is not unit_price x quantity");
  else
    return true;
  return false;
}

static void add_line(struct row_body *body, struct draft *draft, const struct cells *row,
                     const struct row_line *line, const struct split_line *part)
{
  if (json_object_array_length(body->lines) >= LINES_KEPT)
    return;
  struct json_object *object = json_object_new_object();
  add_text(object, ROW_FIELD_PRODUCT_ID, line->product_id);
  add_text(object, ROW_FIELD_NAME, line->name != NULL ? line->name : line->product_id);
  add_number(object, ROW_FIELD_QUANTITY, part->quantity);
  add_number(object, ROW_FIELD_UNIT_PRICE, part->unit_price);
  if (part->discount != 0)
    add_number(object, ROW_FIELD_DISCOUNT, part->discount);
  if (part->tax != 0)
    add_number(object, ROW_FIELD_TAX, part->tax);
  json_object_array_add(body->lines, object);
  g_array_append_val(draft->sources, row->line);
}

static void add_lines(struct row_body *body, struct draft *draft, const struct cells *row,
                      const struct row_line *line)
{
  struct split_line parts[2] = {{line->quantity, line->unit_price, line->discount, line->tax}};
  size_t count = 1;
  if (line->has_line_total && !check_total(draft, row, line))
    return;
  if (!line->has_unit_price)
    count = split_total(line->quantity, line->line_total, line->discount, line->tax, parts);
  for (size_t i = 0; i < count; i++)
    add_line(body, draft, row, line, &parts[i]);
}

void row_body_add(struct row_body *body, struct draft *draft, const struct cells *row)
{
  struct row_line line = {0};
  if (draft->rows++ == 0)
    read_order_fields(body, draft, row);
  else
    compare_order_fields(body, draft, row);
  if (read_line(body, draft, row, &line))
    add_lines(body, draft, row, &line);
}
