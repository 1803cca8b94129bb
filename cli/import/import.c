#include "cli/import/import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "cli/import/check.h"
#include "cli/import/drafts_ndjson.h"
#include "cli/import/drafts_rows.h"
#include "cli/import/file_prefix.h"
#include "cli/import/progress.h"
#include "cli/import/times.h"
#include "cli/import/writer.h"

/* What an import holds while it runs; import_close ends it. */
struct import {
  struct import_options *options;
  FILE *stream;
  long size;
  char *row_prefix; /* or NULL */
  bool has_header;
  struct zone *zone;
  struct times *times;
  struct scattered *scattered;
  struct drafts *drafts;
  struct bad *bad;
  struct progress progress;
  struct writer *writer;
};

/* Rows are read twice (references by SHA-256, orders that are scattered), so that a pipe will not do. */
static enum result open_file(struct import *import, struct err *e)
{
  const struct import_options *options = import->options;
  struct stat about;
  import->stream = fopen(options->path, "re");
  if (import->stream == NULL || fstat(fileno(import->stream), &about) != 0)
    return err_set(e, RESULT_NOT_FOUND, "%s: %s", options->path, strerror(errno));
  if (!S_ISREG(about.st_mode))
    return err_set(e, RESULT_NOT_FOUND, "%s: not a regular file", options->path);
  import->size = about.st_size;
  return options->reference_by_row ? file_prefix(import->stream, &import->row_prefix, e) : RESULT_OK;
}

static struct cells_reader *open_cells(struct import *import)
{
  rewind(import->stream);
  return import->options->format == IMPORT_CSV ? cells_csv_new(import->stream)
                                               : cells_columns_new(import->stream);
}

/* Reads the first row, which may be a header, and finds the columns. */
static enum result bind_columns(struct import *import, size_t *width, GPtrArray *unused, struct err *e)
{
  struct import_options *options = import->options;
  struct cells_reader *cells = open_cells(import);
  struct cells first = {0};
  bool end = false;
  enum result r = cells->next(cells, &first, &end, e);
  if (r == RESULT_OK && (end || first.fault != NULL))
    r = err_set(e, RESULT_INVALID, "%s: there is no first row", options->path);
  if (r == RESULT_OK) {
    import->has_header = options->format == IMPORT_CSV || mapping_sees_header(&options->mapping, &first);
    *width = import->has_header ? first.count : 0;
    r = mapping_bind(&options->mapping, import->has_header ? &first : NULL, unused, e);
  }
  cells_reader_free(cells);
  return r;
}

/* From the first row after the header. Caller owns *out, also on failure. */
static enum result open_body(struct import *import, struct cells_reader **out, struct err *e)
{
  struct cells header;
  bool end;
  *out = open_cells(import);
  return import->has_header ? (*out)->next(*out, &header, &end, e) : RESULT_OK;
}

/* A first pass finds the orders whose rows do not stand together; where each row is an order there can be
 * none. */
static enum result find_scattered(struct import *import, struct err *e)
{
  if (import->options->mapping.column[ROW_FIELD_REFERENCE] < 0)
    return RESULT_OK;
  struct cells_reader *cells = NULL;
  enum result r = open_body(import, &cells, e);
  if (r == RESULT_OK)
    import->scattered = scattered_scan(cells, &import->options->mapping);
  cells_reader_free(cells);
  return r;
}

static enum result open_rows(struct import *import, const char *currency, GPtrArray *unused, struct err *e)
{
  struct import_options *options = import->options;
  struct rows_terms terms = {
      .mapping = &options->mapping, .currency = currency, .row_prefix = import->row_prefix};
  enum result r = zone_open(options->zone, &import->zone, e);
  if (r != RESULT_OK)
    return r;
  r = bind_columns(import, &terms.header_width, unused, e);
  if (r == RESULT_OK)
    r = mapping_check(&options->mapping, options->reference_by_row, e);
  if (r == RESULT_OK)
    r = find_scattered(import, e);
  if (r != RESULT_OK)
    return r;
  struct cells_reader *cells = NULL;
  terms.scattered = import->scattered;
  terms.times = import->times = times_new(import->zone);
  r = open_body(import, &cells, e);
  import->drafts = drafts_rows_new(cells, &terms);
  return r;
}

