#include "fcgi/json_out.h"

#include <string.h>

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

char *json_out_begin(GString *out, gsize count)
{
  gsize length = out->len, room = count * (JSON_OUT_INT_MAX + 1);
  if (out->allocated_len - length <= room) {
    g_string_set_size(out, length + room);
    g_string_truncate(out, length);
  }
  return out->str + length;
}

void json_out_end(GString *out, char *end)
{
  *end = '\0';
  out->len = (gsize)(end - out->str);
}

/* 00 to 99: half as many divisions, of which a long answer has tens of thousands. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

char *json_out_digits(char *at, int64_t value)
{
  if (value >= 0 && value <= 9) { /* most figures of a quiet hour */
    *at++ = (char)('0' + value);
    return at;
  }
  char digits[JSON_OUT_INT_MAX];
  char *p = digits + sizeof digits;
  /* the magnitude of INT64_MIN fits an unsigned only */
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  for (; rest >= 10; rest /= 100) {
    p -= 2;
    memcpy(p, pairs + rest % 100 * 2, 2);
  }
  if (rest > 0)
    *--p = (char)('0' + rest);
  if (value < 0)
    *at++ = '-';
  size_t length = (size_t)(digits + sizeof digits - p);
  memcpy(at, p, length);
  return at + length;
}

void json_out_int(GString *out, int64_t value)
{
  json_out_end(out, json_out_digits(json_out_begin(out, 1), value));
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
