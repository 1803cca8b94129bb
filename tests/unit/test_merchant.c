#include "domain/merchant.h"

#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

static void ids_are_short_lower_case_words(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool valid;
  } cases[] = {
      {"ab", true},
      {"7-eleven", true},
      {"a-", true},
      {"abcdefghijklmnopqrstuvwxyz012345", true}, /* 32 */
      {"abcdefghijklmnopqrstuvwxyz0123456", false},
      {"a", false},
      {"", false},
      {"-a", false},
      {"Ab", false},
      {"a_b", false},
      {"a/b", false},
      {"a b", false},
      {"a.b", false},
      {"\xc3\xa4"
       "b",
       false},
      {"a{b}", false},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_int_equal(merchant_id_valid(cases[i].text, strlen(cases[i].text)), cases[i].valid);
  assert_false(merchant_id_valid("a\0b", 3));
}

static void a_merchant_sells_in_its_own_currencies_only(void **state)
{
  (void)state;
  const struct merchant merchant = {.currencies = {"EUR", "JPY"}, .currency_count = 2};
  assert_true(merchant_has_currency(&merchant, "EUR"));
  assert_true(merchant_has_currency(&merchant, "JPY"));
  assert_false(merchant_has_currency(&merchant, "USD"));
  assert_false(merchant_has_currency(&merchant, ""));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ids_are_short_lower_case_words),
      cmocka_unit_test(a_merchant_sells_in_its_own_currencies_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
