#include "domain/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

/* A product of two amounts. */
__extension__ typedef __int128 wide;

/* ISO 4217 list one as published 2026-01-01, sorted by code for bsearch. */
/* clang-format off */
static const struct currency currencies[] = {
    {"AED", 2}, {"AFN", 2}, {"ALL", 2}, {"AMD", 2}, {"AOA", 2}, {"ARS", 2}, {"AUD", 2}, {"AWG", 2},
    {"AZN", 2}, {"BAM", 2}, {"BBD", 2}, {"BDT", 2}, {"BHD", 3}, {"BIF", 0}, {"BMD", 2}, {"BND", 2},
    {"BOB", 2}, {"BOV", 2}, {"BRL", 2}, {"BSD", 2}, {"BTN", 2}, {"BWP", 2}, {"BYN", 2}, {"BZD", 2},
    {"CAD", 2}, {"CDF", 2}, {"CHE", 2}, {"CHF", 2}, {"CHW", 2}, {"CLF", 4}, {"CLP", 0}, {"CNY", 2},
    {"COP", 2}, {"COU", 2}, {"CRC", 2}, {"CUP", 2}, {"CVE", 2}, {"CZK", 2}, {"DJF", 0}, {"DKK", 2},
    {"DOP", 2}, {"DZD", 2}, {"EGP", 2}, {"ERN", 2}, {"ETB", 2}, {"EUR", 2}, {"FJD", 2}, {"FKP", 2},
    {"GBP", 2}, {"GEL", 2}, {"GHS", 2}, {"GIP", 2}, {"GMD", 2}, {"GNF", 0}, {"GTQ", 2}, {"GYD", 2},
    {"HKD", 2}, {"HNL", 2}, {"HTG", 2}, {"HUF", 2}, {"IDR", 2}, {"ILS", 2}, {"INR", 2}, {"IQD", 3},
    {"IRR", 2}, {"ISK", 0}, {"JMD", 2}, {"JOD", 3}, {"JPY", 0}, {"KES", 2}, {"KGS", 2}, {"KHR", 2},
    {"KMF", 0}, {"KPW", 2}, {"KRW", 0}, {"KWD", 3}, {"KYD", 2}, {"KZT", 2}, {"LAK", 2}, {"LBP", 2},
    {"LKR", 2}, {"LRD", 2}, {"LSL", 2}, {"LYD", 3}, {"MAD", 2}, {"MDL", 2}, {"MGA", 2}, {"MKD", 2},
    {"MMK", 2}, {"MNT", 2}, {"MOP", 2}, {"MRU", 2}, {"MUR", 2}, {"MVR", 2}, {"MWK", 2}, {"MXN", 2},
    {"MXV", 2}, {"MYR", 2}, {"MZN", 2}, {"NAD", 2}, {"NGN", 2}, {"NIO", 2}, {"NOK", 2}, {"NPR", 2},
    {"NZD", 2}, {"OMR", 3}, {"PAB", 2}, {"PEN", 2}, {"PGK", 2}, {"PHP", 2}, {"PKR", 2}, {"PLN", 2},
    {"PYG", 0}, {"QAR", 2}, {"RON", 2}, {"RSD", 2}, {"RUB", 2}, {"RWF", 0}, {"SAR", 2}, {"SBD", 2},
    {"SCR", 2}, {"SDG", 2}, {"SEK", 2}, {"SGD", 2}, {"SHP", 2}, {"SLE", 2}, {"SOS", 2}, {"SRD", 2},
    {"SSP", 2}, {"STN", 2}, {"SVC", 2}, {"SYP", 2}, {"SZL", 2}, {"THB", 2}, {"TJS", 2}, {"TMT", 2},
    {"TND", 3}, {"TOP", 2}, {"TRY", 2}, {"TTD", 2}, {"TWD", 2}, {"TZS", 2}, {"UAH", 2}, {"UGX", 0},
    {"USD", 2}, {"USN", 2}, {"UYI", 0}, {"UYU", 2}, {"UYW", 4}, {"UZS", 2}, {"VED", 2}, {"VES", 2},
    {"VND", 0}, {"VUV", 0}, {"WST", 2}, {"XAD", 2}, {"XAF", 0}, {"XCD", 2}, {"XCG", 2}, {"XOF", 0},
    {"XPF", 0}, {"YER", 2}, {"ZAR", 2}, {"ZMW", 2}, {"ZWG", 2},
};
/* clang-format on */

static int compare_code(const void *code, const void *currency)
{
  return strcmp(code, ((const struct currency *)currency)->code);
}

const struct currency *currency_find(const char *code)
{
  return bsearch(code, currencies, G_N_ELEMENTS(currencies), sizeof currencies[0], compare_code);
}

bool amount_add(int64_t a, int64_t b, int64_t *out)
{
  return !__builtin_add_overflow(a, b, out);
}

bool amount_sub(int64_t a, int64_t b, int64_t *out)
{
  return !__builtin_sub_overflow(a, b, out);
}

