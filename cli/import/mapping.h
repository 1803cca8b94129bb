/* mapping: where each of our fields comes from: a column of the file, or one text for all rows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "base/err.h"
#include "cli/import/cells.h"
#include "cli/import/row_field.h"

/* The product of every line, where a file knows of no products. */
#define MAPPING_NO_PRODUCT "unspecified"

struct mapping {
  char *theirs[ROW_FIELDS];   /* the column's name, or its number in decimal; NULL: not mapped */
  char *constant[ROW_FIELDS]; /* NULL: none */
  int column[ROW_FIELDS];     /* 0-based; -1: none. Known after mapping_bind */
};

void mapping_init(struct mapping *mapping);
void mapping_clear(struct mapping *mapping);

/* Adds "ours=theirs[,ours=theirs...]" (a column's name, or its 1-based number). RESULT_INVALID: no such
 * field, or mapped twice. */
MUST_CHECK enum result mapping_add(struct mapping *mapping, const char *text, struct err *e);

/* Adds "ours=text": every row says the same; `text` may hold commas. RESULT_INVALID as above. */
MUST_CHECK enum result mapping_add_constant(struct mapping *mapping, const char *text, struct err *e);

/* Whether a file's first row is a header: it must be one when a column is named by anything but its number,
 * or when nothing else tells where placed_at stands; and no row of an order has a placed_at without a digit.
 */
bool mapping_sees_header(const struct mapping *mapping, const struct cells *first);

/* Finds the columns. With a header, columns that bear a field's own name are mapped without being asked; the
 * names of columns that nothing uses are added to `unused`. `header` NULL: there is none. RESULT_INVALID: no
 * such column, or the same name twice. */
MUST_CHECK enum result mapping_bind(struct mapping *mapping, const struct cells *header, GPtrArray *unused,
                                    struct err *e);

/* Whether every order can have what it needs. `reference_by_row`: references may be missing. RESULT_INVALID
 * names what is missing. After mapping_bind. */
MUST_CHECK enum result mapping_check(const struct mapping *mapping, bool reference_by_row, struct err *e);

/* What the row says for a field: NULL when it says nothing (no column, or an empty cell). Borrowed. */
const char *mapping_get(const struct mapping *mapping, enum row_field field, const struct cells *row);

/* The least number of cells that a row must have. After mapping_bind. */
size_t mapping_width(const struct mapping *mapping);
