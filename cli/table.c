#include "cli/table.h"

#include <stdarg.h>
#include <string.h>

#include <glib.h>

#define TABLE_GAP 2

struct table {
  GPtrArray *cells; /* char *, row by row, the headings first */
  size_t columns;
  bool *right; /* [columns] */
};

struct table *table_new(const char *const *headings)
{
  struct table *table = g_new0(struct table, 1);
  table->cells = g_ptr_array_new_with_free_func(g_free);
  while (headings[table->columns] != NULL)
    table->columns++;
  table->right = g_new0(bool, table->columns);
  for (size_t i = 0; i < table->columns; i++) {
    table->right[i] = headings[i][0] == '>';
    table_add(table, headings[i] + (table->right[i] ? 1 : 0));
  }
  return table;
}

void table_free(struct table *table)
{
  g_ptr_array_free(table->cells, TRUE);
  g_free(table->right);
  g_free(table);
}

void table_add(struct table *table, const char *text)
{
  g_ptr_array_add(table->cells, g_strdup(text));
}

void table_add_format(struct table *table, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  g_ptr_array_add(table->cells, g_strdup_vprintf(format, args));
  va_end(args);
}

static size_t width_of(const struct table *table, size_t column)
{
  size_t width = 0;
  for (size_t i = column; i < table->cells->len; i += table->columns)
    width = MAX(width, (size_t)g_utf8_strlen(table->cells->pdata[i], -1));
  return width;
}

static void print_cell(const char *text, size_t width, bool right, bool last, FILE *stream)
{
  int blanks = (int)(width - (size_t)g_utf8_strlen(text, -1));
  if (right)
    fprintf(stream, "%*s%s", blanks, "", text);
  else
    fprintf(stream, "%s%*s", text, last ? 0 : blanks, "");
  if (!last)
    fprintf(stream, "%*s", TABLE_GAP, "");
}

void table_print(const struct table *table, FILE *stream)
{
  g_autofree size_t *widths = g_new0(size_t, table->columns);
  for (size_t column = 0; column < table->columns; column++)
    widths[column] = width_of(table, column);
  for (size_t i = 0; i < table->cells->len; i++) {
    size_t column = i % table->columns;
    bool last = column == table->columns - 1;
    print_cell(table->cells->pdata[i], widths[column], table->right[column], last, stream);
    if (last)
      fputc('\n', stream);
  }
}
