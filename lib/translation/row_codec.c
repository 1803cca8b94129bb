#include "translation/row_codec.h"

#include <inttypes.h>
#include <string.h>

#include "base/mutant.h"

#define WORD sizeof(int64_t)

static void put_word(uint8_t *at, int64_t value)
{
  int64_t little = GINT64_TO_LE(value);
  memcpy(at, &little, WORD);
}

static int64_t get_word(const uint8_t *at)
{
  int64_t little;
  memcpy(&little, at, WORD);
  return GINT64_FROM_LE(little);
}

void row_codec_write(const struct row *row, uint8_t out[ROW_CODEC_SIZE])
{
  put_word(out, row->start);
  for (size_t i = 0; i < METRIC_ADDITIVE; i++)
    put_word(out + WORD * (i + 1), row->columns[i]);
}

static enum result read_slot(const uint8_t *at, int64_t start, struct row *out, struct err *e)
{
  *out = row_zero(get_word(at));
  for (size_t i = 0; i < METRIC_ADDITIVE; i++)
    out->columns[i] = get_word(at + WORD * (i + 1));

  bool written = out->start != 0 || !row_is_zero(out);
  if (!written) {
    out->start = start;
    return RESULT_OK;
  }
  if (out->start != start && !MUTANT("row-codec-ignores-start"))
    return err_set(e, RESULT_CORRUPT, "row %" PRId64 ": the slot holds %" PRId64, start, out->start);
  struct err why = ERR_NONE;
  if (row_check(out, &why) != RESULT_OK)
    return err_set(e, RESULT_CORRUPT, "%s", why.text);
  return RESULT_OK;
}

enum result row_codec_read(GBytes *dense, size_t slot, int64_t start, struct row *out, struct err *e)
{
  *out = row_zero(start);
  if (dense == NULL)
    return RESULT_OK;
  size_t size;
  const uint8_t *bytes = g_bytes_get_data(dense, &size);
  if (size % ROW_CODEC_SIZE != 0)
    return err_set(e, RESULT_CORRUPT, "row %" PRId64 ": %zu bytes are no whole number of slots", start, size);
  if (slot >= size / ROW_CODEC_SIZE && !MUTANT("row-codec-reads-beyond"))
    return RESULT_OK;
  return read_slot(bytes + slot * ROW_CODEC_SIZE, start, out, e);
}
