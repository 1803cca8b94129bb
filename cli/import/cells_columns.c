#include "cli/import/cells.h"

#include <string.h>

#include <glib.h>

#include "cli/import/lines.h"

#define BLANKS " \t\r"

struct columns_reader {
  struct cells_reader reader;
  struct lines *lines;
  char *text;       /* of the row given out last, cut into cells */
  GPtrArray *cells; /* into text */
};

static void cut(struct columns_reader *columns)
{
  g_ptr_array_set_size(columns->cells, 0);
  char *rest = NULL;
  for (char *cell = strtok_r(columns->text, BLANKS, &rest); cell != NULL;
       cell = strtok_r(NULL, BLANKS, &rest))
    g_ptr_array_add(columns->cells, cell);
}

static enum result columns_next(struct cells_reader *self, struct cells *out, bool *end, struct err *e)
{
  struct columns_reader *columns = (struct columns_reader *)self;
  struct line line = {0};
  do {
    enum result r = lines_next(columns->lines, &line, end, e);
    if (r != RESULT_OK || *end)
      return r;
  } while (line.fault == NULL && line.text[strspn(line.text, BLANKS)] == '\0');
  g_free(columns->text);
  columns->text = g_strdup(line.text);
  cut(columns);
  *out = (struct cells){.line = line.number,
                        .cell = (char **)columns->cells->pdata,
                        .count = columns->cells->len,
                        .fault = line.fault};
  return RESULT_OK;
}

static void columns_free(struct cells_reader *self)
{
  struct columns_reader *columns = (struct columns_reader *)self;
  lines_free(columns->lines);
  g_ptr_array_free(columns->cells, TRUE);
  g_free(columns->text);
  g_free(columns);
}

struct cells_reader *cells_columns_new(FILE *stream)
{
  struct columns_reader *columns = g_new0(struct columns_reader, 1);
  columns->reader = (struct cells_reader){.next = columns_next, .free = columns_free};
  columns->lines = lines_new(stream);
  columns->cells = g_ptr_array_new();
  return &columns->reader;
}
