#include "translation/order_json.h"

#include <glib.h>

#include "domain/instant.h"
#include "translation/field_digest.h"
#include "translation/json_fields.h"
#include "translation/json_scan.h"

/* Four hex digits. */
static gunichar read_unit(const char *digits)
{
  gunichar unit = 0;
  for (int i = 0; i < 4; i++)
    unit = unit << 4 | (gunichar)g_ascii_xdigit_value(digits[i]);
  return unit;
}

/* The same JSON, which has been scanned, with each pair of surrogate escapes as the character itself: json-c
 * 0.16 puts U+FFFD in the place of characters whose lower 16 bits look like a surrogate (U+1D8D8). */
static GString *join_surrogates(const char *body, size_t length)
{
  GString *joined = g_string_sized_new(length);
  for (const char *at = body, *end = body + length; at < end;) {
    gunichar high = end - at > 1 && at[0] == '\\' && at[1] == 'u' ? read_unit(at + 2) : 0;
    if (high >= 0xd800 && high <= 0xdbff) {
      gunichar low = read_unit(at + 8);
      g_string_append_unichar(joined, 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00)));
      at += 12;
    } else {
      gssize taken = *at == '\\' ? 2 : 1;
      g_string_append_len(joined, at, taken);
      at += taken;
    }
  }
  return joined;
}

static struct json_object *parse(const char *body, size_t length)
{
  /* json-c counts the innermost scalar as a level too. */
  struct json_tokener *tokener = json_tokener_new_ex(JSON_SCAN_DEPTH + 1);
  GString *joined = join_surrogates(body, length);
  struct json_object *object = json_tokener_parse_ex(tokener, joined->str, (int)joined->len);
  g_string_free(joined, TRUE);
  json_tokener_free(tokener);
  return object;
}

struct json_object *order_json_parse_body(const char *body, size_t length, struct violations *violations)
{
  size_t offset = 0;
  switch (json_scan(body, length, &offset)) {
  case JSON_SCAN_OK:
    break;
  case JSON_SCAN_MALFORMED:
    violations_add(violations, VIOLATION_POINTER, "malformed_json", "", "not JSON from byte %zu on", offset);
    return NULL;
  case JSON_SCAN_DUPLICATE_MEMBER:
    violations_add(violations, VIOLATION_POINTER, "duplicate_member", "", "repeats a member at byte %zu",
                   offset);
    return NULL;
  }
  struct json_object *object = parse(body, length);
  if (json_object_is_type(object, json_type_object))
    return object;
  json_object_put(object);
  violations_add(violations, VIOLATION_POINTER, "malformed_json", "", "must be a JSON object");
  return NULL;
}

static bool read_record(struct json_object *body, const struct field_table *table, void *record,
                        struct violations *violations)
{
  size_t before = violations->count;
  json_fields_read(body, table, record, "", violations);
  field_check(table, record, "", violations);
  return violations->count == before;
}

bool order_json_read(struct json_object *body, struct order *out, struct violations *violations)
{
  return read_record(body, &order_table, out, violations);
}

bool refund_json_read(struct json_object *body, struct refund *out, struct violations *violations)
{
  return read_record(body, &refund_table, out, violations);
}

static void finish(GChecksum *checksum, uint8_t hash[ENTRY_HASH_SIZE])
{
  size_t size = ENTRY_HASH_SIZE;
  g_checksum_get_digest(checksum, hash, &size);
  g_checksum_free(checksum);
}

void order_json_hash(const struct order *order, uint8_t hash[ENTRY_HASH_SIZE])
{
  GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
  field_digest_update(checksum, &order_table, order);
  finish(checksum, hash);
}

void refund_json_hash(const struct refund *refund, const struct ulid *order_id, uint8_t hash[ENTRY_HASH_SIZE])
{
  char id[ULID_TEXT_SIZE];
  GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
  g_checksum_update(checksum, (const guchar *)ulid_format(order_id, id), ULID_TEXT_SIZE - 1);
  g_checksum_update(checksum, (const guchar *)"\n", 1);
  field_digest_update(checksum, &refund_table, refund);
  finish(checksum, hash);
}

static void add_integer(struct json_object *to, const char *name, int64_t value)
{
  json_object_object_add(to, name, json_object_new_int64(value));
}

static void add_text(struct json_object *to, const char *name, const char *text)
{
  if (text != NULL)
    json_object_object_add(to, name, json_object_new_string(text));
}

static void add_instant(struct json_object *to, const char *name, int64_t ms)
{
  char text[INSTANT_TEXT_SIZE];
  add_text(to, name, instant_format_ms(ms, text));
}

static void add_id(struct json_object *to, const char *name, enum entry_kind kind, const struct ulid *id)
{
  char text[ENTRY_PUBLIC_ID_SIZE];
  add_text(to, name, entry_public_id(kind, id, text));
}

/* What orders and refunds have in common behind their own ids. `at`: the business time's name. */
static void add_common(struct json_object *to, const struct entry *entry, const char *at, bool with_ids)
{
  add_instant(to, at, entry->at_ms);
  if (with_ids)
    add_instant(to, "recorded_at", entry->recorded_at_ms);
  if (with_ids && entry->request_id[0] != '\0')
    add_text(to, "request_id", entry->request_id);
  json_object_object_add(to, "late", json_object_new_boolean(entry->late));
  add_text(to, "currency", entry->currency);
  add_integer(to, "exponent", entry->exponent);
}

