/* A file of rows, as an import reads it: whatever is accepted must add up to what the rows themselves say,
 * and hold the rows of one reference only. The columns: quantity, line total, reference. */
#include "cli/import/drafts_rows.h"

#include <stdio.h>
#include <string.h>

#include "cli/import/check.h"
#include "cli/import/drafts_ndjson.h"
#include "domain/zone.h"
#include "tests/fuzz/fuzz.h"

enum { QUANTITY, LINE_TOTAL, REFERENCE, CELLS };

/* What the first byte of the input chooses. */
#define CHOOSE_CSV 1
#define CHOOSE_BY_ROW 2
#define CHOOSE_NDJSON 4
#define CHOOSE_ALPHABET 8

/* Each order reads the file once more, so that long inputs would be slow ones. */
#define INPUT_MAX 128

/* What rows are made of; bytes taken for its letters make rows that are often right. */
static const char alphabet[] = "0123456789aa..,,,\"\"   \n\n\n\n";

struct file {
  const uint8_t *data;
  size_t size;
  unsigned choice;
};

static FILE *open_file(const struct file *file)
{
  FILE *stream = fmemopen((void *)(uintptr_t)file->data, file->size, "r");
  FUZZ_CHECK(stream != NULL);
  return stream;
}

static struct cells_reader *open_cells(const struct file *file, FILE *stream)
{
  return file->choice & CHOOSE_CSV ? cells_csv_new(stream) : cells_columns_new(stream);
}

/* ---- the target's own reading ---- */

/* Decimal text to hundredths, by hand. What was accepted has digits, perhaps a point, and nothing but zeros
 * behind the second digit after it; with a sign it is zero, since no row has less than nothing. */
static int64_t hundredths(const char *text, int digits)
{
  int64_t value = 0;
  int behind = -1;
  const bool negative = *text == '-';
  for (const char *p = text + negative; *p != '\0'; p++) {
    if (*p == '.') {
      FUZZ_CHECK(behind == -1);
      behind = 0;
      continue;
    }
    FUZZ_CHECK(*p >= '0' && *p <= '9');
    if (behind >= digits) {
      FUZZ_CHECK(*p == '0');
      continue;
    }
    value = value * 10 + (*p - '0');
    behind += behind >= 0;
  }
  for (int i = MAX(behind, 0); i < digits; i++)
    value *= 10;
  FUZZ_CHECK(!negative || value == 0);
  return value;
}

/* The rows from `line` on, `count` of them: their sums, and that they have one reference. */
static void add_rows(const struct file *file, size_t line, size_t count, int64_t *units, int64_t *money)
{
  FILE *stream = open_file(file);
  struct cells_reader *reader = open_cells(file, stream);
  g_autofree char *reference = NULL;
  struct cells row = {0};
  bool end = false;
  for (size_t left = count; left > 0;) {
    FUZZ_CHECK(reader->next(reader, &row, &end, NULL) == RESULT_OK && !end);
    if (row.line < line || row.count < CELLS || row.cell[QUANTITY][0] == '\0')
      continue;
    *units += hundredths(row.cell[QUANTITY], 0);
    *money += hundredths(row.cell[LINE_TOTAL], 2);
    FUZZ_CHECK(count == 1 || reference == NULL || strcmp(reference, row.cell[REFERENCE]) == 0);
    g_free(reference);
    reference = g_strdup(row.cell[REFERENCE]);
    left--;
  }
  cells_reader_free(reader);
  fclose(stream);
}

/* ---- the code under test ---- */

static const struct merchant merchant = {
    .id = "shop", .zone = "UTC", .currencies = {"EUR"}, .currency_count = 1};

