#include "translation/entry_bson.h"

#include <string.h>

#include <glib.h>

#include "translation/bson_fields.h"

static const char *const kind_names[] = {[ENTRY_ORDER] = "order", [ENTRY_REFUND] = "refund"};

/* What folding reads stands first, so that MongoDB finds it without walking through the rest. */
#define FOLDED_FIELDS 9
static const struct bson_field entry_fields[] = {
    BSON_FIELD("at", DATE, REQUIRED, struct entry, at_ms),
    BSON_FIELD("currency", CHARS, REQUIRED, struct entry, currency),
    BSON_FIELD("units", INT64, REQUIRED, struct entry, totals.units),
    BSON_FIELD("gross", INT64, REQUIRED, struct entry, totals.gross),
    BSON_FIELD("discounts", INT64, REQUIRED, struct entry, totals.discounts),
    BSON_FIELD("goods", INT64, REQUIRED, struct entry, totals.goods),
    BSON_FIELD("tax", INT64, REQUIRED, struct entry, totals.tax),
    BSON_FIELD("shipping", INT64, REQUIRED, struct entry, totals.shipping),
    BSON_FIELD("total", INT64, REQUIRED, struct entry, totals.total),
    BSON_FIELD("exponent", INT32, REQUIRED, struct entry, exponent),
    BSON_FIELD("recorded_at", DATE, REQUIRED, struct entry, recorded_at_ms),
    BSON_FIELD("late", BOOL, OPTIONAL, struct entry, late),
    BSON_FIELD("bulk", BOOL, OPTIONAL, struct entry, bulk),
    BSON_FIELD("idem", TEXT, REQUIRED, struct entry, idem),
    BSON_FIELD("hash", BINARY, REQUIRED, struct entry, body_hash),
    BSON_FIELD("request_id", CHARS, OPTIONAL, struct entry, request_id),
    BSON_FIELD("import", TEXT, OPTIONAL, struct entry, import_id),
};

static const struct bson_field order_fields[] = {
    BSON_FIELD("discount", INT64, OPTIONAL, struct order, discount),
    BSON_FIELD("shipping", INT64, OPTIONAL, struct order, shipping),
    BSON_FIELD("tax", INT64, OPTIONAL, struct order, tax),
    BSON_FIELD("customer_id", TEXT, OPTIONAL, struct order, customer_id),
    BSON_FIELD("channel", TEXT, OPTIONAL, struct order, channel),
    BSON_FIELD("payment_method", TEXT, OPTIONAL, struct order, payment_method),
    BSON_FIELD("reference", TEXT, OPTIONAL, struct order, reference),
    BSON_FIELD("note", TEXT, OPTIONAL, struct order, note),
    BSON_FIELD_IF("placed_at", DATE, struct order, placed_at_ms, has_placed_at),
    BSON_FIELD_IF("total", INT64, struct order, total, has_total),
};

static const struct bson_field order_line_fields[] = {
    BSON_FIELD("product_id", TEXT, REQUIRED, struct order_line, product_id),
    BSON_FIELD("name", TEXT, REQUIRED, struct order_line, name),
    BSON_FIELD("quantity", INT64, REQUIRED, struct order_line, quantity),
    BSON_FIELD("unit_price", INT64, REQUIRED, struct order_line, unit_price),
    BSON_FIELD("discount", INT64, OPTIONAL, struct order_line, discount),
    BSON_FIELD("tax", INT64, OPTIONAL, struct order_line, tax),
};

static const struct bson_field refund_fields[] = {
    BSON_FIELD_IF("goods", INT64, struct refund, goods, has_goods),
    BSON_FIELD("tax", INT64, OPTIONAL, struct refund, tax),
    BSON_FIELD("shipping", INT64, OPTIONAL, struct refund, shipping),
    BSON_FIELD("reason", TEXT, OPTIONAL, struct refund, reason),
    BSON_FIELD_IF("refunded_at", DATE, struct refund, refunded_at_ms, has_refunded_at),
};

/* Defaults were filled in when the refund was checked: what is stored is what it took. */
static const struct bson_field refund_line_fields[] = {
    BSON_FIELD("line", INT64, REQUIRED, struct refund_line, line),
    BSON_FIELD("quantity", INT64, REQUIRED, struct refund_line, quantity),
    BSON_FIELD("goods", INT64, REQUIRED, struct refund_line, goods),
    BSON_FIELD("tax", INT64, REQUIRED, struct refund_line, tax),
};

#define WRITE(fields, object, out, e) bson_fields_write(fields, G_N_ELEMENTS(fields), object, out, e)
#define READ(fields, document, object, e) bson_fields_read(fields, G_N_ELEMENTS(fields), document, object, e)

/* ---- writing ---- */

