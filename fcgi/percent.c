#include "fcgi/percent.h"

#include <stdbool.h>

#include <glib.h>

#include "base/mutant.h"

char *percent_decode(const char *text, size_t length)
{
  g_autoptr(GString) out = g_string_sized_new(length);
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)text[i];
    if (byte == '%') {
      bool cut = length - i < 3 && !MUTANT("percent-reads-beyond");
      if (cut || !g_ascii_isxdigit(text[i + 1]) || !g_ascii_isxdigit(text[i + 2]))
        return NULL;
      byte = (unsigned char)(g_ascii_xdigit_value(text[i + 1]) * 16 + g_ascii_xdigit_value(text[i + 2]));
      i += 2;
    }
    if (byte == '\0')
      return NULL;
    g_string_append_c(out, (char)byte);
  }
  bool text_valid = g_utf8_validate_len(out->str, out->len, NULL) || MUTANT("percent-takes-any-bytes");
  return text_valid ? g_strdup(out->str) : NULL;
}