static void check_order(const struct file *file, struct draft *draft)
{
  const struct check_terms terms = {
      .merchant = &merchant, .now_ms = INT64_C(1795442400000), .import_id = "01KAS00000000000000000000F"};
  struct entry entry;
  entry_init(&entry, ENTRY_ORDER);
  if (check_draft(draft, &terms, &entry)) {
    FUZZ_CHECK(draft->faults->len == 0);
    FUZZ_CHECK(g_str_has_prefix(entry.idem, "import/") && entry.order.reference != NULL);
    if (!(file->choice & CHOOSE_NDJSON)) {
      int64_t units = 0, money = 0;
      add_rows(file, draft->line, draft->rows, &units, &money);
      FUZZ_CHECK(entry.totals.units == units && entry.totals.gross == money && entry.totals.total == money);
    }
  } else {
    FUZZ_CHECK(draft->faults->len > 0);
  }
  entry_clear(&entry);
}

static void read_all(const struct file *file, struct drafts *drafts)
{
  size_t before = 0;
  enum result r = RESULT_OK;
  for (bool end = false; r == RESULT_OK && !end;) {
    struct draft draft;
    draft_init(&draft);
    r = drafts->next(drafts, &draft, &end, NULL);
    FUZZ_CHECK(r == RESULT_OK || r == RESULT_INVALID);
    if (r == RESULT_OK && !end) {
      FUZZ_CHECK(draft.line > before && draft.rows > 0);
      before = draft.line;
      check_order(file, &draft);
    }
    draft_clear(&draft);
  }
}

static void bind(struct mapping *mapping, unsigned choice)
{
  g_autoptr(GPtrArray) unused = g_ptr_array_new();
  mapping_init(mapping);
  FUZZ_CHECK(mapping_add(mapping, "quantity=1,line_total=2", NULL) == RESULT_OK);
  FUZZ_CHECK((choice & CHOOSE_BY_ROW) || mapping_add(mapping, "reference=3", NULL) == RESULT_OK);
  FUZZ_CHECK(mapping_add_constant(mapping, "placed_at=20260301", NULL) == RESULT_OK);
  FUZZ_CHECK(mapping_bind(mapping, NULL, unused, NULL) == RESULT_OK);
}

static void read_rows(const struct file *file, struct times *times)
{
  struct mapping mapping;
  bind(&mapping, file->choice);
  FILE *first = open_file(file);
  FILE *second = open_file(file);
  struct cells_reader *scanned = open_cells(file, first);
  struct scattered *scattered = scattered_scan(scanned, &mapping);
  struct rows_terms terms = {.mapping = &mapping,
                             .times = times,
                             .header_width = CELLS,
                             .currency = "EUR",
                             .row_prefix = file->choice & CHOOSE_BY_ROW ? "0123456789ab" : NULL,
                             .scattered = scattered};
  struct drafts *drafts = drafts_rows_new(open_cells(file, second), &terms);
  read_all(file, drafts);
  drafts_free(drafts);
  scattered_free(scattered);
  cells_reader_free(scanned);
  fclose(second);
  fclose(first);
  mapping_clear(&mapping);
}

static void read_ndjson(const struct file *file)
{
  FILE *stream = open_file(file);
  struct drafts *drafts = drafts_ndjson_new(stream, file->choice & CHOOSE_BY_ROW ? "0123456789ab" : NULL);
  read_all(file, drafts);
  drafts_free(drafts);
  fclose(stream);
}

/* Every byte becomes a letter of the alphabet. */
static uint8_t *spell(const uint8_t *data, size_t size)
{
  uint8_t *text = g_malloc(size);
  for (size_t i = 0; i < size; i++)
    text[i] = (uint8_t)alphabet[data[i] % (sizeof alphabet - 1)];
  return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct zone *zone;
  static struct times *times;
  if (zone == NULL) {
    FUZZ_CHECK(zone_open("UTC", &zone, NULL) == RESULT_OK);
    times = times_new(zone);
  }
  if (size < 2 || size > INPUT_MAX)
    return 0;
  g_autofree uint8_t *spelled = data[0] & CHOOSE_ALPHABET ? spell(data + 1, size - 1) : NULL;
  const struct file file = {spelled != NULL ? spelled : data + 1, size - 1, data[0]};
  if (file.choice & CHOOSE_NDJSON)
    read_ndjson(&file);
  else
    read_rows(&file, times);
  return 0;
}
