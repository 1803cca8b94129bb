/* Ledger documents: what is written is read back, and what nobody of ours would write is refused. */
#include "unit.h"

#include <string.h>

#include <bson/bson.h>
#include <glib.h>

#include "translation/entry_bson.h"

#define AT_MS INT64_C(1700000000123)

static void make_order(struct entry *entry)
{
  static const uint8_t random[ULID_RANDOM_SIZE] = {1, 2, 3};
  entry_init(entry, ENTRY_ORDER);
  g_strlcpy(entry->merchant, "shop", sizeof entry->merchant);
  g_strlcpy(entry->currency, "KWD", sizeof entry->currency);
  entry->id = ulid_make(AT_MS, random);
  entry->at_ms = AT_MS;
  entry->recorded_at_ms = AT_MS + 1;
  entry->exponent = 3;
  entry->totals = (struct entry_totals){.units = 3,
                                        .gross = INT64_C(1000000000000),
                                        .goods = INT64_C(1000000000000),
                                        .total = INT64_C(1000000000000)};
  entry->idem = g_strdup("orders/k");
  memset(entry->body_hash, 9, sizeof entry->body_hash);
  entry->order.line_count = 1;
  entry->order.lines = g_new0(struct order_line, 1);
  entry->order.lines[0] = (struct order_line){
      .product_id = g_strdup("p"), .name = g_strdup("N\xc3\xa4me"), .quantity = 3, .unit_price = 7, .tax = 2};
  entry->order.has_placed_at = true;
  entry->order.placed_at_ms = AT_MS;
}

static void make_refund(struct entry *entry)
{
  static const uint8_t random[ULID_RANDOM_SIZE] = {4};
  struct entry order;
  make_order(&order);
  entry_init(entry, ENTRY_REFUND);
  g_strlcpy(entry->merchant, "shop", sizeof entry->merchant);
  g_strlcpy(entry->currency, "KWD", sizeof entry->currency);
  entry->id = ulid_make(AT_MS, random);
  entry->at_ms = AT_MS;
  entry->recorded_at_ms = AT_MS;
  entry->exponent = 3;
  entry->totals = (struct entry_totals){.units = 1, .goods = 7, .tax = 1, .shipping = 5, .total = 13};
  entry->idem = g_strdup("refunds/k");
  entry->refund_of = order.id;
  entry->refund_number = 2;
  entry->refund.line_count = 1;
  entry->refund.lines = g_new0(struct refund_line, 1);
  entry->refund.lines[0] = (struct refund_line){.line = 1, .quantity = 1, .goods = 7, .tax = 1};
  entry->refund.shipping = 5;
  entry->refund.reason = g_strdup("void");
  entry_clear(&order);
}

static void write_entry(const struct entry *entry, bson_t *out)
{
  struct err e = ERR_NONE;
  bson_init(out);
  if (entry_bson_write(entry, out, &e) != RESULT_OK)
    fail_msg("%s", e.text);
}

static void an_order_comes_back(void **state)
{
  struct entry written, read;
  bson_t document;
  (void)state;
  make_order(&written);
  write_entry(&written, &document);
  assert_int_equal(entry_bson_read(&document, &read, NULL), RESULT_OK);
  assert_int_equal(read.kind, ENTRY_ORDER);
  assert_string_equal(read.merchant, "shop");
  assert_memory_equal(&read.id, &written.id, sizeof read.id);
  assert_int_equal(read.exponent, 3);
  assert_memory_equal(&read.totals, &written.totals, sizeof read.totals);
  assert_false(read.late);
  assert_null(read.import_id);
  assert_string_equal(read.order.currency, "KWD");
  assert_string_equal(read.order.lines[0].name, "N\xc3\xa4me");
  assert_int_equal(read.order.lines[0].tax, 2);
  assert_true(read.order.has_placed_at);
  assert_false(read.order.has_total);
  assert_null(read.order.note);
  entry_clear(&read);
  entry_clear(&written);
  bson_destroy(&document);
}

static void a_refund_comes_back(void **state)
{
  struct entry written, read;
  bson_t document;
  (void)state;
  make_refund(&written);
  write_entry(&written, &document);
  assert_int_equal(entry_bson_read(&document, &read, NULL), RESULT_OK);
  assert_int_equal(read.kind, ENTRY_REFUND);
  assert_memory_equal(&read.refund_of, &written.refund_of, sizeof read.refund_of);
  assert_int_equal(read.refund_number, 2);
  assert_int_equal(read.refund.line_count, 1);
  assert_int_equal(read.refund.lines[0].goods, 7);
  assert_true(read.refund.lines[0].has_goods);
  assert_false(read.refund.has_goods);
  assert_int_equal(read.refund.shipping, 5);
  assert_string_equal(read.refund.reason, "void");
  assert_int_equal(read.refund.refunded_at_ms, AT_MS);
  entry_clear(&read);
  entry_clear(&written);
  bson_destroy(&document);
}

