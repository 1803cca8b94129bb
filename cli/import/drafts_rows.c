#include "cli/import/drafts_rows.h"

#include <string.h>

#include "base/mutant.h"
#include "cli/import/row_body.h"

struct drafts_rows {
  struct drafts drafts;
  struct cells_reader *cells;
  struct rows_terms terms;
  struct cells held; /* the row that ended the order before; valid until the next row is read */
  bool has_held;
  bool after_unreadable; /* the row before `held` could not be read */
  struct err broken;     /* why nothing can be read any more; RESULT_OK: it can */
};

static bool is_blank(const struct cells *row)
{
  for (size_t i = 0; i < row->count; i++)
    if (row->cell[i][0] != '\0')
      return false;
  return row->fault == NULL;
}

/* A row with a cell too many or too few has its texts under the wrong names. */
static void check_width(const struct rows_terms *terms, struct cells *row)
{
  if (row->fault != NULL)
    return;
  if (terms->header_width > 0 && row->count != terms->header_width)
    row->fault = "the row has not as many cells as the header";
  else if (row->count < mapping_width(terms->mapping))
    row->fault = "the row has too few cells";
}

/* Where the file breaks off stands a row that cannot be read: it is told, and makes the order before it bad.
 * The row after that one is the failure. */
static enum result read_row(struct drafts_rows *rows, struct cells *row, bool *end, struct err *e)
{
  if (rows->broken.code != RESULT_OK)
    return err_set(e, rows->broken.code, "%s", rows->broken.text);
  enum result r = rows->cells->next(rows->cells, row, end, &rows->broken);
  if (r == RESULT_INVALID)
    return RESULT_OK;
  return r == RESULT_OK ? r : err_set(e, r, "%s", rows->broken.text);
}

static enum result take_row(struct drafts_rows *rows, struct cells *row, bool *end, struct err *e)
{
  if (rows->has_held) {
    *row = rows->held;
    *end = rows->has_held = false;
    return RESULT_OK;
  }
  do {
    enum result r = read_row(rows, row, end, e);
    if (r != RESULT_OK || *end)
      return r;
  } while (is_blank(row));
  check_width(&rows->terms, row);
  return RESULT_OK;
}

/* Whether the row is lost for grouping: nobody can tell which order it belongs to. */
static bool is_unreadable(const struct drafts_rows *rows, const struct cells *row)
{
  return row->fault != NULL || (mapping_get(rows->terms.mapping, ROW_FIELD_REFERENCE, row) == NULL &&
                                rows->terms.row_prefix == NULL);
}

static void fault_unreadable(struct draft *draft, const struct cells *row)
{
  if (row->fault != NULL)
    draft_fault(draft, row->line, "", "invalid_field", "%s", row->fault);
  else
    draft_fault(draft, row->line, "reference", "invalid_field", "an import needs a reference in every row");
}

/* Adds the rows that follow with the same reference; holds the first that has another. */
static enum result take_rest(struct drafts_rows *rows, const char *reference, struct row_body *body,
                             struct draft *draft, struct err *e)
{
  for (;;) {
    bool end = false;
    enum result r = take_row(rows, &rows->held, &end, e);
    if (r != RESULT_OK || end)
      return r;
    const char *other = mapping_get(rows->terms.mapping, ROW_FIELD_REFERENCE, &rows->held);
    bool same = other != NULL && (strcmp(other, reference) == 0 || MUTANT("import-joins-strangers"));
    if (is_unreadable(rows, &rows->held) || !same) {
      rows->has_held = true;
      return RESULT_OK;
    }
    row_body_add(body, draft, &rows->held);
  }
}

/* Orders by reference that stand beside an unreadable row, or scattered over the file, may be only part of an
 * order. */
static void fault_parts(struct drafts_rows *rows, const char *reference, struct draft *draft)
{
  if (scattered_has(rows->terms.scattered, reference))
    draft_fault(draft, draft->line, "reference", "invalid_field",
                "the rows of this order do not stand together: sort the file by reference");
  if (rows->after_unreadable)
    draft_fault(draft, draft->line, "", "invalid_field",
                "the row before cannot be read and may belong to this order");
  if (rows->has_held && is_unreadable(rows, &rows->held))
    draft_fault(draft, draft->line, "", "invalid_field",
                "the row after cannot be read and may belong to this order");
}

static enum result read_order(struct drafts_rows *rows, const struct cells *first, struct draft *draft,
                              struct err *e)
{
  g_autofree char *reference = g_strdup(mapping_get(rows->terms.mapping, ROW_FIELD_REFERENCE, first));
  g_autofree char *by_row =
      reference == NULL ? g_strdup_printf("%s-%zu", rows->terms.row_prefix, first->line) : NULL;
  struct row_body body;
  row_body_init(&body, &rows->terms, reference != NULL ? reference : by_row);
  row_body_add(&body, draft, first);
  enum result r = reference != NULL ? take_rest(rows, reference, &body, draft, e) : RESULT_OK;
  if (reference != NULL)
    fault_parts(rows, reference, draft);
  row_body_finish(&body, draft);
  return r;
}

static enum result rows_next(struct drafts *self, struct draft *out, bool *end, struct err *e)
{
  struct drafts_rows *rows = (struct drafts_rows *)self;
  struct cells row = {0};
  enum result r = take_row(rows, &row, end, e);
  if (r != RESULT_OK || *end)
    return r;
  out->line = row.line;
  if (is_unreadable(rows, &row)) {
    out->rows = 1;
    fault_unreadable(out, &row);
    rows->after_unreadable = true;
    return RESULT_OK;
  }
  r = read_order(rows, &row, out, e);
  rows->after_unreadable = false;
  return r;
}

static void rows_free(struct drafts *self)
{
  struct drafts_rows *rows = (struct drafts_rows *)self;
  cells_reader_free(rows->cells);
  g_free(rows);
}

struct drafts *drafts_rows_new(struct cells_reader *cells, const struct rows_terms *terms)
{
  struct drafts_rows *rows = g_new0(struct drafts_rows, 1);
  rows->drafts = (struct drafts){.next = rows_next, .free = rows_free};
  rows->cells = cells;
  rows->terms = *terms;
  return &rows->drafts;
}
