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

/* ---- layouts ---- */

const char *row_layout_format(char out[ROW_LAYOUT_TEXT_SIZE])
{
  g_snprintf(out, ROW_LAYOUT_TEXT_SIZE, "%d:", METRIC_DEFINITIONS_VERSION);
  for (int i = 0; i < METRIC_ADDITIVE; i++) {
    if (i > 0)
      g_strlcat(out, ",", ROW_LAYOUT_TEXT_SIZE);
    g_strlcat(out, metric_table[i].name, ROW_LAYOUT_TEXT_SIZE);
  }
  return out;
}

static void place_columns(char **names, struct row_layout *out)
{
  out->columns = g_strv_length(names);
  for (int m = 0; m < METRIC_ADDITIVE; m++) {
    out->where[m] = -1;
    for (int i = 0; names[i] != NULL; i++)
      if (strcmp(names[i], metric_table[m].name) == 0)
        out->where[m] = i;
  }
}

enum result row_layout_parse(const char *text, struct row_layout *out, struct err *e)
{
  char *end;
  int64_t version = g_ascii_strtoll(text, &end, 10);
  if (*end != ':' || end == text || end[1] == '\0')
    return err_set(e, RESULT_CORRUPT, "a card's columns are not in their form");
  if (version != METRIC_DEFINITIONS_VERSION)
    return err_set(e, RESULT_STALE,
                   "this merchant's figures are still to be cut under the present definitions");
  g_auto(GStrv) names = g_strsplit(end + 1, ",", -1);
  place_columns(names, out);
  return RESULT_OK;
}

static const struct row_layout *own_layout(void)
{
  static struct row_layout own;
  static gsize made;
  if (g_once_init_enter(&made)) {
    own.columns = METRIC_ADDITIVE;
    for (int m = 0; m < METRIC_ADDITIVE; m++)
      own.where[m] = m;
    g_once_init_leave(&made, 1);
  }
  return &own;
}

/* ---- reading ---- */

/* The balance law can be looked at where all of its terms are kept. */
static bool keeps_balance(const struct row_layout *layout)
{
  static const int terms[] = {METRIC_gross_sales, METRIC_discounts, METRIC_returns,
                              METRIC_taxes,       METRIC_shipping,  METRIC_total_sales};
  for (size_t i = 0; i < G_N_ELEMENTS(terms); i++)
    if (layout->where[terms[i]] < 0)
      return false;
  return true;
}

static bool all_zero(const uint8_t *at, size_t size)
{
  return at[0] == 0 && memcmp(at, at + 1, size - 1) == 0;
}

static enum result read_slot(const struct row_layout *layout, const uint8_t *at, int64_t start,
                             struct row *out, struct err *e)
{
  *out = row_zero(get_word(at));
  for (size_t i = 0; i < METRIC_ADDITIVE; i++)
    if (layout->where[i] >= 0)
      out->columns[i] = get_word(at + WORD * (size_t)(layout->where[i] + 1));

  bool written = !all_zero(at, WORD * (layout->columns + 1));
  if (!written) {
    out->start = start;
    return RESULT_OK;
  }
  if (out->start != start && !MUTANT("row-codec-ignores-start"))
    return err_set(e, RESULT_CORRUPT, "row %" PRId64 ": the slot holds %" PRId64, start, out->start);
  struct err why = ERR_NONE;
  if (keeps_balance(layout) && row_check(out, &why) != RESULT_OK)
    return err_set(e, RESULT_CORRUPT, "%s", why.text);
  return RESULT_OK;
}

enum result row_codec_read_laid_out(const struct row_layout *layout, GBytes *dense, size_t slot,
                                    int64_t start, struct row *out, struct err *e)
{
  size_t slot_size = WORD * (layout->columns + 1);
  *out = row_zero(start);
  if (dense == NULL)
    return RESULT_OK;
  size_t size;
  const uint8_t *bytes = g_bytes_get_data(dense, &size);
  if (size % slot_size != 0)
    return err_set(e, RESULT_CORRUPT, "row %" PRId64 ": %zu bytes are no whole number of slots", start, size);
  if (slot >= size / slot_size && !MUTANT("row-codec-reads-beyond"))
    return RESULT_OK;
  return read_slot(layout, bytes + slot * slot_size, start, out, e);
}

enum result row_codec_read(GBytes *dense, size_t slot, int64_t start, struct row *out, struct err *e)
{
  return row_codec_read_laid_out(own_layout(), dense, slot, start, out, e);
}

bool row_codec_peek(GBytes *dense, size_t slot, struct row *out)
{
  gsize size = 0;
  const uint8_t *bytes = dense != NULL ? g_bytes_get_data(dense, &size) : NULL;
  *out = row_zero(0);
  if (size % ROW_CODEC_SIZE != 0)
    return false;
  if (slot >= size / ROW_CODEC_SIZE)
    return true;
  const uint8_t *at = bytes + slot * ROW_CODEC_SIZE;
  out->start = get_word(at);
  for (size_t i = 0; i < METRIC_ADDITIVE; i++)
    out->columns[i] = get_word(at + WORD * (i + 1));
  return true;
}
