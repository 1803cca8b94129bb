#include "domain/money.h"

#include "tests/unit/unit.h"

#include <string.h>

#include <glib.h>

/* ISO 4217 list one, published 2026-01-01, by minor unit. */
static const struct published {
  int exponent;
  const char *codes;
} published[] = {
    {0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "},
    {2, "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD "
        "CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS "
        "GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD "
        "LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB "
        "PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
        "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW "
        "ZWG "},
    {3, "BHD IQD JOD KWD LYD OMR TND "},
    {4, "CLF UYW "},
};

static void every_published_currency_has_its_exponent(void **state)
{
  (void)state;
  size_t found = 0;
  for (size_t i = 0; i < COUNT(published); i++) {
    g_auto(GStrv) codes = g_strsplit(published[i].codes, " ", -1);
    for (char **code = codes; **code != '\0'; code++, found++) {
      const struct currency *currency = currency_find(*code);
      assert_non_null(currency);
      assert_string_equal(currency->code, *code);
      assert_int_equal(currency->exponent, published[i].exponent);
    }
  }
  assert_int_equal(found, 165);
}

/* All 17,576 words of three letters: none beyond the published ones is a currency. */
static void nothing_else_is_a_currency(void **state)
{
  (void)state;
  size_t found = 0;
  for (int n = 0; n < 26 * 26 * 26; n++) {
    char code[4] = {(char)('A' + n / 676), (char)('A' + n / 26 % 26), (char)('A' + n % 26), '\0'};
    found += currency_find(code) != NULL;
  }
  assert_int_equal(found, 165);

  static const char *const refused[] = {"XXX", "XAU", "XAG", "XPD", "XPT",  "XDR", "XTS",
                                        "XSU", "XUA", "XBA", "eur", "EURO", "EU",  "",
                                        "978", "BGN", "HRK", "ANG", "ZWL",  "SLL"};
  for (size_t i = 0; i < COUNT(refused); i++)
    assert_null(currency_find(refused[i]));
}

static void arithmetic_says_when_it_overflows(void **state)
{
  (void)state;
  int64_t out;
  assert_true(amount_add(INT64_MAX - 1, 1, &out));
  assert_int_equal(out, INT64_MAX);
  assert_false(amount_add(INT64_MAX, 1, &out));
  assert_false(amount_add(INT64_MIN, -1, &out));
  assert_true(amount_sub(INT64_MIN + 1, 1, &out));
  assert_int_equal(out, INT64_MIN);
  assert_false(amount_sub(0, INT64_MIN, &out));
  assert_true(amount_mul(INT64_C(1000000), INT64_C(1000000), &out));
  assert_int_equal(out, MONEY_AMOUNT_MAX);
  assert_false(amount_mul(INT64_MAX, 2, &out));
  assert_false(amount_mul(INT64_MIN, -1, &out));
}

static void products_are_divided_exactly(void **state)
{
  (void)state;
  static const struct {
    int64_t a, b, c, expected;
  } cases[] = {
      {10, 1, 3, 3},
      {10, 2, 3, 6},
      {10, 3, 3, 10},
      {0, 5, 7, 0},
      /* 10^12 x 999,999 = 999999000000000000; / 10^6 */
      {INT64_C(1000000000000), 999999, 1000000, INT64_C(999999000000)},
      /* leaves int64: (2^63-1) x (2^63-1) / (2^63-1) */
      {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
      {INT64_MAX, 2, 4, INT64_C(4611686018427387903)},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_int_equal(amount_mul_div_floor(cases[i].a, cases[i].b, cases[i].c), cases[i].expected);
}

static void halves_go_to_the_even_neighbour(void **state)
{
  (void)state;
  static const struct {
    int64_t a, b, expected;
  } cases[] = {
      {5, 2, 2},
      {7, 2, 4},
      {-5, 2, -2},
      {-7, 2, -4},
      {1, 2, 0},
      {-1, 2, 0},
      {3, 2, 2},
      {-3, 2, -2},
      {10, 4, 2},
      {14, 4, 4},
      {10, 3, 3},
      {11, 3, 4},
      {-10, 3, -3},
      {-11, 3, -4},
      {0, 9, 0},
      {9, 1, 9},
      {INT64_MAX, INT64_MAX, 1},
      {INT64_MAX - 1, INT64_MAX, 1},
      {INT64_MIN, 2, INT64_C(-4611686018427387904)},
      {INT64_C(4611686018427387903), INT64_MAX, 0}, /* a hair below a half */
      {INT64_C(4611686018427387904), INT64_MAX, 1}, /* a hair above it */
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_int_equal(amount_div_half_even(cases[i].a, cases[i].b), cases[i].expected);
}

static void decimal_text_is_read_exactly(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    int exponent;
    enum result result;
    int64_t minor;
  } cases[] = {
      {"12.50", 2, RESULT_OK, 1250},
      {"-12.50", 2, RESULT_OK, -1250},
      {"7", 2, RESULT_OK, 700},
      {"7.5", 2, RESULT_OK, 750},
      {"0.05", 2, RESULT_OK, 5},
      {"-0.05", 2, RESULT_OK, -5},
      {"-0", 2, RESULT_OK, 0},
      {"007.10", 2, RESULT_OK, 710},
      {"12.500", 2, RESULT_OK, 1250},
      {"12.505", 2, RESULT_INVALID, 0},
      {"12", 0, RESULT_OK, 12},
      {"12.00", 0, RESULT_OK, 12},
      {"12.5", 0, RESULT_INVALID, 0},
      {"1.234", 3, RESULT_OK, 1234},
      {"1.2345", 4, RESULT_OK, 12345},
      {"92233720368547758.07", 2, RESULT_OK, INT64_MAX},
      {"92233720368547758.08", 2, RESULT_OUT_OF_RANGE, 0},
      {"-92233720368547758.08", 2, RESULT_OK, INT64_MIN},
      {"-92233720368547758.09", 2, RESULT_OUT_OF_RANGE, 0},
      {"92233720368547759", 2, RESULT_OUT_OF_RANGE, 0},
      {"99999999999999999999999", 0, RESULT_OUT_OF_RANGE, 0},
      {"99999999999999999999999x", 0, RESULT_INVALID, 0},
      {"", 2, RESULT_INVALID, 0},
      {"-", 2, RESULT_INVALID, 0},
      {".5", 2, RESULT_INVALID, 0},
      {"5.", 2, RESULT_INVALID, 0},
      {".", 2, RESULT_INVALID, 0},
      {"+5", 2, RESULT_INVALID, 0},
      {"--5", 2, RESULT_INVALID, 0},
      {"1,000", 2, RESULT_INVALID, 0},
      {"1e2", 2, RESULT_INVALID, 0},
      {" 1", 2, RESULT_INVALID, 0},
      {"1 ", 2, RESULT_INVALID, 0},
      {"1.2.3", 2, RESULT_INVALID, 0},
      {"1.-2", 2, RESULT_INVALID, 0},
      {"0x10", 2, RESULT_INVALID, 0},
      {"NaN", 2, RESULT_INVALID, 0},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    int64_t minor = 0;
    struct err e = ERR_NONE;
    assert_int_equal(money_parse(cases[i].text, strlen(cases[i].text), cases[i].exponent, &minor, &e),
                     cases[i].result);
    if (cases[i].result == RESULT_OK)
      assert_int_equal(minor, cases[i].minor);
  }
}

static void reading_stops_at_the_given_length(void **state)
{
  (void)state;
  int64_t minor;
  assert_int_equal(money_parse("12.509", 5, 2, &minor, NULL), RESULT_OK);
  assert_int_equal(minor, 1250);
  assert_int_equal(money_parse("5.0", 2, 2, &minor, NULL), RESULT_INVALID);
}

static void decimal_text_is_written_with_all_digits(void **state)
{
  (void)state;
  static const struct {
    int64_t minor;
    int exponent;
    const char *text;
  } cases[] = {
      {1250, 2, "12.50"},
      {5, 2, "0.05"},
      {-5, 2, "-0.05"},
      {0, 2, "0.00"},
      {0, 0, "0"},
      {-1250, 0, "-1250"},
      {1234, 3, "1.234"},
      {7, 4, "0.0007"},
      {INT64_MAX, 2, "92233720368547758.07"},
      {INT64_MIN, 4, "-922337203685477.5808"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    char out[MONEY_TEXT_SIZE];
    assert_string_equal(money_format(cases[i].minor, cases[i].exponent, out), cases[i].text);
  }
}

static void amounts_are_spread_by_largest_remainder(void **state)
{
  (void)state;
  static const struct {
    int64_t amount;
    size_t count;
    int64_t weights[4], shares[4];
  } cases[] = {
      {10, 3, {1, 1, 1}, {4, 3, 3}},              /* 3.33 each: the tie goes to the lowest */
      {11, 3, {1, 1, 1}, {4, 4, 3}},              /* 3.67 each: two units are left */
      {100, 3, {5000, 3000, 2000}, {50, 30, 20}}, /* nothing left over */
      {7, 2, {1, 3}, {2, 5}},                     /* 1.75 and 5.25 */
      {5, 2, {1, 1}, {3, 2}},                     /* 2.5 and 2.5 */
      {10, 3, {0, 5, 5}, {0, 5, 5}},              /* a free line takes nothing */
      {1, 4, {1, 1, 3, 1}, {0, 0, 1, 0}},         /* 0.17, 0.17, 0.5, 0.17 */
      {0, 3, {1, 2, 3}, {0, 0, 0}},
      {0, 2, {0, 0}, {0, 0}},
      {9, 2, {4, 5}, {4, 5}}, /* the whole: no share exceeds its weight */
      {INT64_C(1000000000000),
       2,
       {INT64_C(1000000000000), INT64_C(1000000000000)},
       {INT64_C(500000000000), INT64_C(500000000000)}},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    int64_t shares[4] = {-1, -1, -1, -1};
    money_spread(cases[i].amount, cases[i].weights, cases[i].count, shares);
    for (size_t k = 0; k < cases[i].count; k++)
      assert_int_equal(shares[k], cases[i].shares[k]);
  }
}

/* Whatever is spread: nothing is lost, and no share exceeds its weight. */
static void shares_add_up_and_stay_within_their_weights(void **state)
{
  (void)state;
  g_autoptr(GRand) rand = g_rand_new_with_seed(4217);
  for (int round = 0; round < 2000; round++) {
    int64_t weights[20], shares[20], whole = 0;
    size_t count = (size_t)g_rand_int_range(rand, 1, 21);
    for (size_t i = 0; i < count; i++)
      whole += weights[i] = g_rand_int_range(rand, 0, 3) == 0 ? 0 : g_rand_int_range(rand, 0, 1000);
    int64_t amount = whole == 0 ? 0 : g_rand_int_range(rand, 0, (int)whole + 1);
    money_spread(amount, weights, count, shares);
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
      assert_in_range(shares[i], 0, weights[i]);
      sum += shares[i];
    }
    assert_int_equal(sum, amount);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_published_currency_has_its_exponent),
      cmocka_unit_test(nothing_else_is_a_currency),
      cmocka_unit_test(arithmetic_says_when_it_overflows),
      cmocka_unit_test(products_are_divided_exactly),
      cmocka_unit_test(halves_go_to_the_even_neighbour),
      cmocka_unit_test(decimal_text_is_read_exactly),
      cmocka_unit_test(reading_stops_at_the_given_length),
      cmocka_unit_test(decimal_text_is_written_with_all_digits),
      cmocka_unit_test(amounts_are_spread_by_largest_remainder),
      cmocka_unit_test(shares_add_up_and_stay_within_their_weights),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
