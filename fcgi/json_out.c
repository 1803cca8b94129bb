#include "fcgi/json_out.h"

#include "domain/instant.h"

static void escape(GString *out, unsigned char byte)
{
  if (byte == '"' || byte == '\\') {
    g_string_append_c(out, '\\');
    g_string_append_c(out, (char)byte);
  } else if (byte < 0x20 || byte == 0x7f) {
    g_string_append_printf(out, "\\u%04x", byte);
  } else {
    g_string_append_c(out, (char)byte);
  }
}

void json_out_string(GString *out, const char *text)
{
  if (text == NULL) {
    g_string_append(out, "null");
    return;
  }
  g_string_append_c(out, '"');
  for (const char *p = text; *p != '\0'; p++)
    escape(out, (unsigned char)*p);
  g_string_append_c(out, '"');
}

void json_out_int(GString *out, int64_t value)
{
  char digits[24];
  char *p = digits + sizeof digits;
  /* the magnitude of INT64_MIN fits an unsigned only */
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do
    *--p = (char)('0' + rest % 10);
  while ((rest /= 10) != 0);
  if (value < 0)
    *--p = '-';
  g_string_append_len(out, p, digits + sizeof digits - p);
}

void json_out_bool(GString *out, bool value)
{
  g_string_append(out, value ? "true" : "false");
}

void json_out_instant_ms(GString *out, int64_t ms)
{
  char text[INSTANT_TEXT_SIZE];
  json_out_string(out, instant_format_ms(ms, text));
}

void json_out_instant_s(GString *out, int64_t seconds)
{
  char text[INSTANT_TEXT_SIZE];
  json_out_string(out, instant_format_s(seconds, text));
}