bool amount_mul(int64_t a, int64_t b, int64_t *out)
{
  return !__builtin_mul_overflow(a, b, out);
}

int64_t amount_mul_div_floor(int64_t a, int64_t b, int64_t c)
{
  return (int64_t)((wide)a * b / c);
}

int64_t amount_div_half_even(int64_t a, int64_t b)
{
  int64_t quotient = a / b;
  int64_t remainder = a % b;
  int64_t away = a < 0 ? -1 : 1;
  if (remainder < 0)
    remainder = -remainder;
  /* b - remainder instead of 2 * remainder: the latter may leave int64. */
  int64_t missing = b - remainder;
  if (remainder > missing || (remainder == missing && quotient % 2 != 0))
    quotient += away;
  return quotient;
}

/* Digits at the start of `text`; returns how many. */
static size_t count_digits(const char *text, size_t length)
{
  size_t n = 0;
  while (n < length && g_ascii_isdigit(text[n]))
    n++;
  return n;
}

/* value = value * 10 + sign * digit. */
static bool push_digit(int64_t *value, int digit, int sign)
{
  return amount_mul(*value, 10, value) && amount_add(*value, (int64_t)sign * digit, value);
}

static bool push_digits(int64_t *value, const char *digits, size_t count, int sign)
{
  for (size_t i = 0; i < count; i++)
    if (!push_digit(value, digits[i] - '0', sign))
      return false;
  return true;
}

struct decimal {
  int sign;
  const char *whole;
  size_t whole_digits;
  const char *fraction;
  size_t fraction_digits;
};

/* -?digits(.digits)? and nothing else. */
static bool decimal_split(const char *text, size_t length, struct decimal *out)
{
  const char *end = text + length;
  *out = (struct decimal){.sign = 1};
  if (text < end && *text == '-') {
    out->sign = -1;
    text++;
  }
  out->whole = text;
  out->whole_digits = count_digits(text, (size_t)(end - text));
  text += out->whole_digits;
  if (out->whole_digits == 0 || text == end)
    return out->whole_digits != 0;
  if (*text++ != '.')
    return false;
  out->fraction = text;
  out->fraction_digits = count_digits(text, (size_t)(end - text));
  return out->fraction_digits != 0 && text + out->fraction_digits == end;
}

enum result money_parse(const char *text, size_t length, int exponent, int64_t *minor, struct err *e)
{
  struct decimal decimal;
  if (!decimal_split(text, length, &decimal))
    return err_set(e, RESULT_INVALID, "not a decimal number");
  size_t places = (size_t)exponent;
  for (; decimal.fraction_digits > places; decimal.fraction_digits--)
    if (decimal.fraction[decimal.fraction_digits - 1] != '0')
      return err_set(e, RESULT_INVALID, "more than %d digits after the point", exponent);

  int64_t value = 0;
  bool fits = push_digits(&value, decimal.whole, decimal.whole_digits, decimal.sign) &&
              push_digits(&value, decimal.fraction, decimal.fraction_digits, decimal.sign);
  for (size_t i = decimal.fraction_digits; fits && i < places; i++)
    fits = push_digit(&value, 0, decimal.sign);
  if (!fits)
    return err_set(e, RESULT_OUT_OF_RANGE, "the amount is too large");
  *minor = value;
  return RESULT_OK;
}

const char *money_format(int64_t minor, int exponent, char out[MONEY_TEXT_SIZE])
{
  const char *sign = minor < 0 ? "-" : "";
  uint64_t size = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
  uint64_t unit = 1;
  for (int i = 0; i < exponent; i++)
    unit *= 10;
  if (exponent == 0)
    snprintf(out, MONEY_TEXT_SIZE, "%s%" PRIu64, sign, size);
  else
    snprintf(out, MONEY_TEXT_SIZE, "%s%" PRIu64 ".%0*" PRIu64, sign, size / unit, exponent, size % unit);
  return out;
}

/* What a share lost by rounding down. */
struct loss {
  wide remainder;
  size_t index;
};

static int compare_loss(const void *left, const void *right)
{
  const struct loss *a = left, *b = right;
  if (a->remainder != b->remainder)
    return a->remainder > b->remainder ? -1 : 1;
  return a->index < b->index ? -1 : 1;
}

void money_spread(int64_t amount, const int64_t *weights, size_t count, int64_t *shares)
{
  wide sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += weights[i];
  if (sum == 0) {
    memset(shares, 0, count * sizeof *shares);
    return;
  }
  g_autofree struct loss *losses = g_new(struct loss, count);
  int64_t left = amount;
  for (size_t i = 0; i < count; i++) {
    wide exact = (wide)amount * weights[i];
    shares[i] = (int64_t)(exact / sum);
    losses[i] = (struct loss){.remainder = exact % sum, .index = i};
    left -= shares[i];
  }
  qsort(losses, count, sizeof *losses, compare_loss);
  /* The remainders sum to left * sum and each is below sum: fewer units are left than shares that lost
   * something. */
  for (size_t i = 0; left > 0; i++, left--)
    shares[losses[i].index]++;
}
