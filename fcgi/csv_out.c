#include "fcgi/csv_out.h"

#include <string.h>

#include <csv.h>

#include "domain/money.h"
#include "fcgi/json_out.h"

static void separate(GString *out)
{
  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append_c(out, ',');
}

void csv_out_text(GString *out, const char *text)
{
  g_autofree char *guarded =
      text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL ? g_strconcat("'", text, NULL) : g_strdup(text);
  size_t length = strlen(guarded);
  size_t size = csv_write2(NULL, 0, guarded, length, '"');
  separate(out);
  gsize at = out->len;
  g_string_set_size(out, at + size);
  csv_write2(out->str + at, size, guarded, length, '"');
}

void csv_out_int(GString *out, int64_t value)
{
  separate(out);
  json_out_int(out, value);
}

void csv_out_money(GString *out, int64_t minor, int exponent)
{
  char text[MONEY_TEXT_SIZE];
  separate(out);
  g_string_append(out, money_format(minor, exponent, text));
}

void csv_out_empty(GString *out)
{
  separate(out);
}

void csv_out_end_row(GString *out)
{
  g_string_append(out, "\r\n");
}