MUST_CHECK static enum result write_lines(const struct bson_field *fields, size_t field_count,
                                          const void *lines, size_t size, size_t count, bson_t *out,
                                          struct err *e)
{
  if (count == 0)
    return RESULT_OK;
  bson_t array;
  enum result r = RESULT_OK;
  BSON_APPEND_ARRAY_BEGIN(out, "lines", &array);
  for (size_t i = 0; r == RESULT_OK && i < count; i++) {
    char buffer[16];
    const char *index = NULL;
    bson_t line;
    bson_uint32_to_string((uint32_t)i, &index, buffer, sizeof buffer);
    BSON_APPEND_DOCUMENT_BEGIN(&array, index, &line);
    r = bson_fields_write(fields, field_count, (const char *)lines + i * size, &line, e);
    bson_append_document_end(&array, &line);
  }
  bson_append_array_end(out, &array);
  return r;
}

MUST_CHECK static enum result write_order(const struct order *order, bson_t *out, struct err *e)
{
  bson_t document;
  BSON_APPEND_DOCUMENT_BEGIN(out, "order", &document);
  enum result r = write_lines(order_line_fields, G_N_ELEMENTS(order_line_fields), order->lines,
                              sizeof *order->lines, order->line_count, &document, e);
  if (r == RESULT_OK)
    r = WRITE(order_fields, order, &document, e);
  bson_append_document_end(out, &document);
  return r;
}

MUST_CHECK static enum result write_refund(const struct entry *entry, bson_t *out, struct err *e)
{
  char order[ULID_TEXT_SIZE];
  bson_t document;
  BSON_APPEND_UTF8(out, "order", ulid_format(&entry->refund_of, order));
  BSON_APPEND_INT64(out, "n", entry->refund_number);
  BSON_APPEND_DOCUMENT_BEGIN(out, "refund", &document);
  enum result r = write_lines(refund_line_fields, G_N_ELEMENTS(refund_line_fields), entry->refund.lines,
                              sizeof *entry->refund.lines, entry->refund.line_count, &document, e);
  if (r == RESULT_OK)
    r = WRITE(refund_fields, &entry->refund, &document, e);
  bson_append_document_end(out, &document);
  return r;
}

enum result entry_bson_write(const struct entry *entry, bson_t *out, struct err *e)
{
  char id[ENTRY_ID_SIZE];
  BSON_APPEND_UTF8(out, "_id", entry_id_format(entry->merchant, &entry->id, id));
  BSON_APPEND_UTF8(out, "m", entry->merchant);
  BSON_APPEND_UTF8(out, "kind", kind_names[entry->kind]);
  enum result r = WRITE(entry_fields, entry, out, e);
  if (r != RESULT_OK)
    return r;
  return entry->kind == ENTRY_ORDER ? write_order(&entry->order, out, e) : write_refund(entry, out, e);
}

/* ---- reading ---- */

/* An array of documents into a new array of structs of `size` bytes; *lines and *count are set as far as was
 * read. */
