#include "translation/row_codec.h"

#include <string.h>

#include "tests/unit/unit.h"

#define START INT64_C(1795442400)

/* The first twelve words: struct.pack("<12q", 1795442400, 2, 3, 1, 10000, 1500, 2000, 1235, 490, 8225, 1,
 * -2870); columns that a test build adds are zero. (A real `refunded` is never negative; here it shows the
 * sign.) */
static const uint8_t written[ROW_CODEC_SIZE] = {
    0xe0, 0x46, 0x04, 0x6b, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x10, 0x27, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xdc, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xd0, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xd3, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xea, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xca, 0xf4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

static struct row sample(void)
{
  struct row row = row_zero(START);
  static const int64_t columns[] = {2, 3, 1, 10000, 1500, 2000, 1235, 490, 8225, 1, -2870};
  memcpy(row.columns, columns, sizeof columns);
  return row;
}

/* `slots` slots, all never written but number `at`. */
static GBytes *dense_with(size_t slots, size_t at, const uint8_t slot[ROW_CODEC_SIZE])
{
  uint8_t *bytes = g_malloc0(slots * ROW_CODEC_SIZE);
  memcpy(bytes + at * ROW_CODEC_SIZE, slot, ROW_CODEC_SIZE);
  return g_bytes_new_take(bytes, slots * ROW_CODEC_SIZE);
}

static void test_write(void **state)
{
  (void)state;
  struct row row = sample();
  uint8_t out[ROW_CODEC_SIZE];
  row_codec_write(&row, out);
  assert_memory_equal(out, written, ROW_CODEC_SIZE);
}

static void test_read(void **state)
{
  (void)state;
  g_autoptr(GBytes) dense = dense_with(24, 7, written);
  struct row row, expected = sample();
  assert_int_equal(row_codec_read(dense, 7, START, &row, NULL), RESULT_OK);
  assert_true(row_equal(&row, &expected));
}

static void test_never_written_is_zero(void **state)
{
  (void)state;
  g_autoptr(GBytes) dense = dense_with(24, 7, written);
  g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
  const struct {
    GBytes *dense;
    size_t slot;
  } cases[] = {{NULL, 0},  {NULL, 365}, {empty, 0},  {dense, 0},
               {dense, 8}, {dense, 23}, {dense, 24}, {dense, SIZE_MAX}};
  struct row expected = row_zero(START);
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct row row = sample();
    assert_int_equal(row_codec_read(cases[i].dense, cases[i].slot, START, &row, NULL), RESULT_OK);
    assert_true(row_equal(&row, &expected));
  }
}

static void test_bucket_at_the_epoch(void **state)
{
  (void)state;
  struct row epoch = sample(), row;
  epoch.start = 0;
  uint8_t slot[ROW_CODEC_SIZE];
  row_codec_write(&epoch, slot);
  g_autoptr(GBytes) dense = dense_with(1, 0, slot);
  assert_int_equal(row_codec_read(dense, 0, 0, &row, NULL), RESULT_OK);
  assert_true(row_equal(&row, &epoch));
  assert_int_equal(row_codec_read(dense, 0, START, &row, NULL), RESULT_CORRUPT);
}

static void expect_corrupt(const uint8_t *bytes, size_t size, const char *word)
{
  g_autoptr(GBytes) dense = g_bytes_new(bytes, size);
  struct row row;
  struct err e = ERR_NONE;
  assert_int_equal(row_codec_read(dense, 0, START, &row, &e), RESULT_CORRUPT);
  assert_int_equal(e.code, RESULT_CORRUPT);
  assert_non_null(strstr(e.text, word));
}

static void test_corrupt(void **state)
{
  (void)state;
  uint8_t bytes[ROW_CODEC_SIZE];
  for (size_t size = 1; size < ROW_CODEC_SIZE; size++)
    expect_corrupt(written, size, "whole number of slots");

  memcpy(bytes, written, sizeof bytes);
  bytes[0] ^= 1; /* another start */
  expect_corrupt(bytes, sizeof bytes, "the slot holds");

  memset(bytes, 0, sizeof bytes);
  bytes[1] = 1; /* a start that is not asked for, nothing else */
  expect_corrupt(bytes, sizeof bytes, "the slot holds");

  memcpy(bytes, written, sizeof bytes);
  bytes[8 * (1 + METRIC_taxes)] ^= 1;
  expect_corrupt(bytes, sizeof bytes, "balance");

  for (size_t column = 0; column < METRIC_ADDITIVE; column++) {
    memcpy(bytes, written, sizeof bytes);
    bytes[8 * (1 + column) + 7] = 0x40; /* 2^62 and more */
    expect_corrupt(bytes, sizeof bytes, metric_table[column].name);
  }
}

/* A fault in one slot is that slot's: the others can still be read. */
static void test_other_slots_stay_readable(void **state)
{
  (void)state;
  uint8_t bytes[2 * ROW_CODEC_SIZE];
  memset(bytes, 0xff, ROW_CODEC_SIZE);
  memcpy(bytes + ROW_CODEC_SIZE, written, ROW_CODEC_SIZE);
  g_autoptr(GBytes) dense = g_bytes_new(bytes, sizeof bytes);
  struct row row;
  assert_int_equal(row_codec_read(dense, 0, START, &row, NULL), RESULT_CORRUPT);
  assert_int_equal(row_codec_read(dense, 1, START, &row, NULL), RESULT_OK);
}

/* Whatever makes a slot unreadable, what stands in it can be told. */
static void test_peek(void **state)
{
  (void)state;
  g_autoptr(GBytes) dense = dense_with(24, 7, written);
  g_autoptr(GBytes) broken = g_bytes_new(written, ROW_CODEC_SIZE - 1);
  struct row row, expected = sample(), zero = row_zero(0);
  assert_true(row_codec_peek(dense, 7, &row));
  assert_int_equal(row.start, START);
  assert_true(row_equal(&row, &expected));
  GBytes *const never[] = {NULL, dense, dense};
  static const size_t slots[] = {0, 6, 24};
  for (size_t i = 0; i < COUNT(slots); i++) {
    assert_true(row_codec_peek(never[i], slots[i], &row));
    assert_int_equal(row.start, 0);
    assert_true(row_equal(&row, &zero));
  }
  assert_false(row_codec_peek(broken, 0, &row));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_write),
      cmocka_unit_test(test_read),
      cmocka_unit_test(test_never_written_is_zero),
      cmocka_unit_test(test_bucket_at_the_epoch),
      cmocka_unit_test(test_corrupt),
      cmocka_unit_test(test_other_slots_stay_readable),
      cmocka_unit_test(test_peek),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
