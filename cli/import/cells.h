/* cells: the rows of a file as arrays of texts, whatever separates them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

struct cells {
  size_t line; /* number of the row's first line, 1-based */
  char **cell; /* [count]; borrowed until the next call */
  size_t count;
  const char *fault; /* why the row cannot be read (static text), or NULL */
};

struct cells_reader {
  /* The next row that is not blank, or *end. RESULT_INVALID: the rest of the file cannot be told apart; line
   * and fault of `out` then say where and why, and it has no cells. */
  MUST_CHECK enum result (*next)(struct cells_reader *self, struct cells *out, bool *end, struct err *e);
  void (*free)(struct cells_reader *self);
};

/* Cells separated by blanks and tabs. `stream` is borrowed. */
struct cells_reader *cells_columns_new(FILE *stream);

/* RFC 4180: cells separated by commas; one in double quotes may hold commas, line feeds and doubled quotes. A
 * quote out of place ends the reading, because nobody can tell where the next row begins. `stream` is
 * borrowed. */
struct cells_reader *cells_csv_new(FILE *stream);

void cells_reader_free(struct cells_reader *reader); /* NULL is fine */
