#include "fcgi/list_query.h"

#include <string.h>

#include "domain/range.h"
#include "domain/zone_cache.h"
#include "fcgi/json_out.h"

size_t list_query_limit(struct exchange *x)
{
  const char *text = query_get(&x->request.query, "limit");
  if (text == NULL)
    return LIST_LIMIT_DEFAULT;
  char *end;
  gint64 limit = g_ascii_strtoll(text, &end, 10);
  if (end == text || *end != '\0' || (*text != '-' && !g_ascii_isdigit(*text)))
    exchange_complain(x, "invalid_field", "limit", "a whole number");
  else if (limit < 1 || limit > LIST_LIMIT_MAX)
    exchange_complain(x, "out_of_range", "limit", "1 to 200");
  else
    return (size_t)limit;
  return LIST_LIMIT_DEFAULT;
}

static bool is_id(const char *text, const char *prefix)
{
  struct ulid id;
  size_t length = strlen(prefix);
  return strlen(text) == LIST_ID_SIZE - 1 && strncmp(text, prefix, length) == 0 &&
         ulid_parse(text + length, strlen(text + length), &id);
}

bool list_query_page(struct exchange *x, const char *prefix, struct list_page *page)
{
  static const char *const choosing[] = {NULL};
  size_t length = 0;
  *page = (struct list_page){.limit = list_query_limit(x)};
  cursor_hash(x, choosing, page->hash);
  page->has_before = cursor_read(x, page->hash, page->before, LIST_ID_SIZE - 1, LIST_ID_SIZE - 1, &length);
  if (page->has_before && !is_id(page->before, prefix))
    cursor_refuse(x);
  if (!violations_any(&x->violations))
    return true;
  exchange_refuse_query(x);
  return false;
}

void list_query_write_end(const struct list_page *page, const char *last, GString *out)
{
  g_string_append(out, "],");
  cursor_write_more(page->hash, last, LIST_ID_SIZE - 1, out);
  g_string_append(out, "}\n");
}

bool list_query_terms(struct exchange *x, struct merchant *merchant, const struct zone **zone)
{
  struct err e = ERR_NONE;
  enum result r = people_merchant_terms(&x->context->people, x->merchant, merchant, &e);
  if (r == RESULT_OK)
    r = zone_cache_get(merchant->zone, zone, &e);
  if (r == RESULT_OK)
    return true;
  exchange_fail(x, "merchant_terms", r, &e);
  return false;
}

/* Whether the text, if there is one, is a bound; what is wrong with it is told in the API's words. */
static bool parse_bound(const char *text, const struct zone *zone, int64_t *ms)
{
  struct err unsaid = ERR_NONE;
  return text == NULL || range_parse_moment(text, zone, ms, &unsaid) == RESULT_OK;
}

void list_query_bounds(struct exchange *x, const struct zone *zone, struct list_bounds *out)
{
  const char *from = query_get(&x->request.query, "from");
  const char *to = query_get(&x->request.query, "to");
  *out = (struct list_bounds){.has_from = from != NULL, .has_to = to != NULL};
  bool good_from = parse_bound(from, zone, &out->from_ms);
  bool good_to = parse_bound(to, zone, &out->to_ms);
  if (!good_from)
    exchange_complain(x, "invalid_range", "from", "a date, or an instant with its zone");
  if (!good_to)
    exchange_complain(x, "invalid_range", "to", "a date, or an instant with its zone");
  if (good_from && good_to && from != NULL && to != NULL && out->from_ms >= out->to_ms)
    exchange_complain(x, "invalid_range", "from", "must be before to");
}

void list_query_write_bounds(const struct list_bounds *bounds, GString *out)
{
  if (bounds->has_from) {
    g_string_append(out, ",\"from\":");
    json_out_instant_ms(out, bounds->from_ms);
  }
  if (bounds->has_to) {
    g_string_append(out, ",\"to\":");
    json_out_instant_ms(out, bounds->to_ms);
  }
}
