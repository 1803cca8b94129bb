#include "domain/entry.h"

#include <string.h>

#include <glib.h>

#include "tests/unit/unit.h"

#define ULID "01ARZ3NDEKTSV4RRFFQ69G5FAV" /* of 2016-07-30T23:54:10.259Z */

static struct ulid some_ulid(void)
{
  struct ulid ulid;
  assert_true(ulid_parse(ULID, strlen(ULID), &ulid));
  return ulid;
}

static void keys_name_merchant_and_time(void **state)
{
  (void)state;
  struct ulid id = some_ulid(), read;
  char key[ENTRY_ID_SIZE], merchant[MERCHANT_ID_SIZE];
  assert_string_equal(entry_id_format("north-shop", &id, key), "north-shop/" ULID);
  assert_true(entry_id_parse(key, strlen(key), merchant, &read));
  assert_string_equal(merchant, "north-shop");
  assert_int_equal(ulid_ms(&read), INT64_C(1469922850259));
  assert_string_equal(entry_id_format("abcdefghijklmnopqrstuvwxyz012345", &id, key),
                      "abcdefghijklmnopqrstuvwxyz012345/" ULID);
  assert_true(entry_id_parse(key, strlen(key), merchant, &read));
}

static void keys_are_read_strictly(void **state)
{
  (void)state;
  static const char *const refused[] = {
      "",
      ULID,
      "/" ULID,
      "a/" ULID,
      "Shop/" ULID,
      "shop" ULID,
      "shop:" ULID,
      "shop//" ULID,
      "shop/x/" ULID,
      "shop/" ULID "0",
      "shop/01ARZ3NDEKTSV4RRFFQ69G5FA",
      "shop/01arz3ndektsv4rrffq69g5fav",
      "abcdefghijklmnopqrstuvwxyz0123456/" ULID,
      "shop/ord_" ULID,
  };
  char merchant[MERCHANT_ID_SIZE];
  struct ulid id;
  for (size_t i = 0; i < COUNT(refused); i++)
    assert_false(entry_id_parse(refused[i], strlen(refused[i]), merchant, &id));
}

static void public_ids_tell_the_kind(void **state)
{
  (void)state;
  struct ulid id = some_ulid(), read;
  char text[ENTRY_PUBLIC_ID_SIZE];
  assert_string_equal(entry_public_id(ENTRY_ORDER, &id, text), "ord_" ULID);
  assert_true(entry_public_id_parse(text, strlen(text), ENTRY_ORDER, &read));
  assert_memory_equal(&read, &id, sizeof id);
  assert_false(entry_public_id_parse(text, strlen(text), ENTRY_REFUND, &read));
  assert_string_equal(entry_public_id(ENTRY_REFUND, &id, text), "rfd_" ULID);
  assert_true(entry_public_id_parse(text, strlen(text), ENTRY_REFUND, &read));
  assert_false(entry_public_id_parse(text, strlen(text) - 1, ENTRY_REFUND, &read));
  assert_false(entry_public_id_parse("", 0, ENTRY_REFUND, &read));
  assert_false(entry_public_id_parse(ULID, strlen(ULID), ENTRY_ORDER, &read));
}

static void clearing_frees_everything(void **state)
{
  (void)state;
  struct entry entry;
  entry_init(&entry, ENTRY_REFUND);
  entry.idem = g_strdup("orders/1");
  entry.import_id = g_strdup("i");
  entry.order.lines = g_new0(struct order_line, 2);
  entry.order.line_count = 2;
  entry.order.lines[1].name = g_strdup("n");
  entry.order.note = g_strdup("n");
  entry.refund.lines = g_new0(struct refund_line, 1);
  entry.refund.line_count = 1;
  entry.refund.reason = g_strdup("void");
  entry_clear(&entry);
  assert_int_equal(entry.kind, ENTRY_REFUND);
  assert_null(entry.idem);
  assert_null(entry.order.lines);
  assert_null(entry.refund.reason);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_name_merchant_and_time),
      cmocka_unit_test(keys_are_read_strictly),
      cmocka_unit_test(public_ids_tell_the_kind),
      cmocka_unit_test(clearing_frees_everything),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
