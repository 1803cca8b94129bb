/* money: amounts are int64 in the currency's minor unit. Currencies and exponents: ISO 4217 (list one, and
 * the fund codes that have a minor unit). Codes without a minor unit (XXX, XAU, XDR ...) are not currencies
 * here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* One amount in a request: 0 .. 10^12. */
#define MONEY_AMOUNT_MAX INT64_C(1000000000000)

struct currency {
  char code[4];
  int exponent; /* digits of the minor unit: JPY 0, EUR 2, KWD 3, CLF 4 */
};

/* The currency of exactly this three-letter upper-case code, or NULL. */
const struct currency *currency_find(const char *code);

/* Checked arithmetic: false on overflow of int64, `out` then undefined. */
MUST_CHECK bool amount_add(int64_t a, int64_t b, int64_t *out);
MUST_CHECK bool amount_sub(int64_t a, int64_t b, int64_t *out);
MUST_CHECK bool amount_mul(int64_t a, int64_t b, int64_t *out);

/* floor(a * b / c) for a, b >= 0, c > 0, exact also where a * b leaves int64 (128 bits inside). */
int64_t amount_mul_div_floor(int64_t a, int64_t b, int64_t c);

/* a / b rounded half to even, b > 0. */
int64_t amount_div_half_even(int64_t a, int64_t b);

/* Decimal text in major units ("-12.50", "7", ".5" is refused) to minor units. Not more fraction digits than
 * `exponent`, unless they are zeros. RESULT_INVALID or RESULT_OUT_OF_RANGE. `length` bytes of `text`, which
 * needs no NUL. */
MUST_CHECK enum result money_parse(const char *text, size_t length, int exponent, int64_t *minor,
                                   struct err *e);

/* Minor units to decimal text with all exponent digits: 1250, 2 -> "12.50". `out` holds MONEY_TEXT_SIZE.
 * Returns `out`. */
#define MONEY_TEXT_SIZE 32
const char *money_format(int64_t minor, int exponent, char out[MONEY_TEXT_SIZE]);

/* Spreads `amount` over `count` weights by largest remainder, ties to the lower index; shares add up to
 * `amount` exactly and no share exceeds its weight when amount <= sum of weights. All weights >= 0, their sum
 * > 0 unless amount is 0. */
void money_spread(int64_t amount, const int64_t *weights, size_t count, int64_t *shares);
