#include "cli/import/lines.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

struct lines {
  FILE *stream;
  GString *text;
  size_t number;
};

struct lines *lines_new(FILE *stream)
{
  struct lines *lines = g_new0(struct lines, 1);
  lines->stream = stream;
  lines->text = g_string_sized_new(256);
  return lines;
}

void lines_free(struct lines *lines)
{
  if (lines == NULL)
    return;
  g_string_free(lines->text, TRUE);
  g_free(lines);
}

/* Reads up to and with the line feed, keeps at most one byte more than is allowed; false at the end of the
 * file. */
static bool read_line(struct lines *lines)
{
  bool any = false;
  int c;
  g_string_truncate(lines->text, 0);
  while ((c = getc_unlocked(lines->stream)) != EOF) {
    any = true;
    if (c == '\n')
      break;
    if (lines->text->len <= LINES_LENGTH_MAX)
      g_string_append_c(lines->text, (char)c);
  }
  return any;
}

static const char *find_fault(const GString *text)
{
  if (text->len > LINES_LENGTH_MAX)
    return "the line is longer than 65536 bytes";
  if (memchr(text->str, '\0', text->len) != NULL)
    return "the line holds a NUL byte";
  if (!g_utf8_validate(text->str, (gssize)text->len, NULL))
    return "the line is not UTF-8";
  return NULL;
}

enum result lines_next(struct lines *lines, struct line *out, bool *end, struct err *e)
{
  bool any = read_line(lines);
  if (ferror(lines->stream))
    return err_set(e, RESULT_UNAVAILABLE, "line %zu cannot be read: %s", lines->number + 1, strerror(errno));
  *end = !any;
  if (!any)
    return RESULT_OK;
  if (lines->number == 0 && g_str_has_prefix(lines->text->str, "\xef\xbb\xbf"))
    g_string_erase(lines->text, 0, 3);
  *out = (struct line){.number = ++lines->number, .fault = find_fault(lines->text)};
  out->text = out->fault != NULL ? "" : lines->text->str;
  out->length = strlen(out->text);
  return RESULT_OK;
}
