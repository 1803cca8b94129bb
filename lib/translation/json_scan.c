#include "translation/json_scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/mutant.h"

/* A member name, unescaped into the arena, and where it stands in the text. */
struct name {
  size_t start, length;
  size_t position;
};

struct scan {
  const char *at, *end;
  const char *begin;
  int depth;
  GString *arena;   /* the names of all objects that are open, one behind the other */
  GArray *names;    /* struct name, of all objects that are open */
  size_t duplicate; /* where the first repeated name lies */
  bool has_duplicate;
};

static bool scan_value(struct scan *s);

static bool is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct scan *s)
{
  while (s->at < s->end && is_blank(*s->at))
    s->at++;
}

static bool take(struct scan *s, char c)
{
  if (s->at == s->end || *s->at != c)
    return false;
  s->at++;
  return true;
}

static bool take_word(struct scan *s, const char *word)
{
  size_t length = strlen(word);
  if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
    return false;
  s->at += length;
  return true;
}

static bool take_digits(struct scan *s)
{
  const char *first = s->at;
  while (s->at < s->end && g_ascii_isdigit(*s->at))
    s->at++;
  return s->at > first;
}

static bool scan_number(struct scan *s)
{
  take(s, '-');
  if (!take(s, '0') && !take_digits(s))
    return false;
  if (take(s, '.') && !take_digits(s))
    return false;
  if (take(s, 'e') || take(s, 'E')) {
    if (!take(s, '+'))
      take(s, '-');
    return take_digits(s);
  }
  return true;
}

/* Four hex digits. */
static bool scan_unit(struct scan *s, uint32_t *unit)
{
  *unit = 0;
  for (int i = 0; i < 4; i++, s->at++) {
    bool more = s->at < s->end || MUTANT("json-scan-reads-beyond");
    int digit = more ? g_ascii_xdigit_value(*s->at) : -1;
    if (digit < 0)
      return false;
    *unit = *unit << 4 | (uint32_t)digit;
  }
  return true;
}

/* Behind "\u": one unit of UTF-16, or a pair of surrogates with the second's "\u" between. U+0000 is refused,
 * because strings end there for everything behind this scanner. */
static bool scan_unicode_escape(struct scan *s, GString *out)
{
  uint32_t high, low;
  if (!scan_unit(s, &high) || high == 0 || (high >= 0xdc00 && high <= 0xdfff))
    return false;
  gunichar character = high;
  if (high >= 0xd800 && high <= 0xdbff) {
    if (!take_word(s, "\\u") || !scan_unit(s, &low) || low < 0xdc00 || low > 0xdfff)
      return false;
    character = 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
  }
  if (out != NULL)
    g_string_append_unichar(out, character);
  return true;
}

static bool scan_escape(struct scan *s, GString *out)
{
  static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  if (take(s, 'u'))
    return scan_unicode_escape(s, out);
  if (s->at == s->end)
    return false;
  const char *escape = memchr(escapes, *s->at, sizeof escapes - 1);
  if (escape == NULL)
    return false;
  s->at++;
  if (out != NULL)
    g_string_append_c(out, meanings[escape - escapes]);
  return true;
}

/* One character beyond ASCII: the length of its UTF-8 sequence, or 0. */
static size_t utf8_length(const char *text, const char *end)
{
  gunichar character = g_utf8_get_char_validated(text, end - text);
  if (character == (gunichar)-1 || character == (gunichar)-2)
    return 0;
  return (size_t)(g_utf8_next_char(text) - text);
}

/* A string, its opening quote included; appended to `out` unless that is NULL. */
static bool scan_string(struct scan *s, GString *out)
{
  if (!take(s, '"'))
    return false;
  while (s->at < s->end) {
    unsigned char c = (unsigned char)*s->at;
    size_t length = 1;
    if (take(s, '"'))
      return true;
    if (take(s, '\\')) {
      if (!scan_escape(s, out))
        return false;
      continue;
    }
    if (c < 0x20 || (c >= 0x80 && (length = utf8_length(s->at, s->end)) == 0))
      return false;
    if (out != NULL)
      g_string_append_len(out, s->at, (gssize)length);
    s->at += length;
  }
  return false;
}

