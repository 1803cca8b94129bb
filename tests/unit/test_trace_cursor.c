#include "fcgi/trace_cursor.h"

#include "tests/unit/unit.h"

static const uint8_t key[CURSOR_KEY_SIZE] = {1, 2, 3}, other_key[CURSOR_KEY_SIZE] = {1, 2, 4};
static const uint8_t hash[CURSOR_HASH_SIZE] = {5, 6}, other_hash[CURSOR_HASH_SIZE] = {5, 7};
static const struct trace_seal seal = {.key = key, .hash = hash, .zone_rules = "00000000000000aa"};

static struct trace_cursor make_cursor(void)
{
  static const uint8_t random[ULID_RANDOM_SIZE] = {9, 8, 7};
  return (struct trace_cursor){
      .at = UINT64_C(0xeb04517800000007),
      .as_of_ms = 1795435200123,
      .range = {.preset = RANGE_LAST_7D,
                .by_date = true,
                .cut = true,
                .first_date = 20773,
                .end_date = 20780,
                .from = 3,
                .to = 4},
      .currency = "EUR",
      .complete = true,
      .known = true,
      .figure = -12345678901,
      .sum = -5,
      .last = ulid_make(1795435200000, random),
  };
}

static void what_is_sealed_is_opened(void **state)
{
  (void)state;
  struct trace_cursor cursor = make_cursor(), opened;
  uint8_t bytes[TRACE_CURSOR_SIZE];
  trace_cursor_seal(&cursor, &seal, bytes);
  assert_true(trace_cursor_open(bytes, &seal, &opened));
  assert_true(opened.at == cursor.at);
  assert_int_equal(opened.as_of_ms, cursor.as_of_ms);
  assert_int_equal(opened.range.preset, RANGE_LAST_7D);
  assert_true(opened.range.by_date && opened.range.cut && opened.complete && opened.known);
  assert_int_equal(opened.range.first_date, 20773);
  assert_int_equal(opened.range.end_date, 20780);
  assert_int_equal(opened.range.from, 3);
  assert_int_equal(opened.range.to, 4);
  assert_string_equal(opened.currency, "EUR");
  assert_int_equal(opened.figure, cursor.figure);
  assert_int_equal(opened.sum, -5);
  assert_memory_equal(&opened.last, &cursor.last, sizeof cursor.last);
}

static void a_changed_bit_is_noticed_wherever_it_is(void **state)
{
  (void)state;
  struct trace_cursor cursor = make_cursor(), opened;
  uint8_t bytes[TRACE_CURSOR_SIZE];
  trace_cursor_seal(&cursor, &seal, bytes);
  for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
    bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    if (trace_cursor_open(bytes, &seal, &opened))
      fail_msg("bit %zu", bit);
    bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
}

static void it_belongs_to_one_question_one_zone_and_one_key(void **state)
{
  (void)state;
  struct trace_cursor cursor = make_cursor(), opened;
  struct trace_seal others[] = {seal, seal, seal};
  uint8_t bytes[TRACE_CURSOR_SIZE];
  others[0].key = other_key;
  others[1].hash = other_hash;
  others[2].zone_rules = "00000000000000ab";
  trace_cursor_seal(&cursor, &seal, bytes);
  for (size_t i = 0; i < COUNT(others); i++)
    assert_false(trace_cursor_open(bytes, &others[i], &opened));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_sealed_is_opened),
      cmocka_unit_test(a_changed_bit_is_noticed_wherever_it_is),
      cmocka_unit_test(it_belongs_to_one_question_one_zone_and_one_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
