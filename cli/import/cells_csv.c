#include "cli/import/cells.h"

#include <string.h>

#include <csv.h>
#include <glib.h>

#include "cli/import/lines.h"

struct csv_reader {
  struct cells_reader reader;
  struct lines *lines;
  struct csv_parser parser;
  GPtrArray *cells; /* owned texts of the row being read */
  bool row_done;
};

/* A carriage return before the line feed is a blank; only the line feed ends a row, so that rows and lines
 * agree. */
static int is_blank(unsigned char c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

static int is_end_of_row(unsigned char c)
{
  return c == '\n';
}

static void take_cell(void *text, size_t length, void *arg)
{
  struct csv_reader *csv = arg;
  g_ptr_array_add(csv->cells, g_strndup(text, length));
}

static void take_row(int end, void *arg)
{
  struct csv_reader *csv = arg;
  (void)end;
  csv->row_done = true;
}

static enum result break_off(struct cells *out, size_t line, const char *fault, struct err *e)
{
  *out = (struct cells){.line = line, .fault = fault};
  return err_set(e, RESULT_INVALID, "line %zu: %s", line, fault);
}

static enum result feed(struct csv_reader *csv, const struct line *line, struct cells *out, struct err *e)
{
  if (csv_parse(&csv->parser, line->text, line->length, take_cell, take_row, csv) != line->length ||
      csv_parse(&csv->parser, "\n", 1, take_cell, take_row, csv) != 1)
    return break_off(out, line->number, "a quote out of place; the rest of the file was not read", e);
  return RESULT_OK;
}

/* The row that began on line `first` goes on: further lines until it ends. Nobody can tell where the next row
 * begins when one of them is missing. */
static enum result take_rest(struct csv_reader *csv, size_t first, size_t length, struct cells *out,
                             struct err *e)
{
  while (!csv->row_done) {
    struct line line = {0};
    bool end = false;
    enum result r = lines_next(csv->lines, &line, &end, e);
    if (r != RESULT_OK)
      return r;
    length += line.length;
    if (end || line.fault != NULL || length > LINES_LENGTH_MAX)
      return break_off(out, first,
                       "a quoted cell does not end, or is too long to be read; the rest of the file was not "
                       "read",
                       e);
    r = feed(csv, &line, out, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

/* Only a quoted cell makes a row longer than its line; a line that neither ends a row nor holds a quote is
 * blank. */
static bool is_begun(const struct csv_reader *csv, const struct line *line)
{
  return csv->row_done || strchr(line->text, '"') != NULL;
}

static enum result csv_next(struct cells_reader *self, struct cells *out, bool *end, struct err *e)
{
  struct csv_reader *csv = (struct csv_reader *)self;
  struct line line = {0};
  g_ptr_array_set_size(csv->cells, 0);
  csv->row_done = false;
  do {
    enum result r = lines_next(csv->lines, &line, end, e);
    if (r != RESULT_OK || *end)
      return r;
    if (line.fault != NULL)
      break;
    r = feed(csv, &line, out, e);
    if (r != RESULT_OK)
      return r;
  } while (!is_begun(csv, &line));
  enum result r = line.fault != NULL ? RESULT_OK : take_rest(csv, line.number, line.length, out, e);
  if (r == RESULT_OK)
    *out = (struct cells){.line = line.number,
                          .cell = (char **)csv->cells->pdata,
                          .count = csv->cells->len,
                          .fault = line.fault};
  return r;
}

static void csv_reader_free(struct cells_reader *self)
{
  struct csv_reader *csv = (struct csv_reader *)self;
  lines_free(csv->lines);
  csv_free(&csv->parser);
  g_ptr_array_free(csv->cells, TRUE);
  g_free(csv);
}

struct cells_reader *cells_csv_new(FILE *stream)
{
  struct csv_reader *csv = g_new0(struct csv_reader, 1);
  csv->reader = (struct cells_reader){.next = csv_next, .free = csv_reader_free};
  csv->lines = lines_new(stream);
  csv->cells = g_ptr_array_new_with_free_func(g_free);
  csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI);
  csv_set_space_func(&csv->parser, is_blank);
  csv_set_term_func(&csv->parser, is_end_of_row);
  return &csv->reader;
}