static enum result open_drafts(struct import *import, const struct merchant *merchant, GPtrArray *unused,
                               struct err *e)
{
  const struct import_options *options = import->options;
  const char *currency = options->currency;
  if (options->format == IMPORT_NDJSON) {
    import->drafts = drafts_ndjson_new(import->stream, import->row_prefix);
    return RESULT_OK;
  }
  if (currency == NULL && merchant->currency_count == 1)
    currency = merchant->currencies[0];
  return open_rows(import, currency, unused, e);
}

static void import_close(struct import *import)
{
  writer_free(import->writer);
  drafts_free(import->drafts);
  scattered_free(import->scattered);
  times_free(import->times);
  zone_free(import->zone);
  g_free(import->row_prefix);
  if (import->stream != NULL)
    fclose(import->stream);
}

/* One order from the file to the writer or to the bad rows. */
static enum result take_draft(struct import *import, struct draft *draft, const struct check_terms *terms,
                              struct tally *tally, struct err *e)
{
  struct entry entry;
  entry_init(&entry, ENTRY_ORDER);
  enum result r = RESULT_OK;
  tally->read++;
  tally->rows += draft->rows;
  if (check_draft(draft, terms, &entry)) {
    r = writer_take(import->writer, &entry, draft->line, e);
  } else {
    tally->bad++;
    bad_add(import->bad, draft);
  }
  entry_clear(&entry);
  return r;
}

static enum result take_all(struct import *import, const struct check_terms *terms, struct tally *tally,
                            struct err *e)
{
  enum result r = RESULT_OK;
  for (bool end = false; r == RESULT_OK && !end;) {
    struct draft draft;
    draft_init(&draft);
    r = import->drafts->next(import->drafts, &draft, &end, e);
    if (r == RESULT_OK && !end)
      r = take_draft(import, &draft, terms, tally, e);
    draft_clear(&draft);
    progress_show(&import->progress, tally);
  }
  return r;
}

/* What was read before a failure is stored all the same: it is right, and the next run skips it. */
static enum result take_and_flush(struct import *import, const struct check_terms *terms, struct tally *tally,
                                  struct err *e)
{
  enum result r = take_all(import, terms, tally, e);
  enum result flushed = r == RESULT_UNAVAILABLE ? r : writer_flush(import->writer, e);
  progress_end(&import->progress);
  return r != RESULT_OK ? r : flushed;
}

static void make_id(int64_t now_ms, char out[ULID_TEXT_SIZE])
{
  uint8_t random[ULID_RANDOM_SIZE];
  randombytes_buf(random, sizeof random);
  struct ulid ulid = ulid_make(now_ms, random);
  ulid_format(&ulid, out);
}

enum result import_run(struct import_options *options, const struct merchant *merchant, struct ledger *ledger,
                       struct clock *clock, struct import_outcome *out, struct err *e)
{
  struct import import = {.options = options};
  struct check_terms terms = {
      .merchant = merchant, .now_ms = clock->wall_ms(clock), .import_id = out->import_id};
  *out = (struct import_outcome){.unused = g_ptr_array_new_with_free_func(g_free)};
  make_id(terms.now_ms, out->import_id);
  enum result r = open_file(&import, e);
  if (r == RESULT_OK)
    r = open_drafts(&import, merchant, out->unused, e);
  if (r == RESULT_OK) {
    r = bad_open(options->bad_path, &import.bad, e);
    out->no_bad_file = r != RESULT_OK;
  }
  if (r == RESULT_OK) {
    progress_init(&import.progress, clock, import.stream, import.size);
    import.writer = writer_new(ledger, clock, import.bad, &out->tally, &import.progress);
    r = take_and_flush(&import, &terms, &out->tally, e);
    enum result closed = bad_close(import.bad, e);
    r = r != RESULT_OK ? r : closed;
  }
  import_close(&import);
  return r;
}

void import_outcome_clear(struct import_outcome *outcome)
{
  if (outcome->unused != NULL)
    g_ptr_array_free(outcome->unused, TRUE);
}