MUST_CHECK static enum result read_lines(const struct bson_field *fields, size_t field_count,
                                         const bson_t *array, size_t size, void **lines, size_t *count,
                                         struct err *e)
{
  size_t length = bson_count_keys(array);
  if (length > ORDER_LINES_MAX)
    return err_set(e, RESULT_CORRUPT, "field lines: %zu lines", length);
  *lines = g_malloc0_n(length, size);
  bson_iter_t iter;
  if (!bson_iter_init(&iter, array))
    return err_set(e, RESULT_CORRUPT, "field lines is no array");
  while (bson_iter_next(&iter) && *count < length) {
    const uint8_t *bytes = NULL;
    uint32_t bytes_length = 0;
    bson_t line;
    if (!BSON_ITER_HOLDS_DOCUMENT(&iter))
      return err_set(e, RESULT_CORRUPT, "field lines holds no documents");
    bson_iter_document(&iter, &bytes_length, &bytes);
    void *into = (char *)*lines + size * (*count)++;
    if (!bson_init_static(&line, bytes, bytes_length))
      return err_set(e, RESULT_CORRUPT, "field lines holds a broken document");
    enum result r = bson_fields_read(fields, field_count, &line, into, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

MUST_CHECK static enum result read_order(const bson_t *document, struct entry *out, struct err *e)
{
  struct order *order = &out->order;
  bson_t sub, lines;
  void *array = NULL;
  if (!bson_fields_sub(document, "order", BSON_TYPE_DOCUMENT, &sub) ||
      !bson_fields_sub(&sub, "lines", BSON_TYPE_ARRAY, &lines))
    return err_set(e, RESULT_CORRUPT, "field order or its lines are missing");
  enum result r = read_lines(order_line_fields, G_N_ELEMENTS(order_line_fields), &lines, sizeof *order->lines,
                             &array, &order->line_count, e);
  order->lines = array;
  if (r == RESULT_OK)
    r = READ(order_fields, &sub, order, e);
  memcpy(order->currency, out->currency, sizeof order->currency);
  order->placed_at_ms = out->at_ms;
  return r;
}

MUST_CHECK static enum result read_refund_lines(const bson_t *document, struct refund *refund, struct err *e)
{
  bson_t lines;
  void *array = NULL;
  if (!bson_fields_sub(document, "lines", BSON_TYPE_ARRAY, &lines))
    return RESULT_OK; /* a refund of goods has none */
  enum result r = read_lines(refund_line_fields, G_N_ELEMENTS(refund_line_fields), &lines,
                             sizeof *refund->lines, &array, &refund->line_count, e);
  refund->lines = array;
  for (size_t i = 0; i < refund->line_count; i++)
    refund->lines[i].has_goods = refund->lines[i].has_tax = true;
  return r;
}

MUST_CHECK static enum result read_refund_of(const bson_t *document, struct entry *out, struct err *e)
{
  size_t length = 0;
  const char *order = bson_fields_text(document, "order", &length);
  if (order == NULL || !ulid_parse(order, length, &out->refund_of))
    return err_set(e, RESULT_CORRUPT, "field order is no id");
  return RESULT_OK;
}

MUST_CHECK static enum result read_refund(const bson_t *document, struct entry *out, struct err *e)
{
  bson_t sub;
  bson_iter_t n;
  enum result r = read_refund_of(document, out, e);
  if (r != RESULT_OK)
    return r;
  if (!bson_iter_init_find(&n, document, "n") || !BSON_ITER_HOLDS_INT64(&n))
    return err_set(e, RESULT_CORRUPT, "field n is no number");
  out->refund_number = bson_iter_int64(&n);
  if (!bson_fields_sub(document, "refund", BSON_TYPE_DOCUMENT, &sub))
    return err_set(e, RESULT_CORRUPT, "field refund is missing");
  r = read_refund_lines(&sub, &out->refund, e);
  if (r == RESULT_OK)
    r = READ(refund_fields, &sub, &out->refund, e);
  out->refund.refunded_at_ms = out->at_ms;
  return r;
}

static bool kind_of(const bson_t *document, enum entry_kind *out)
{
  size_t length = 0;
  const char *name = bson_fields_text(document, "kind", &length);
  for (size_t i = 0; name != NULL && i < G_N_ELEMENTS(kind_names); i++)
    if (strcmp(name, kind_names[i]) == 0) {
      *out = (enum entry_kind)i;
      return true;
    }
  return false;
}

static bool identity_agrees(const bson_t *document, struct entry *out)
{
  size_t length = 0;
  const char *id = bson_fields_text(document, "_id", &length);
  if (id == NULL || !entry_id_parse(id, length, out->merchant, &out->id))
    return false;
  const char *merchant = bson_fields_text(document, "m", &length);
  return merchant != NULL && strcmp(merchant, out->merchant) == 0;
}

MUST_CHECK static enum result read_parts(const bson_t *document, struct entry *out, struct err *e)
{
  if (!identity_agrees(document, out))
    return err_set(e, RESULT_CORRUPT, "fields _id and m do not agree");
  enum result r = READ(entry_fields, document, out, e);
  if (r != RESULT_OK)
    return r;
  if (ulid_ms(&out->id) != out->at_ms)
    return err_set(e, RESULT_CORRUPT, "fields _id and at do not agree");
  if (currency_find(out->currency) == NULL)
    return err_set(e, RESULT_CORRUPT, "field currency is no currency");
  return out->kind == ENTRY_ORDER ? read_order(document, out, e) : read_refund(document, out, e);
}

enum result entry_bson_read(const bson_t *document, struct entry *out, struct err *e)
{
  enum entry_kind kind = ENTRY_ORDER;
  if (!kind_of(document, &kind))
    return err_set(e, RESULT_CORRUPT, "field kind is no kind of entry");
  entry_init(out, kind);
  enum result r = read_parts(document, out, e);
  if (r != RESULT_OK)
    entry_clear(out);
  return r;
}

enum result entry_bson_read_folded(const bson_t *document, struct entry *out, struct err *e)
{
  enum entry_kind kind = ENTRY_ORDER;
  if (!kind_of(document, &kind))
    return err_set(e, RESULT_CORRUPT, "field kind is no kind of entry");
  entry_init(out, kind);
  if (!identity_agrees(document, out))
    return err_set(e, RESULT_CORRUPT, "fields _id and m do not agree");
  enum result r = bson_fields_read(entry_fields, FOLDED_FIELDS, document, out, e);
  return r == RESULT_OK && kind == ENTRY_REFUND ? read_refund_of(document, out, e) : r;
}