static struct json_object *write_order_line(const struct order_line *line, size_t number)
{
  struct json_object *out = json_object_new_object();
  add_integer(out, "line", (int64_t)number);
  add_text(out, "product_id", line->product_id);
  add_text(out, "name", line->name);
  add_integer(out, "quantity", line->quantity);
  add_integer(out, "unit_price", line->unit_price);
  add_integer(out, "discount", line->discount);
  add_integer(out, "tax", line->tax);
  return out;
}

static struct json_object *write_order_totals(const struct entry_totals *totals)
{
  struct json_object *out = json_object_new_object();
  add_integer(out, "units", totals->units);
  add_integer(out, "gross", totals->gross);
  add_integer(out, "discounts", totals->discounts);
  add_integer(out, "tax", totals->tax);
  add_integer(out, "shipping", totals->shipping);
  add_integer(out, "total", totals->total);
  return out;
}

struct json_object *order_json_write(const struct entry *entry, bool with_ids)
{
  const struct order *order = &entry->order;
  struct json_object *out = json_object_new_object();
  if (with_ids)
    add_id(out, "id", ENTRY_ORDER, &entry->id);
  add_common(out, entry, "placed_at", with_ids);
  struct json_object *lines = json_object_new_array();
  for (size_t i = 0; i < order->line_count; i++)
    json_object_array_add(lines, write_order_line(&order->lines[i], i + 1));
  json_object_object_add(out, "lines", lines);
  add_integer(out, "discount", order->discount);
  add_integer(out, "shipping", order->shipping);
  add_integer(out, "tax", order->tax);
  add_text(out, "customer_id", order->customer_id);
  add_text(out, "channel", order->channel);
  add_text(out, "payment_method", order->payment_method);
  add_text(out, "reference", order->reference);
  add_text(out, "note", order->note);
  json_object_object_add(out, "totals", write_order_totals(&entry->totals));
  return out;
}

/* One line of a refund, or of what is left. */
static struct json_object *write_part(int64_t number, int64_t quantity, int64_t goods, int64_t tax)
{
  struct json_object *out = json_object_new_object();
  add_integer(out, "line", number);
  add_integer(out, "quantity", quantity);
  add_integer(out, "goods", goods);
  add_integer(out, "tax", tax);
  return out;
}

static struct json_object *write_refund_totals(const struct entry_totals *totals)
{
  struct json_object *out = json_object_new_object();
  add_integer(out, "units", totals->units);
  add_integer(out, "goods", totals->goods);
  add_integer(out, "tax", totals->tax);
  add_integer(out, "shipping", totals->shipping);
  add_integer(out, "total", totals->total);
  return out;
}

struct json_object *refund_json_write(const struct entry *entry, bool with_ids)
{
  const struct refund *refund = &entry->refund;
  struct json_object *out = json_object_new_object();
  if (with_ids)
    add_id(out, "id", ENTRY_REFUND, &entry->id);
  add_id(out, "order_id", ENTRY_ORDER, &entry->refund_of);
  if (with_ids)
    add_integer(out, "number", entry->refund_number);
  add_common(out, entry, "refunded_at", with_ids);
  if (refund->line_count > 0) {
    struct json_object *lines = json_object_new_array();
    for (size_t i = 0; i < refund->line_count; i++) {
      const struct refund_line *line = &refund->lines[i];
      json_object_array_add(lines, write_part(line->line, line->quantity, line->goods, line->tax));
    }
    json_object_object_add(out, "lines", lines);
  }
  add_text(out, "reason", refund->reason);
  json_object_object_add(out, "totals", write_refund_totals(&entry->totals));
  return out;
}

/* Of a line no more than of the whole order. */
static struct json_object *write_rest(const struct refund_rest *rest)
{
  struct json_object *out = json_object_new_object();
  struct json_object *lines = json_object_new_array();
  int64_t units = 0;
  for (size_t i = 0; i < rest->line_count; i++) {
    units += rest->line_quantity[i];
    json_object_array_add(lines, write_part((int64_t)i + 1, rest->line_quantity[i],
                                            MIN(rest->line_goods[i], rest->goods),
                                            MIN(rest->line_tax[i], rest->tax)));
  }
  add_integer(out, "units", units);
  add_integer(out, "goods", rest->goods);
  add_integer(out, "tax", rest->tax);
  add_integer(out, "shipping", rest->shipping);
  json_object_object_add(out, "lines", lines);
  return out;
}

struct json_object *order_json_write_full(const struct entry *order, const struct entry *const *refunds,
                                          size_t count, const struct refund_rest *rest)
{
  struct json_object *out = order_json_write(order, true);
  struct json_object *list = json_object_new_array();
  for (size_t i = 0; i < count; i++)
    json_object_array_add(list, refund_json_write(refunds[i], true));
  json_object_object_add(out, "refunds", list);
  json_object_object_add(out, "remaining", write_rest(rest));
  return out;
}
