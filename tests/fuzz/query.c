#include "fcgi/query.h"

#include <stdbool.h>
#include <string.h>

#include "fcgi/percent.h"
#include "tests/fuzz/fuzz.h"

static const char *const allowed[] = {"from", "to", "a", NULL};

/* What a decoder that was written apart from ours makes of the bytes; NULL: they are refused. */
static char *decode_apart(const char *text, size_t length)
{
  static const char digits[] = "0123456789abcdef";
  g_autoptr(GString) out = g_string_new(NULL);
  for (size_t i = 0; i < length; i++) {
    if (text[i] != '%') {
      g_string_append_c(out, text[i]);
      continue;
    }
    if (i + 2 >= length || text[i + 1] == '\0' || text[i + 2] == '\0')
      return NULL;
    const char *high = strchr(digits, g_ascii_tolower(text[i + 1]));
    const char *low = strchr(digits, g_ascii_tolower(text[i + 2]));
    if (high == NULL || low == NULL)
      return NULL;
    g_string_append_c(out, (char)((high - digits) << 4 | (low - digits)));
    i += 2;
  }
  bool good = memchr(out->str, '\0', out->len) == NULL && g_utf8_validate(out->str, (gssize)out->len, NULL);
  return good ? g_strndup(out->str, out->len) : NULL;
}

static void check_decoding(const uint8_t *data, size_t size)
{
  /* a copy of just the size, so that a byte read beyond it is seen */
  g_autoptr(GBytes) copy = g_bytes_new(data, size);
  const char *text = size > 0 ? g_bytes_get_data(copy, NULL) : "";
  g_autofree char *decoded = percent_decode(text, size);
  g_autofree char *expected = decode_apart(text, size);
  FUZZ_CHECK(g_strcmp0(decoded, expected) == 0);
}

static const struct query_parameter *item(const struct query *query, guint i)
{
  return &g_array_index(query->items, struct query_parameter, i);
}

/* Written out again with everything escaped, a query reads the same. */
static void check_round_trip(const struct query *query)
{
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < query->items->len; i++) {
    g_autofree char *name = g_uri_escape_string(item(query, i)->name, NULL, FALSE);
    g_autofree char *value = g_uri_escape_string(item(query, i)->value, NULL, FALSE);
    g_string_append_printf(text, "%s%s=%s", i > 0 ? "&" : "", name, value);
  }
  struct query again;
  query_init(&again);
  FUZZ_CHECK(query_parse(&again, text->str, NULL) == RESULT_OK);
  FUZZ_CHECK(again.items->len == query->items->len);
  for (guint i = 0; i < again.items->len; i++) {
    FUZZ_CHECK(strcmp(item(&again, i)->name, item(query, i)->name) == 0);
    FUZZ_CHECK(strcmp(item(&again, i)->value, item(query, i)->value) == 0);
  }
  query_clear(&again);
}

/* Each parameter beyond the first of an allowed name is told, once. */
static void check_violations(const struct query *query)
{
  struct violations violations;
  g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
  size_t good = 0;
  violations_init(&violations);
  for (guint i = 0; i < query->items->len; i++)
    good += g_hash_table_add(names, item(query, i)->name) && g_strv_contains(allowed, item(query, i)->name);
  query_check(query, allowed, &violations);
  FUZZ_CHECK(violations.count + violations.dropped == query->items->len - good);
  violations_clear(&violations);
}

/* The input as text; by a choice within it drawn from few letters, so that many are queries. */
static char *text_of(const uint8_t *data, size_t size)
{
  static const char letters[] = "a=&a=&to%6";
  char *text = g_strndup((const char *)data, size);
  if (size > 0 && (data[0] & 1) != 0)
    for (char *p = text; *p != '\0'; p++)
      *p = letters[(unsigned char)*p % (sizeof letters - 1)];
  return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  check_decoding(data, size);
  g_autofree char *text = text_of(data, size);
  struct query query;
  struct err e = ERR_NONE;
  query_init(&query);
  enum result r = query_parse(&query, text, &e);
  FUZZ_CHECK(r == RESULT_OK || r == RESULT_INVALID);
  FUZZ_CHECK((r == RESULT_OK) == (e.code == RESULT_OK));
  if (r == RESULT_OK) {
    check_round_trip(&query);
    check_violations(&query);
  }
  query_clear(&query);
  return 0;
}
