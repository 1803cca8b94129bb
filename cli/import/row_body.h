/* row_body: an order body made of the rows of a file, one line of the order per row. */
#pragma once

#include <stddef.h>

#include <json-c/json.h>

#include "cli/import/cells.h"
#include "cli/import/draft.h"
#include "cli/import/drafts_rows.h"

struct row_body {
  const struct rows_terms *terms; /* borrowed */
  struct json_object *order;      /* without its lines */
  struct json_object *lines;
  char *first[ROW_FIELD_PRODUCT_ID]; /* what the first row says of the order; NULL: nothing */
  int exponent;                      /* of the order's currency; -1: no such currency */
};

/* `reference` is the order's, of the file or made. Ended by row_body_finish. */
void row_body_init(struct row_body *body, const struct rows_terms *terms, const char *reference);

/* Adds a row: its line, and of the first row what belongs to the order. What is wrong is added to the draft.
 */
void row_body_add(struct row_body *body, struct draft *draft, const struct cells *row);

/* Gives the body to the draft. */
void row_body_finish(struct row_body *body, struct draft *draft);
