#include "fcgi/orders_query.h"

#include <string.h>

#include <sodium.h>

#include "domain/bucket.h"
#include "domain/zone_cache.h"
#include "fcgi/json_out.h"
#include "fcgi/paging.h"
#include "fcgi/posting.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 200
#define TEXT_MAX 255
#define CURSOR_BYTES (ORDERS_QUERY_HASH_SIZE + sizeof(struct ulid))

static void complain(struct exchange *x, const char *code, const char *parameter, const char *detail)
{
  violations_add(&x->violations, VIOLATION_PARAMETER, code, parameter, "%s", detail);
}

/* ---- each parameter ---- */

/* A date, which means its local start, or an instant. */
static bool parse_bound(const char *text, const struct zone *zone, int64_t *ms)
{
  civil_day date;
  struct bucket_day day;
  struct err unsaid = ERR_NONE;
  if (civil_parse(text, strlen(text), &date, &unsaid) == RESULT_OK) {
    bucket_day_of(zone, date, &day);
    *ms = day.start * 1000;
    return true;
  }
  err_clear(&unsaid);
  return instant_parse(text, strlen(text), ms, &unsaid) == RESULT_OK && *ms >= 0;
}

static void read_bounds(struct exchange *x, const struct zone *zone, struct ledger_filter *filter)
{
  const char *from = query_get(&x->request.query, "from");
  const char *to = query_get(&x->request.query, "to");
  filter->has_from = from != NULL;
  filter->has_to = to != NULL;
  bool good_from = from == NULL || parse_bound(from, zone, &filter->from_ms);
  bool good_to = to == NULL || parse_bound(to, zone, &filter->to_ms);
  if (!good_from)
    complain(x, "invalid_range", "from", "a date, or an instant with its zone");
  if (!good_to)
    complain(x, "invalid_range", "to", "a date, or an instant with its zone");
  if (good_from && good_to && from != NULL && to != NULL && filter->from_ms >= filter->to_ms)
    complain(x, "invalid_range", "from", "must be before to");
}

static const char *read_text(struct exchange *x, const char *name)
{
  const char *text = query_get(&x->request.query, name);
  if (text != NULL && (*text == '\0' || strlen(text) > TEXT_MAX))
    complain(x, "invalid_field", name, "1 to 255 bytes");
  return text;
}

static void read_idempotency_key(struct exchange *x, struct orders_query *query)
{
  query->idempotency_key = read_text(x, "idempotency_key");
  if (query->idempotency_key == NULL)
    return;
  g_snprintf(query->idem, sizeof query->idem, ORDERS_KEY_PREFIX "/%s", query->idempotency_key);
  query->filter.idempotency_key = query->idem;
}

static void read_currency(struct exchange *x, struct ledger_filter *filter)
{
  filter->currency = query_get(&x->request.query, "currency");
  if (filter->currency != NULL && currency_find(filter->currency) == NULL)
    complain(x, "invalid_currency", "currency", "a currency's code of ISO 4217");
}

/* ---- the cursor ---- */

/* What the query chooses. The page's size is no part of it. */
static void hash_query(const struct exchange *x, uint8_t hash[ORDERS_QUERY_HASH_SIZE])
{
  static const char *const choosing[] = {"from", "to", "currency", "reference", "idempotency_key"};
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, ORDERS_QUERY_HASH_SIZE);
  crypto_generichash_update(&state, (const unsigned char *)x->merchant, strlen(x->merchant) + 1);
  for (size_t i = 0; i < G_N_ELEMENTS(choosing); i++) {
    const char *value = query_get(&x->request.query, choosing[i]);
    unsigned char given = value != NULL;
    crypto_generichash_update(&state, &given, 1);
    if (given)
      crypto_generichash_update(&state, (const unsigned char *)value, strlen(value) + 1);
  }
  crypto_generichash_final(&state, hash, ORDERS_QUERY_HASH_SIZE);
}

static void read_cursor(struct exchange *x, struct orders_query *query)
{
  const char *text = query_get(&x->request.query, "cursor");
  uint8_t bytes[CURSOR_BYTES];
  size_t length = 0;
  if (text == NULL)
    return;
  if (sodium_base642bin(bytes, sizeof bytes, text, strlen(text), NULL, &length, NULL,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      length != sizeof bytes || memcmp(bytes, query->hash, sizeof query->hash) != 0) {
    complain(x, "invalid_cursor", "cursor", "the next_cursor of the page before, with the same parameters");
    return;
  }
  query->filter.has_before = true;
  memcpy(&query->filter.before, bytes + sizeof query->hash, sizeof query->filter.before);
}

void orders_query_write_cursor(const struct orders_query *query, const struct ulid *last, GString *out)
{
  uint8_t bytes[CURSOR_BYTES];
  char text[sodium_base64_ENCODED_LEN(CURSOR_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
  if (last == NULL) {
    g_string_append(out, "null");
    return;
  }
  memcpy(bytes, query->hash, sizeof query->hash);
  memcpy(bytes + sizeof query->hash, last, sizeof *last);
  sodium_bin2base64(text, sizeof text, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  json_out_string(out, text);
}

/* ---- all of it ---- */

bool orders_query_read(struct orders_query *query, struct exchange *x)
{
  *query = (struct orders_query){.filter = {.limit = LIMIT_DEFAULT}};
  struct err e = ERR_NONE;
  const struct zone *zone = NULL;
  enum result r = people_merchant_terms(&x->context->people, x->merchant, &query->merchant, &e);
  if (r == RESULT_OK)
    r = zone_cache_get(query->merchant.zone, &zone, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "merchant_terms", r, &e);
    return false;
  }
  hash_query(x, query->hash);
  read_bounds(x, zone, &query->filter);
  read_currency(x, &query->filter);
  query->filter.reference = read_text(x, "reference");
  read_idempotency_key(x, query);
  query->filter.limit = paging_read_limit(x, LIMIT_DEFAULT, LIMIT_MAX);
  read_cursor(x, query);
  if (!violations_any(&x->violations))
    return true;
  exchange_refuse_query(x);
  return false;
}

static void write_text(GString *out, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_string_append_printf(out, ",\"%s\":", name);
  json_out_string(out, value);
}

void orders_query_write(const struct orders_query *query, GString *out)
{
  const struct ledger_filter *filter = &query->filter;
  g_string_append_printf(out, "{\"limit\":%" G_GSIZE_FORMAT, filter->limit);
  if (filter->has_from) {
    g_string_append(out, ",\"from\":");
    json_out_instant_ms(out, filter->from_ms);
  }
  if (filter->has_to) {
    g_string_append(out, ",\"to\":");
    json_out_instant_ms(out, filter->to_ms);
  }
  write_text(out, "currency", filter->currency);
  write_text(out, "reference", filter->reference);
  write_text(out, "idempotency_key", query->idempotency_key);
  g_string_append_c(out, '}');
}

void orders_query_write_meta(const struct orders_query *query, GString *out)
{
  g_string_append(out, "{\"timezone\":");
  json_out_string(out, query->merchant.zone);
  g_string_append_c(out, '}');
}
