#include "domain/ulid.h"

#include "tests/unit/unit.h"

#include <string.h>

#include <glib.h>

/* The first two are the examples of the specification; the third is its largest. Bytes decoded by hand in
 * Python. */
static const struct {
  const char *text;
  int64_t ms;
  uint8_t random[ULID_RANDOM_SIZE];
} known[] = {
    {"01ARYZ6S41TSV4RRFFQ69G5FAV",
     INT64_C(1469918176385),
     {0xd6, 0x76, 0x4c, 0x61, 0xef, 0xb9, 0x93, 0x02, 0xbd, 0x5b}},
    {"01ARZ3NDEKTSV4RRFFQ69G5FAV",
     INT64_C(1469922850259),
     {0xd6, 0x76, 0x4c, 0x61, 0xef, 0xb9, 0x93, 0x02, 0xbd, 0x5b}},
    {"7ZZZZZZZZZZZZZZZZZZZZZZZZZ", ULID_MS_MAX, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
    {"00000000000000000000000000", 0, {0}},
};

static void known_ids_are_written_and_read(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(known); i++) {
    struct ulid made = ulid_make(known[i].ms, known[i].random), read;
    char text[ULID_TEXT_SIZE];
    assert_string_equal(ulid_format(&made, text), known[i].text);
    assert_true(ulid_parse(known[i].text, strlen(known[i].text), &read));
    assert_memory_equal(&read, &made, sizeof made);
    assert_int_equal(ulid_ms(&read), known[i].ms);
  }
}

static void anything_else_is_refused(void **state)
{
  (void)state;
  static const char *const refused[] = {
      "",
      "01ARZ3NDEKTSV4RRFFQ69G5FA",   /* 25 digits */
      "01ARZ3NDEKTSV4RRFFQ69G5FAV0", /* 27 digits */
      "80000000000000000000000000",  /* beyond 128 bits */
      "01arz3ndektsv4rrffq69g5fav",  /* lower case */
      "01ARZ3NDEKTSV4RRFFQ69G5FAI",  /* I, L, O and U are no digits */
      "01ARZ3NDEKTSV4RRFFQ69G5FAL",
      "01ARZ3NDEKTSV4RRFFQ69G5FAO",
      "01ARZ3NDEKTSV4RRFFQ69G5FAU",
      "01ARZ3NDEK-SV4RRFFQ69G5FAV",
      "\2001ARZ3NDEKTSV4RRFFQ69G5FAV",
  };
  struct ulid out;
  for (size_t i = 0; i < COUNT(refused); i++)
    assert_false(ulid_parse(refused[i], strlen(refused[i]), &out));
  assert_false(ulid_parse("01ARZ3NDEKTSV4RRFFQ69G5FA\0", 26, &out));
}

static void text_order_is_time_order(void **state)
{
  (void)state;
  static const uint8_t high[ULID_RANDOM_SIZE] = {0xff}, low[ULID_RANDOM_SIZE] = {0};
  static const int64_t times[] = {0,          1, 255, 256, INT64_C(1469918176385), INT64_C(1469918176386),
                                  ULID_MS_MAX};
  for (size_t i = 1; i < COUNT(times); i++) {
    struct ulid before = ulid_make(times[i - 1], high), after = ulid_make(times[i], low);
    char left[ULID_TEXT_SIZE], right[ULID_TEXT_SIZE];
    assert_true(strcmp(ulid_format(&before, left), ulid_format(&after, right)) < 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_ids_are_written_and_read),
      cmocka_unit_test(anything_else_is_refused),
      cmocka_unit_test(text_order_is_time_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
