#include "domain/merchant.h"

#include <string.h>

#include <glib.h>

static bool lower_or_digit(char c)
{
  return g_ascii_islower(c) || g_ascii_isdigit(c);
}

bool merchant_id_valid(const char *text, size_t length)
{
  if (length < 2 || length > MERCHANT_ID_MAX || !lower_or_digit(text[0]))
    return false;
  for (size_t i = 1; i < length; i++)
    if (!lower_or_digit(text[i]) && text[i] != '-')
      return false;
  return true;
}

bool merchant_has_currency(const struct merchant *merchant, const char *currency)
{
  for (size_t i = 0; i < merchant->currency_count; i++)
    if (strcmp(merchant->currencies[i], currency) == 0)
      return true;
  return false;
}
