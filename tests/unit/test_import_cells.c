#include "cli/import/cells.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include <glib.h>

typedef struct cells_reader *(*open_fn)(FILE *stream);

/* Every row as "LINE:cell|cell;", a fault as "LINE!;", what ends the reading early as "?". Caller owns it. */
static char *read_all(open_fn open, const char *text, size_t length)
{
  FILE *stream = fmemopen((void *)(uintptr_t)text, length, "r");
  assert_non_null(stream);
  struct cells_reader *reader = open(stream);
  GString *out = g_string_new(NULL);
  struct cells row;
  bool end = false;
  enum result r;
  struct err e = ERR_NONE;
  while ((r = reader->next(reader, &row, &end, &e)) == RESULT_OK && !end) {
    g_string_append_printf(out, "%zu%c", row.line, row.fault != NULL ? '!' : ':');
    for (size_t i = 0; i < row.count; i++)
      g_string_append_printf(out, "%s%s", i > 0 ? "|" : "", row.cell[i]);
    g_string_append_c(out, ';');
  }
  if (r != RESULT_OK) {
    assert_int_equal(r, RESULT_INVALID);
    g_string_append_c(out, '?');
  }
  cells_reader_free(reader);
  fclose(stream);
  return g_string_free(out, FALSE);
}

static void assert_rows(open_fn open, const char *text, const char *rows)
{
  g_autofree char *found = read_all(open, text, strlen(text));
  assert_string_equal(found, rows);
}

static void columns_are_cut_at_blanks(void **state)
{
  (void)state;
  assert_rows(cells_columns_new, " 00001 19970101  1   11.77\r\n", "1:00001|19970101|1|11.77;");
  assert_rows(cells_columns_new, "a\tb\n\n  \r\nc d", "1:a|b;4:c|d;");
  assert_rows(cells_columns_new,
              "\xef\xbb\xbf"
              "a b\n",
              "1:a|b;");
  assert_rows(cells_columns_new, "\n", "");
}

static void csv_knows_quotes(void **state)
{
  (void)state;
  assert_rows(cells_csv_new, "a,b\r\n1,\"x, \"\"y\"\"\"\r\n", "1:a|b;2:1|x, \"y\";");
  assert_rows(cells_csv_new, "a,,c\n,,\n", "1:a||c;2:||;");
  assert_rows(cells_csv_new,
              "\xef\xbb\xbf"
              "\"a\",b\n",
              "1:a|b;");
  assert_rows(cells_csv_new, "a , b\n\n \nc,d", "1:a|b;4:c|d;");
}

static void a_csv_row_is_known_by_its_first_line(void **state)
{
  (void)state;
  assert_rows(cells_csv_new, "a,\"1\n2\n3\",b\nc,d,e\n", "1:a|1\n2\n3|b;4:c|d|e;");
  assert_rows(cells_csv_new, "\n\"1\n\n2\"\nx\n", "2:1\n\n2;5:x;");
}

static void a_quote_out_of_place_ends_the_csv(void **state)
{
  (void)state;
  assert_rows(cells_csv_new, "a,b\nc,d\"e\nf,g\n", "1:a|b;?");
  assert_rows(cells_csv_new, "a,\"b\"c\n", "?");
  assert_rows(cells_csv_new, "a,b\n\"c,d\ne,f\n", "1:a|b;?");
}

static void an_unreadable_line_is_one_row(void **state)
{
  (void)state;
  static const char nul[] = "a b\nc\0d\ne f\n";
  g_autofree char *columns = read_all(cells_columns_new, nul, sizeof nul - 1);
  assert_string_equal(columns, "1:a|b;2!;3:e|f;");
  assert_rows(cells_columns_new, "a b\n\xff\xfe\ne f\n", "1:a|b;2!;3:e|f;");
  assert_rows(cells_csv_new, "a,b\n\xc0\xaf\ne,f\n", "1:a|b;2!;3:e|f;");
  assert_rows(cells_csv_new, "a,\"b\n\xc0\xaf\"\ne,f\n", "?");
}

static void a_line_of_65536_bytes_is_the_longest(void **state)
{
  (void)state;
  g_autofree char *longest = g_strnfill(65536, 'x');
  g_autofree char *fits = g_strconcat(longest, "\nb\n", NULL);
  g_autofree char *beyond = g_strconcat(longest, "x\nb\n", NULL);
  g_autofree char *rows = read_all(cells_columns_new, fits, strlen(fits));
  assert_int_equal(strlen(rows), 2 + 65536 + 1 + strlen("2:b;"));
  assert_rows(cells_columns_new, beyond, "1!;2:b;");
  assert_rows(cells_csv_new, beyond, "1!;2:b;");
}

static void blank_lines_are_no_part_of_a_row(void **state)
{
  (void)state;
  g_autofree char *blank = g_strnfill(40000, ' ');
  g_autofree char *text = g_strconcat(blank, "\n", blank, "\na,b\n", NULL);
  assert_rows(cells_csv_new, text, "3:a|b;");
}

/* A quote that is never closed must not read the whole file into memory. */
static void a_csv_row_is_bounded_too(void **state)
{
  (void)state;
  GString *text = g_string_new("\"");
  for (int i = 0; i < 100; i++) {
    g_autofree char *line = g_strnfill(1000, 'y');
    g_string_append_printf(text, "%s\n", line);
  }
  assert_rows(cells_csv_new, text->str, "?");
  g_string_free(text, TRUE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_are_cut_at_blanks),
      cmocka_unit_test(csv_knows_quotes),
      cmocka_unit_test(a_csv_row_is_known_by_its_first_line),
      cmocka_unit_test(a_quote_out_of_place_ends_the_csv),
      cmocka_unit_test(an_unreadable_line_is_one_row),
      cmocka_unit_test(a_line_of_65536_bytes_is_the_longest),
      cmocka_unit_test(blank_lines_are_no_part_of_a_row),
      cmocka_unit_test(a_csv_row_is_bounded_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
