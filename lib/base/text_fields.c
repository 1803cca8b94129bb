#include "base/text_fields.h"

#include <string.h>

char *text_fields_of_bytes(GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data(bytes, &length); /* NULL for no bytes at all */
  if (length == 0)
    return g_strdup("");
  return memchr(data, '\0', length) == NULL ? g_strndup(data, length) : NULL;
}

bool text_fields_split(char *text, char **fields, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    fields[i] = text;
    char *blank = strchr(text, ' ');
    bool last = i + 1 == count;
    if ((blank == NULL) != last || blank == text || *text == '\0')
      return false;
    if (!last) {
      *blank = '\0';
      text = blank + 1;
    }
  }
  return true;
}

bool text_fields_int64(const char *field, int64_t *out)
{
  bool negative = field[0] == '-';
  const char *p = field + (negative ? 1 : 0);
  if (*p == '\0')
    return false;
  int64_t value = 0;
  for (; *p != '\0'; p++) {
    if (*p < '0' || *p > '9')
      return false;
    /* Counted downwards: the least int64 has no positive twin. */
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, *p - '0', &value))
      return false;
  }
  if (!negative && value == INT64_MIN)
    return false;
  *out = negative ? value : -value;
  return true;
}

bool text_fields_hex64(const char *field, uint64_t *out)
{
  uint64_t value = 0;
  for (int i = 0; i < 16; i++) {
    char c = field[i];
    if (c >= '0' && c <= '9')
      value = value << 4 | (uint64_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value << 4 | (uint64_t)(c - 'a' + 10);
    else
      return false;
  }
  *out = value;
  return field[16] == '\0';
}

bool text_fields_copy(const char *field, char *out, size_t size)
{
  size_t length = strlen(field);
  if (length >= size)
    return false;
  memcpy(out, field, length + 1);
  return true;
}
