#include "stores/keys.h"

#include <inttypes.h>
#include <string.h>

#include <glib.h>

char *key_card(const char *merchant)
{
  return g_strdup_printf("tk:{%s}:card", merchant);
}

char *key_proof(const char *merchant)
{
  return g_strdup_printf("tk:{%s}:proof", merchant);
}

char *key_parked(const char *merchant, const char *prefix)
{
  return g_strdup_printf("tk:{%s}:%s:parked", merchant, prefix);
}

char *key_minutes(const char *merchant, const char *prefix, const char *currency, int64_t hour_start)
{
  return g_strdup_printf("tk:{%s}:%s:m:%s:%" PRId64, merchant, prefix, currency, hour_start);
}

char *key_hours(const char *merchant, const char *prefix, const char *currency, civil_day date)
{
  int year, month, day;
  civil_to_ymd(date, &year, &month, &day);
  return g_strdup_printf("tk:{%s}:%s:h:%s:%04d%02d%02d", merchant, prefix, currency, year, month, day);
}

char *key_days(const char *merchant, const char *prefix, const char *currency, int year)
{
  return g_strdup_printf("tk:{%s}:%s:d:%s:%04d", merchant, prefix, currency, year);
}

char *key_merchant_prefix(const char *merchant)
{
  return g_strdup_printf("tk:{%s}:", merchant);
}

char *key_rows_prefix(const char *merchant, const char *prefix)
{
  return g_strdup_printf("tk:{%s}:%s:", merchant, prefix);
}

char *key_channel(const char *merchant)
{
  return g_strdup_printf("tk:{%s}:changed", merchant);
}

bool key_channel_merchant(const char *channel, size_t length, char out[MERCHANT_ID_SIZE])
{
  static const char head[] = "tk:{", tail[] = "}:changed";
  size_t around = strlen(head) + strlen(tail);
  if (length < around || length - around > MERCHANT_ID_MAX || memcmp(channel, head, strlen(head)) != 0 ||
      memcmp(channel + length - strlen(tail), tail, strlen(tail)) != 0)
    return false;
  memcpy(out, channel + strlen(head), length - around);
  out[length - around] = '\0';
  return merchant_id_valid(out, length - around);
}

char *key_unnamed(const char *merchant)
{
  return g_strdup_printf("tk:{%s}:unnamed", merchant);
}
