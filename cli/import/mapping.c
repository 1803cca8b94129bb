#include "cli/import/mapping.h"

#include <string.h>

#include "base/mutant.h"

void mapping_init(struct mapping *mapping)
{
  *mapping = (struct mapping){0};
  for (enum row_field field = 0; field < ROW_FIELDS; field++)
    mapping->column[field] = -1;
}

void mapping_clear(struct mapping *mapping)
{
  for (enum row_field field = 0; field < ROW_FIELDS; field++) {
    g_free(mapping->theirs[field]);
    g_free(mapping->constant[field]);
  }
  mapping_init(mapping);
}

/* Splits "ours=theirs" and finds the field, which must not have been given yet. */
static enum result parse_pair(struct mapping *mapping, const char *text, enum row_field *field,
                              const char **theirs, struct err *e)
{
  const char *sign = strchr(text, '=');
  if (sign == NULL || sign[1] == '\0')
    return err_set(e, RESULT_INVALID, "'%s': ours=theirs is wanted", text);
  g_autofree char *ours = g_strndup(text, (gsize)(sign - text));
  *field = row_field_find(ours);
  if (*field == ROW_FIELD_NONE)
    return err_set(e, RESULT_INVALID, "'%s' is not a field of an order (takings import --help lists them)",
                   ours);
  if (mapping->theirs[*field] != NULL || mapping->constant[*field] != NULL)
    return err_set(e, RESULT_INVALID, "%s is given twice", ours);
  *theirs = sign + 1;
  return RESULT_OK;
}

enum result mapping_add(struct mapping *mapping, const char *text, struct err *e)
{
  if (text[0] == '\0')
    return err_set(e, RESULT_INVALID, "ours=theirs is wanted");
  g_auto(GStrv) pairs = g_strsplit(text, ",", -1);
  for (char **pair = pairs; *pair != NULL; pair++) {
    enum row_field field;
    const char *theirs;
    enum result r = parse_pair(mapping, *pair, &field, &theirs, e);
    if (r != RESULT_OK)
      return r;
    mapping->theirs[field] = g_strdup(theirs);
  }
  return RESULT_OK;
}

enum result mapping_add_constant(struct mapping *mapping, const char *text, struct err *e)
{
  enum row_field field;
  const char *constant;
  enum result r = parse_pair(mapping, text, &field, &constant, e);
  if (r == RESULT_OK)
    mapping->constant[field] = g_strdup(constant);
  return r;
}

/* 1 .. 9999 in decimal, or 0. */
static int parse_number(const char *text)
{
  size_t length = strspn(text, "0123456789");
  return length > 0 && length <= 4 && text[length] == '\0' ? (int)g_ascii_strtoll(text, NULL, 10) : 0;
}

bool mapping_sees_header(const struct mapping *mapping, const struct cells *first)
{
  for (enum row_field field = 0; field < ROW_FIELDS; field++)
    if (mapping->theirs[field] != NULL && parse_number(mapping->theirs[field]) == 0)
      return true;
  const char *placed_at = mapping->theirs[ROW_FIELD_PLACED_AT];
  if (placed_at == NULL)
    return mapping->constant[ROW_FIELD_PLACED_AT] == NULL;
  size_t column = (size_t)parse_number(placed_at) - 1;
  return column < first->count && strpbrk(first->cell[column], "0123456789") == NULL;
}

/* The column of that name, or -1; -2 when two columns bear it. */
static int find_column(const struct cells *header, const char *name)
{
  int found = -1;
  for (size_t i = 0; header != NULL && i < header->count; i++)
    if (strcmp(header->cell[i], name) == 0)
      found = found == -1 ? (int)i : -2;
  return found;
}

static enum result bind_field(struct mapping *mapping, enum row_field field, const struct cells *header,
                              struct err *e)
{
  const char *theirs = mapping->theirs[field];
  const char *name = theirs != NULL ? theirs : row_field_rules[field].name;
  int column = find_column(header, name);
  if (column == -2)
    return err_set(e, RESULT_INVALID, "two columns are named '%s': map %s by its number", name,
                   row_field_rules[field].name);
  if (column == -1 && theirs != NULL) {
    column = parse_number(theirs) - 1;
    if (column < 0 || (header != NULL && (size_t)column >= header->count))
      return err_set(e, RESULT_INVALID, "there is no column '%s' for %s", theirs,
                     row_field_rules[field].name);
  }
  mapping->column[field] = column;
  return RESULT_OK;
}

static bool is_given(const struct mapping *mapping, enum row_field field)
{
  return mapping->column[field] >= 0 || mapping->constant[field] != NULL;
}

static bool is_used(const struct mapping *mapping, int column)
{
  for (enum row_field field = 0; field < ROW_FIELDS; field++)
    if (mapping->column[field] == column)
      return true;
  return false;
}

enum result mapping_bind(struct mapping *mapping, const struct cells *header, GPtrArray *unused,
                         struct err *e)
{
  for (enum row_field field = 0; field < ROW_FIELDS; field++) {
    enum result r = mapping->constant[field] != NULL ? RESULT_OK : bind_field(mapping, field, header, e);
    if (r != RESULT_OK)
      return r;
  }
  if (!is_given(mapping, ROW_FIELD_PRODUCT_ID))
    mapping->constant[ROW_FIELD_PRODUCT_ID] = g_strdup(MAPPING_NO_PRODUCT);
  for (size_t i = 0; header != NULL && i < header->count; i++)
    if (!is_used(mapping, (int)i))
      g_ptr_array_add(unused, g_strdup(header->cell[i]));
  return RESULT_OK;
}

enum result mapping_check(const struct mapping *mapping, bool reference_by_row, struct err *e)
{
  static const enum row_field needed[] = {ROW_FIELD_PLACED_AT, ROW_FIELD_QUANTITY};
  for (size_t i = 0; i < G_N_ELEMENTS(needed); i++) {
    const char *name = row_field_rules[needed[i]].name;
    if (!is_given(mapping, needed[i]))
      return err_set(e, RESULT_INVALID,
                     "nothing says %s: give --map %s=COLUMN, or --set %s=TEXT for the same in every row",
                     name, name, name);
  }
  if (!is_given(mapping, ROW_FIELD_UNIT_PRICE) && !is_given(mapping, ROW_FIELD_LINE_TOTAL))
    return err_set(e, RESULT_INVALID,
                   "nothing says a price: give --map unit_price=COLUMN or --map line_total=COLUMN");
  if (!is_given(mapping, ROW_FIELD_REFERENCE) && !reference_by_row)
    return err_set(
        e, RESULT_INVALID,
        "nothing says reference: give --map reference=COLUMN, or --reference row if the file has none");
  return RESULT_OK;
}

const char *mapping_get(const struct mapping *mapping, enum row_field field, const struct cells *row)
{
  if (mapping->constant[field] != NULL)
    return mapping->constant[field];
  int column = mapping->column[field];
  bool beyond = (size_t)column >= row->count && !MUTANT("import-reads-beyond");
  if (column < 0 || beyond || row->cell[column][0] == '\0')
    return NULL;
  return row->cell[column];
}

size_t mapping_width(const struct mapping *mapping)
{
  int last = -1;
  for (enum row_field field = 0; field < ROW_FIELDS; field++)
    last = MAX(last, mapping->column[field]);
  return (size_t)(last + 1);
}
