#include "fcgi/csv_out.h"

#include "tests/unit/unit.h"

static void assert_text(const char *text, const char *cell)
{
  g_autoptr(GString) out = g_string_new(NULL);
  csv_out_text(out, text);
  assert_string_equal(out->str, cell);
  assert_int_equal(out->len, strlen(cell));
}

static void text_is_quoted(void **state)
{
  (void)state;
  assert_text("EUR", "\"EUR\"");
  assert_text("", "\"\"");
  assert_text("a,b", "\"a,b\"");
  assert_text("say \"no\"", "\"say \"\"no\"\"\"");
  assert_text("two\r\nlines", "\"two\r\nlines\"");
  assert_text("caf\xc3\xa9", "\"caf\xc3\xa9\"");
}

static void text_is_no_formula(void **state)
{
  (void)state;
  assert_text("=1+1", "\"'=1+1\"");
  assert_text("+1", "\"'+1\"");
  assert_text("-1", "\"'-1\"");
  assert_text("@SUM(A1)", "\"'@SUM(A1)\"");
  assert_text("\t=1", "\"'\t=1\"");
  assert_text("\r=1", "\"'\r=1\"");
  assert_text("1=1", "\"1=1\"");
  assert_text("=\"", "\"'=\"\"\"");
}

static void rows(void **state)
{
  (void)state;
  g_autoptr(GString) out = g_string_new(NULL);
  csv_out_text(out, "a");
  csv_out_empty(out);
  csv_out_int(out, -7);
  csv_out_money(out, -1250, 2);
  csv_out_money(out, 5, 3);
  csv_out_money(out, 12, 0);
  csv_out_end_row(out);
  csv_out_text(out, "b");
  csv_out_empty(out);
  csv_out_end_row(out);
  assert_string_equal(out->str, "\"a\",,-7,-12.50,0.005,12\r\n\"b\",\r\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_quoted),
      cmocka_unit_test(text_is_no_formula),
      cmocka_unit_test(rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
