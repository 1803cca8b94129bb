#include "fcgi/json_out.h"

#include <string.h>

#include "domain/instant.h"

#define INT_DIGITS_MAX 20 /* -9223372036854775808 */

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

/* Makes sure of room behind the text and returns its end: a number is then written in place. */
static char *room_for(GString *out, gsize bytes)
{
  if (out->allocated_len - out->len <= bytes) {
    gsize length = out->len;
    g_string_set_size(out, length + bytes);
    g_string_truncate(out, length);
  }
  return out->str + out->len;
}

void json_out_int(GString *out, int64_t value)
{
  if (value == 0) { /* most figures of a quiet hour */
    g_string_append_c(out, '0');
    return;
  }
  char digits[INT_DIGITS_MAX];
  char *p = digits + sizeof digits;
  /* the magnitude of INT64_MIN fits an unsigned only */
  for (uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value; rest != 0; rest /= 10)
    *--p = (char)('0' + rest % 10);
  if (value < 0)
    *--p = '-';
  gsize length = (gsize)(digits + sizeof digits - p);
  char *end = room_for(out, length);
  memcpy(end, p, length);
  end[length] = '\0';
  out->len += length;
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
