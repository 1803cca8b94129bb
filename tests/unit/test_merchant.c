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

static void a_locale_is_a_language_tag(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool valid;
  } cases[] = {
      {"de", true},
      {"fil", true},
      {"de-CH", true},
      {"DE-ch", true},
      {"es-419", true},
      {"zh-Hant-TW", true},
      {"sr-Latn", true},
      {"ca-ES-valencia", true},
      {"sl-rozaj-biske-1994", true},
      {"ar-KW-u-nu-latn", true},
      {"th-TH-u-ca-gregory-nu-thai", true},
      {"en-u-kn", true},
      {"en-GB-u-ca-gregory-nu-latn-hc-h233", true},  /* 34 bytes */
      {"en-GB-u-ca-gregory-nu-latn-hc-h23xx", true}, /* 35 */
      {"en-GB-u-ca-gregory-nu-latn-hc-h23xxx", false},
      {"", false},
      {"d", false},
      {"d1", false},
      {"none", false},
      {"deutsch", false},
      {"de_DE", false},
      {"de-", false},
      {"-de", false},
      {"de--CH", false},
      {"de-CH-", false},
      {"de CH", false},
      {"de-C", false},
      {"de-CH-AT", false},
      {"de-12", false},
      {"de-Latn-Latn", false},
      {"de-CH-Latn", false},
      {"de-1996-1996", false},
      {"sl-rozaj-ROZAJ", false},
      {"de-u", false},
      {"de-u-latn", false},
      {"de-u-nu-x", false},
      {"de-u-nu-latn-u-ca-gregory", false},
      {"de-t-it", false},
      {"de-x-mine", false},
      {"x-mine", false},
      {"i-klingon", false},
      {"d\xc3\xa9", false},
      {"de\n", false},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    if (merchant_locale_valid(cases[i].text) != cases[i].valid)
      fail_msg("'%s' should be %s", cases[i].text, cases[i].valid ? "valid" : "refused");
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
      cmocka_unit_test(a_locale_is_a_language_tag),
      cmocka_unit_test(a_merchant_sells_in_its_own_currencies_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