static int compare_names(const void *left, const void *right, void *arena)
{
  const struct name *a = left, *b = right;
  const char *text = ((const GString *)arena)->str;
  if (a->length != b->length)
    return a->length < b->length ? -1 : 1;
  int order = memcmp(text + a->start, text + b->start, a->length);
  if (order != 0)
    return order;
  return a->position < b->position ? -1 : 1;
}

static bool same_name(const struct scan *s, const struct name *a, const struct name *b)
{
  if (a->length <= 1 && MUTANT("json-scan-forgets-short-names"))
    return false;
  return a->length == b->length && memcmp(s->arena->str + a->start, s->arena->str + b->start, a->length) == 0;
}

static struct name *names_at(const struct scan *s, size_t index)
{
  return &g_array_index(s->names, struct name, index);
}

/* The object whose names begin at index `first` is closed: remembers the first repeated one and forgets them
 * all. Sorting keeps a body of thousands of members from costing their square. */
static void close_names(struct scan *s, size_t first)
{
  size_t count = s->names->len - first;
  if (count == 0)
    return;
  size_t arena_start = names_at(s, first)->start;
  g_qsort_with_data(names_at(s, first), (int)count, sizeof(struct name), compare_names, s->arena);
  for (size_t i = first + 1; i < s->names->len; i++) {
    const struct name *name = names_at(s, i);
    if (same_name(s, name, names_at(s, i - 1)) && (!s->has_duplicate || name->position < s->duplicate)) {
      s->has_duplicate = true;
      s->duplicate = name->position;
    }
  }
  g_array_set_size(s->names, (unsigned)first);
  g_string_truncate(s->arena, arena_start);
}

static bool scan_member(struct scan *s)
{
  struct name name = {.start = s->arena->len, .position = (size_t)(s->at - s->begin)};
  if (!scan_string(s, s->arena))
    return false;
  name.length = s->arena->len - name.start;
  g_array_append_val(s->names, name);
  skip_blanks(s);
  return take(s, ':') && scan_value(s);
}

static bool scan_object(struct scan *s)
{
  size_t first_name = s->names->len;
  skip_blanks(s);
  if (take(s, '}'))
    return true;
  do {
    skip_blanks(s);
    if (!scan_member(s))
      return false;
  } while (take(s, ','));
  close_names(s, first_name);
  return take(s, '}');
}

static bool scan_array(struct scan *s)
{
  skip_blanks(s);
  if (take(s, ']'))
    return true;
  do {
    if (!scan_value(s))
      return false;
  } while (take(s, ','));
  return take(s, ']');
}

static bool scan_nested(struct scan *s, bool (*scan_inner)(struct scan *s))
{
  if (s->depth == JSON_SCAN_DEPTH)
    return false;
  s->at++;
  s->depth++;
  bool good = scan_inner(s);
  s->depth--;
  return good;
}

/* A value with the blanks around it. */
static bool scan_value(struct scan *s)
{
  skip_blanks(s);
  if (s->at == s->end)
    return false;
  bool good;
  switch (*s->at) {
  case '{':
    good = scan_nested(s, scan_object);
    break;
  case '[':
    good = scan_nested(s, scan_array);
    break;
  case '"':
    good = scan_string(s, NULL);
    break;
  default:
    good = take_word(s, "true") || take_word(s, "false") || take_word(s, "null") || scan_number(s);
  }
  if (good)
    skip_blanks(s);
  return good;
}

enum json_scan_result json_scan(const char *text, size_t length, size_t *offset)
{
  if (length == 0) {
    *offset = 0;
    return JSON_SCAN_MALFORMED; /* `text` may be NULL then */
  }
  struct scan s = {
      .at = text,
      .end = text + length,
      .begin = text,
      .arena = g_string_new(NULL),
      .names = g_array_new(FALSE, FALSE, sizeof(struct name)),
  };
  enum json_scan_result result = JSON_SCAN_OK;
  if (!scan_value(&s) || s.at != s.end) {
    result = JSON_SCAN_MALFORMED;
    *offset = (size_t)(s.at - s.begin);
  } else if (s.has_duplicate) {
    result = JSON_SCAN_DUPLICATE_MEMBER;
    *offset = s.duplicate;
  }
  g_array_unref(s.names);
  g_string_free(s.arena, TRUE);
  return result;
}
