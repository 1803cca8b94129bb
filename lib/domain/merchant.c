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

/* ---- language tags ---- */

static bool all(const char *text, bool (*is)(char c))
{
  for (; *text != '\0'; text++)
    if (!is(*text))
      return false;
  return true;
}

static bool is_alpha(char c)
{
  return g_ascii_isalpha(c);
}

static bool is_digit(char c)
{
  return g_ascii_isdigit(c);
}

static bool is_alnum(char c)
{
  return g_ascii_isalnum(c);
}

static bool is_language(const char *part)
{
  size_t length = strlen(part);
  return (length == 2 || length == 3) && all(part, is_alpha);
}

static bool is_script(const char *part)
{
  return strlen(part) == 4 && all(part, is_alpha);
}

static bool is_region(const char *part)
{
  size_t length = strlen(part);
  return (length == 2 && all(part, is_alpha)) || (length == 3 && all(part, is_digit));
}

static bool is_variant(const char *part)
{
  size_t length = strlen(part);
  return all(part, is_alnum) && ((length >= 5 && length <= 8) || (length == 4 && is_digit(part[0])));
}

static bool is_keyword(const char *part)
{
  return strlen(part) == 2 && is_alnum(part[0]) && is_alpha(part[1]);
}

static bool is_value(const char *part)
{
  size_t length = strlen(part);
  return length >= 3 && length <= 8 && all(part, is_alnum);
}

/* No browser takes a tag that has one twice. */
static char **pass_variants(char **part)
{
  char **first = part;
  for (; *part != NULL && is_variant(*part); part++)
    for (char **before = first; before < part; before++)
      if (g_ascii_strcasecmp(*before, *part) == 0)
        return before;
  return part;
}

/* "u", then keywords, each with its values. Returns where it was given up when there are none. */
static char **pass_keywords(char **part)
{
  if (*part == NULL || g_ascii_strcasecmp(*part, "u") != 0 || part[1] == NULL || !is_keyword(part[1]))
    return part;
  for (part += 2; *part != NULL && (is_keyword(*part) || is_value(*part));)
    part++;
  return part;
}

bool merchant_locale_valid(const char *text)
{
  if (strlen(text) > MERCHANT_LOCALE_MAX)
    return false;
  g_auto(GStrv) parts = g_strsplit(text, "-", -1);
  char **part = parts;
  if (*part == NULL || !is_language(*part++))
    return false;
  if (*part != NULL && is_script(*part))
    part++;
  if (*part != NULL && is_region(*part))
    part++;
  part = pass_keywords(pass_variants(part));
  return *part == NULL;
}

bool merchant_has_currency(const struct merchant *merchant, const char *currency)
{
  for (size_t i = 0; i < merchant->currency_count; i++)
    if (strcmp(merchant->currencies[i], currency) == 0)
      return true;
  return false;
}
