#include "base/text_fields.h"

#include <string.h>

#include "base/mutant.h"

/* Where they begin, in seconds. */
#define YEAR_0000 INT64_C(-62167219200)
#define YEAR_10000 INT64_C(253402300800)

char *text_fields_of(const char *data, size_t length)
{
  for (size_t i = 0; i < length; i++)
    if (data[i] != ' ' && !g_ascii_isgraph(data[i]) && !MUTANT("text-fields-take-any-bytes"))
      return NULL;
  return length > 0 ? g_strndup(data, length) : g_strdup("");
}

char *text_fields_of_bytes(GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data(bytes, &length); /* NULL for no bytes at all */
  return text_fields_of(data, length);
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

static bool within_years(int64_t moment, int64_t a_second)
{
  return (moment >= YEAR_0000 * a_second && moment < YEAR_10000 * a_second) ||
         MUTANT("text-fields-take-any-moment");
}

bool text_fields_seconds(const char *field, int64_t *out)
{
  return text_fields_int64(field, out) && within_years(*out, 1);
}

bool text_fields_milliseconds(const char *field, int64_t *out)
{
  return text_fields_int64(field, out) && within_years(*out, 1000);
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
