#include "translation/row_codec.h"

#include <stdbool.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define SLOTS 8

/* The input: a choice, the slot to read, and the dense string. */
struct input {
  bool cut; /* to whole slots, so that most inputs reach their contents */
  bool own; /* ask for the start that the slot itself holds */
  size_t slot;
  const uint8_t *dense;
  size_t size;
};

static bool take_input(const uint8_t *data, size_t size, struct input *in)
{
  if (size < 2)
    return false;
  *in = (struct input){(data[0] & 1) != 0, (data[0] & 2) != 0, data[1] % SLOTS, data + 2, size - 2};
  if (in->cut)
    in->size -= in->size % ROW_CODEC_SIZE;
  return true;
}

/* The slot's bytes, or NULL when it lies beyond the string. */
static const uint8_t *slot_bytes(const struct input *in)
{
  return (in->slot + 1) * ROW_CODEC_SIZE <= in->size ? in->dense + in->slot * ROW_CODEC_SIZE : NULL;
}

/* The start to ask for: the slot's own (little-endian, put together by hand), or some hour. */
static int64_t wanted_start(const struct input *in)
{
  const uint8_t *bytes = slot_bytes(in);
  if (!in->own || bytes == NULL)
    return 1795442400;
  uint64_t start = 0;
  for (int i = 7; i >= 0; i--)
    start = start << 8 | bytes[i];
  return (int64_t)start;
}

static void check_row(const struct input *in, int64_t start, const struct row *row)
{
  static const uint8_t never_written[ROW_CODEC_SIZE];
  const uint8_t *bytes = slot_bytes(in);
  FUZZ_CHECK(row->start == start);
  FUZZ_CHECK(row_check(row, NULL) == RESULT_OK);
  if (bytes == NULL || memcmp(bytes, never_written, ROW_CODEC_SIZE) == 0) {
    FUZZ_CHECK(row_is_zero(row));
    return;
  }
  uint8_t again[ROW_CODEC_SIZE];
  row_codec_write(row, again);
  FUZZ_CHECK(memcmp(again, bytes, ROW_CODEC_SIZE) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct input in;
  if (!take_input(data, size, &in))
    return 0;
  /* a copy of just the size, so that a byte read beyond it is seen */
  g_autoptr(GBytes) dense = g_bytes_new(in.dense, in.size);
  int64_t start = wanted_start(&in);
  struct row row;
  struct err e = ERR_NONE;
  enum result r = row_codec_read(dense, in.slot, start, &row, &e);
  FUZZ_CHECK(r == RESULT_OK || r == RESULT_CORRUPT);
  FUZZ_CHECK((r == RESULT_OK) == (e.code == RESULT_OK));
  FUZZ_CHECK(r == RESULT_CORRUPT || in.size % ROW_CODEC_SIZE == 0);
  if (r == RESULT_OK)
    check_row(&in, start, &row);
  return 0;
}
