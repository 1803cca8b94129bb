#include "translation/ended.h"

#include <string.h>

#include <glib.h>

#include "stores/keys.h"
#include "tests/unit/unit.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ULID "01ARZ3NDEKTSV4RRFFQ69G5FAV"

static void what_is_told_is_read(void **state)
{
  (void)state;
  static const char *const ids[] = {HASH, "usr_" ULID, "key_" ULID};
  for (size_t i = 0; i < COUNT(ids); i++) {
    struct ended ended;
    g_autofree char *text = ended_format((enum ended_kind)i, ids[i]);
    assert_true(ended_parse(text, strlen(text), &ended));
    assert_int_equal(ended.kind, i);
    assert_string_equal(ended.id, ids[i]);
  }
}

static void nothing_else_is(void **state)
{
  (void)state;
  static const char *const texts[] = {
      "",
      "session",
      "session ",
      "session  " HASH,
      "session " HASH " ",
      "session " HASH "0",
      "session 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
      "session usr_" ULID,
      "user key_" ULID,
      "user usr_" ULID "0",
      "user usr_91ARZ3NDEKTSV4RRFFQ69G5FAV",
      "user usr_01arz3ndektsv4rrffq69g5fav",
      "user *",
      "key " ULID,
      "key\nkey_" ULID,
      "people usr_" ULID,
      "User usr_" ULID,
  };
  for (size_t i = 0; i < COUNT(texts); i++) {
    struct ended ended;
    if (ended_parse(texts[i], strlen(texts[i]), &ended))
      fail_msg("read: %s", texts[i]);
  }
  struct ended ended;
  g_autofree char *long_one = g_strnfill(100000, 'a');
  assert_false(ended_parse(long_one, 100000, &ended));
  assert_false(ended_parse("key key_" ULID "\0", 35, &ended));
}

static void a_channel_names_its_merchant(void **state)
{
  (void)state;
  static const struct {
    const char *channel, *merchant;
  } cases[] = {{"tk:{shop-1}:changed", "shop-1"},
               {"tk:{ab}:changed", "ab"},
               {"tk:{a}:changed", NULL},
               {"tk:{}:changed", NULL},
               {"tk:{Shop}:changed", NULL},
               {"tk:{shop}:change", NULL},
               {"tk:{shop}:changed ", NULL},
               {"tk:{shop}}:changed", NULL},
               {"xk:{shop}:changed", NULL},
               {"tk:{shop", NULL},
               {"tk:{a\nb}:changed", NULL},
               {"", NULL},
               {"tk:{:changed", NULL},
               {"tk:{sh}:changed}:changed", NULL}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    char merchant[MERCHANT_ID_SIZE];
    bool found = key_channel_merchant(cases[i].channel, strlen(cases[i].channel), merchant);
    assert_int_equal(found, cases[i].merchant != NULL);
    if (found)
      assert_string_equal(merchant, cases[i].merchant);
  }
  g_autofree char *ours = key_channel("shop-1");
  char merchant[MERCHANT_ID_SIZE], longest[] = "tk:{0123456789abcdef0123456789abcdefX}:changed";
  assert_true(key_channel_merchant(ours, strlen(ours), merchant));
  assert_false(key_channel_merchant(longest, strlen(longest), merchant));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_told_is_read),
      cmocka_unit_test(nothing_else_is),
      cmocka_unit_test(a_channel_names_its_merchant),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