/* The fields' names and types are what docs/data.md says and what the aggregate sums. */
static void the_document_has_the_documented_fields(void **state)
{
  static const struct {
    const char *name;
    bson_type_t type;
  } fields[] = {
      {"_id", BSON_TYPE_UTF8},       {"m", BSON_TYPE_UTF8},
      {"kind", BSON_TYPE_UTF8},      {"at", BSON_TYPE_DATE_TIME},
      {"currency", BSON_TYPE_UTF8},  {"units", BSON_TYPE_INT64},
      {"gross", BSON_TYPE_INT64},    {"discounts", BSON_TYPE_INT64},
      {"goods", BSON_TYPE_INT64},    {"tax", BSON_TYPE_INT64},
      {"shipping", BSON_TYPE_INT64}, {"total", BSON_TYPE_INT64},
      {"exponent", BSON_TYPE_INT32}, {"recorded_at", BSON_TYPE_DATE_TIME},
      {"idem", BSON_TYPE_UTF8},      {"hash", BSON_TYPE_BINARY},
      {"order", BSON_TYPE_DOCUMENT},
  };
  struct entry entry;
  bson_t document;
  bson_iter_t iter;
  (void)state;
  make_order(&entry);
  write_entry(&entry, &document);
  assert_true(bson_iter_init(&iter, &document));
  for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
    assert_true(bson_iter_next(&iter));
    assert_string_equal(bson_iter_key(&iter), fields[i].name);
    assert_int_equal(bson_iter_type(&iter), fields[i].type);
  }
  assert_false(bson_iter_next(&iter));
  entry_clear(&entry);
  bson_destroy(&document);
}

/* A refused document: the order with one field replaced, or left out. */
static void assert_refused(const char *field, bson_t *replacement)
{
  struct entry entry, read;
  bson_t document, changed = BSON_INITIALIZER;
  struct err e = ERR_NONE;
  make_order(&entry);
  write_entry(&entry, &document);
  bson_copy_to_excluding_noinit(&document, &changed, field, NULL);
  if (replacement != NULL)
    bson_concat(&changed, replacement);
  if (entry_bson_read(&changed, &read, &e) != RESULT_CORRUPT)
    fail_msg("%s was taken", field);
  entry_clear(&entry);
  bson_destroy(&document);
  bson_destroy(&changed);
  bson_destroy(replacement);
}

static void missing_fields_are_refused(void **state)
{
  static const char *const needed[] = {"_id",      "m",           "kind", "at",    "currency", "units",
                                       "gross",    "goods",       "tax",  "total", "shipping", "discounts",
                                       "exponent", "recorded_at", "idem", "hash",  "order"};
  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
    assert_refused(needed[i], NULL);
}

static void other_types_are_refused(void **state)
{
  (void)state;
  assert_refused("units", BCON_NEW("units", BCON_DOUBLE(3)));
  assert_refused("units", BCON_NEW("units", BCON_INT32(3)));
  assert_refused("total", BCON_NEW("total", BCON_UTF8("3")));
  assert_refused("at", BCON_NEW("at", BCON_INT64(AT_MS)));
  assert_refused("late", BCON_NEW("late", BCON_INT32(1)));
  assert_refused("hash", BCON_NEW("hash", BCON_BIN(BSON_SUBTYPE_BINARY, (const uint8_t *)"short", 5)));
  assert_refused("order", BCON_NEW("order", BCON_UTF8("01HF")));
  assert_refused("order", BCON_NEW("order", "{", "lines", BCON_UTF8("none"), "}"));
  assert_refused("order", BCON_NEW("order", "{", "lines", "[", BCON_INT32(1), "]", "}"));
  assert_refused("order",
                 BCON_NEW("order", "{", "lines", "[", "{", "product_id", BCON_UTF8("p"), "}", "]", "}"));
}

static void values_that_do_not_agree_are_refused(void **state)
{
  (void)state;
  assert_refused("m", BCON_NEW("m", BCON_UTF8("other")));
  assert_refused("_id", BCON_NEW("_id", BCON_UTF8("shop/01HF")));
  assert_refused("at", BCON_NEW("at", BCON_DATE_TIME(AT_MS + 1)));
  assert_refused("kind", BCON_NEW("kind", BCON_UTF8("gift")));
  assert_refused("kind", BCON_NEW("kind", BCON_UTF8("refund")));
  assert_refused("currency", BCON_NEW("currency", BCON_UTF8("XXX")));
  assert_refused("currency", BCON_NEW("currency", BCON_UTF8("EURO")));
  assert_refused("idem", BCON_NEW("idem", BCON_UTF8("\xff\xfe")));
}

static void text_that_is_not_utf8_is_not_written(void **state)
{
  struct entry entry;
  bson_t document = BSON_INITIALIZER;
  (void)state;
  make_order(&entry);
  entry.order.note = g_strdup("\xc0\xaf");
  assert_int_equal(entry_bson_write(&entry, &document, NULL), RESULT_INVALID);
  entry_clear(&entry);
  bson_destroy(&document);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_order_comes_back),
      cmocka_unit_test(a_refund_comes_back),
      cmocka_unit_test(the_document_has_the_documented_fields),
      cmocka_unit_test(missing_fields_are_refused),
      cmocka_unit_test(other_types_are_refused),
      cmocka_unit_test(values_that_do_not_agree_are_refused),
      cmocka_unit_test(text_that_is_not_utf8_is_not_written),
  };
  return cmocka_run_group_tests_name("entry_bson", tests, NULL, NULL);
}
