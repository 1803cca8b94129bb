#include "cli/import/split.h"

#include "tests/unit/unit.h"

#include "cli/import/row_field.h"

/* 4 units for 13.07: 1307 = 4 x 326 + 3, so one unit at 326 and three at 327: 326 + 981 = 1307. */
static void a_total_that_does_not_divide_makes_two_lines(void **state)
{
  (void)state;
  struct split_line lines[2];
  assert_int_equal(split_total(4, 1307, 0, 0, lines), 2);
  assert_int_equal(lines[0].quantity, 1);
  assert_int_equal(lines[0].unit_price, 326);
  assert_int_equal(lines[1].quantity, 3);
  assert_int_equal(lines[1].unit_price, 327);
}

static void a_total_that_divides_makes_one(void **state)
{
  (void)state;
  struct split_line lines[2];
  assert_int_equal(split_total(5, 7700, 0, 0, lines), 1);
  assert_int_equal(lines[0].quantity, 5);
  assert_int_equal(lines[0].unit_price, 1540);
  assert_int_equal(split_total(3, 0, 0, 0, lines), 1);
  assert_int_equal(lines[0].quantity, 3);
  assert_int_equal(lines[0].unit_price, 0);
  assert_int_equal(split_total(1, 1000000000000, 0, 0, lines), 1);
  assert_int_equal(lines[0].unit_price, 1000000000000);
}

/* 7 units for 3: four are free, three cost 1. */
static void fewer_minor_units_than_units_leave_some_free(void **state)
{
  (void)state;
  struct split_line lines[2];
  assert_int_equal(split_total(7, 3, 0, 0, lines), 2);
  assert_int_equal(lines[0].quantity, 4);
  assert_int_equal(lines[0].unit_price, 0);
  assert_int_equal(lines[1].quantity, 3);
  assert_int_equal(lines[1].unit_price, 1);
}

/* 10 units for 105 are 5 at 10 (50) and 5 at 11 (55). A discount of 60 takes the first line's 50 and 10 of
 * the second. */
static void a_discount_covers_the_first_line_then_the_second(void **state)
{
  (void)state;
  struct split_line lines[2];
  assert_int_equal(split_total(10, 105, 60, 7, lines), 2);
  assert_int_equal(lines[0].discount, 50);
  assert_int_equal(lines[1].discount, 10);
  assert_int_equal(lines[0].tax, 7);
  assert_int_equal(lines[1].tax, 0);
  assert_int_equal(split_total(10, 105, 20, 0, lines), 2);
  assert_int_equal(lines[0].discount, 20);
  assert_int_equal(lines[1].discount, 0);
}

static void units_and_money_are_always_exact(void **state)
{
  (void)state;
  for (int64_t quantity = 1; quantity <= 60; quantity++)
    for (int64_t total = 0; total <= 400; total++) {
      struct split_line lines[2];
      size_t count = split_total(quantity, total, total / 2, 0, lines);
      int64_t units = 0, money = 0, discount = 0;
      for (size_t i = 0; i < count; i++) {
        assert_true(lines[i].quantity > 0);
        assert_true(lines[i].discount <= lines[i].quantity * lines[i].unit_price);
        units += lines[i].quantity;
        money += lines[i].quantity * lines[i].unit_price;
        discount += lines[i].discount;
      }
      assert_int_equal(units, quantity);
      assert_int_equal(money, total);
      assert_int_equal(discount, total / 2);
    }
}

static void fields_are_known_by_name_and_by_member(void **state)
{
  (void)state;
  assert_int_equal(row_field_find("line_total"), ROW_FIELD_LINE_TOTAL);
  assert_int_equal(row_field_find("Line_total"), ROW_FIELD_NONE);
  assert_int_equal(row_field_find(""), ROW_FIELD_NONE);
  assert_int_equal(row_field_of_member("discount", false), ROW_FIELD_ORDER_DISCOUNT);
  assert_int_equal(row_field_of_member("discount", true), ROW_FIELD_DISCOUNT);
  assert_int_equal(row_field_of_member("quantity", false), ROW_FIELD_NONE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_total_that_does_not_divide_makes_two_lines),
      cmocka_unit_test(a_total_that_divides_makes_one),
      cmocka_unit_test(fewer_minor_units_than_units_leave_some_free),
      cmocka_unit_test(a_discount_covers_the_first_line_then_the_second),
      cmocka_unit_test(units_and_money_are_always_exact),
      cmocka_unit_test(fields_are_known_by_name_and_by_member),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
