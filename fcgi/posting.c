#include "fcgi/posting.h"

#include <string.h>

#include "domain/bucket.h"
#include "domain/zone_cache.h"
#include "fcgi/document_order.h"
#include "fcgi/json_out.h"
#include "fcgi/position.h"
#include "translation/order_json.h"

/* ---- reading ---- */

bool posting_read_dry_run(struct exchange *x)
{
  const char *dry = query_get(&x->request.query, "dry_run");
  bool is_true = dry != NULL && strcmp(dry, "true") == 0;
  if (dry != NULL && !is_true && strcmp(dry, "false") != 0)
    exchange_complain(x, "invalid_field", "dry_run", "true or false");
  return is_true;
}

bool posting_key_valid(const char *key)
{
  size_t length = 0;
  for (; key[length] != '\0'; length++)
    if (!g_ascii_isgraph(key[length]))
      return false;
  return length >= 1 && length <= POSTING_KEY_MAX;
}

void posting_fill(const struct exchange *x, int64_t now_ms, char *idem, struct entry *entry)
{
  g_strlcpy(entry->merchant, x->merchant, sizeof entry->merchant);
  g_strlcpy(entry->request_id, x->request.id, sizeof entry->request_id);
  entry->recorded_at_ms = now_ms;
  entry->idem = idem;
}

bool posting_init(struct posting *posting, struct exchange *x, enum entry_kind kind, const char *prefix)
{
  *posting = (struct posting){.x = x, .now_ms = context_now_ms(x->context)};
  entry_init(&posting->entry, kind);
  posting->dry_run = posting_read_dry_run(x);
  posting->body = order_json_parse_body(x->request.body, x->request.body_length, &x->violations);
  if (violations_any(&x->violations)) {
    exchange_refuse_all(x);
    return false;
  }
  struct err e = ERR_NONE;
  enum result r = people_merchant_terms(&x->context->people, x->merchant, &posting->merchant, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "merchant_terms", r, &e);
    return false;
  }
  const char *key = request_header(&x->request, "HTTP_IDEMPOTENCY_KEY");
  posting_fill(x, posting->now_ms, key != NULL ? g_strdup_printf("%s/%s", prefix, key) : NULL,
               &posting->entry);
  return true;
}

void posting_clear(struct posting *posting)
{
  entry_clear(&posting->entry);
  json_object_put(posting->body);
}

/* ---- an order ---- */

struct posting_rules posting_rules_of(const struct exchange *x, const struct merchant *merchant,
                                      int64_t now_ms)
{
  return (struct posting_rules){
      .merchant = merchant, .now_ms = now_ms, .may_import = (x->caller.scopes & SCOPE_ORDERS_IMPORT) != 0};
}

/* Fills what follows from the business time and the currency. */
static void complete(struct entry *entry)
{
  const struct currency *known = currency_find(entry->order.currency);
  entry->at_ms = entry->order.placed_at_ms;
  entry->late = entry->recorded_at_ms - entry->at_ms >= ENTRY_LATE_MS;
  g_strlcpy(entry->currency, entry->order.currency, sizeof entry->currency);
  entry->exponent = known != NULL ? known->exponent : 0;
}

enum posting_verdict posting_read_order(const struct posting_rules *rules, struct json_object *body,
                                        struct entry *entry, struct violations *violations)
{
  struct order_terms terms = {
      .currencies = (const char(*)[4])rules->merchant->currencies,
      .currency_count = rules->merchant->currency_count,
      .now_ms = rules->now_ms,
      .may_import = rules->may_import,
  };
  bool read = order_json_read(body, &entry->order, violations);
  bool good = order_check(&entry->order, &terms, &entry->totals, violations);
  if (!read || entry->order.faults != 0)
    return POSTING_REFUSED;
  order_json_hash(&entry->order, entry->body_hash);
  if (!good)
    return POSTING_REFUSED_NOW;
  complete(entry);
  return POSTING_ACCEPTED;
}

/* ---- answering ---- */

void posting_refuse(struct posting *posting)
{
  document_order_sort(&posting->x->violations, posting->body);
  exchange_refuse_all(posting->x);
}

static const char *kind_name(const struct entry *entry)
{
  return entry->kind == ENTRY_ORDER ? "order" : "refund";
}

static void write_entry(const struct entry *entry, bool with_ids, GString *out)
{
  struct json_object *json =
      entry->kind == ENTRY_ORDER ? order_json_write(entry, with_ids) : refund_json_write(entry, with_ids);
  g_string_append_printf(out, "{\"%s\":", kind_name(entry));
  g_string_append(
      out, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
  json_object_put(json);
}

void posting_write_bucket(const struct merchant *merchant, const struct entry *entry, GString *out)
{
  const struct zone *zone;
  struct err unsaid = ERR_NONE;
  g_string_append(out, ",\"bucket\":");
  if (zone_cache_get(merchant->zone, &zone, &unsaid) != RESULT_OK) {
    g_string_append(out, "null");
    return;
  }
  struct bucket_hour hour;
  char date[INSTANT_TEXT_SIZE];
  bucket_hour_at(zone, entry->at_ms / 1000, &hour);
  g_string_append_printf(out, "{\"date\":\"%s\",\"hour_start\":", civil_format(hour.date, date));
  json_out_instant_s(out, hour.start);
  g_string_append(out, ",\"hour_end\":");
  json_out_instant_s(out, hour.end);
  g_string_append_c(out, '}');
}

/* The order's address; a refund has none of its own and is shown there. */
static void add_location(struct exchange *x, const struct entry *entry)
{
  char id[ENTRY_PUBLIC_ID_SIZE];
  const struct ulid *order = entry->kind == ENTRY_ORDER ? &entry->id : &entry->refund_of;
  g_autofree char *location =
      g_strdup_printf("/v1/merchants/%s/orders/%s", entry->merchant, entry_public_id(ENTRY_ORDER, order, id));
  response_header(&x->response, "Location", location);
}

void posting_answer(struct posting *posting, enum ledger_outcome outcome, cluster_time position)
{
  struct exchange *x = posting->x;
  if (outcome == LEDGER_KEY_REUSED) {
    violations_add(&x->violations, VIOLATION_HEADER, "idempotency_key_reused", "Idempotency-Key",
                   "the key was used before, with another body");
    exchange_refuse_all(x);
    return;
  }
  char text[POSITION_TEXT_SIZE];
  GString *out = response_json(&x->response, 201);
  write_entry(&posting->entry, true, out);
  g_string_append_printf(out, ",\"position\":\"%s\"", position_format(position, text));
  posting_write_bucket(&posting->merchant, &posting->entry, out);
  g_string_append(out, "}\n");
  add_location(x, &posting->entry);
  if (outcome == LEDGER_REPLAYED)
    response_header(&x->response, "Idempotent-Replayed", "true");
}

void posting_answer_dry_run(struct posting *posting)
{
  GString *out = response_json(&posting->x->response, 200);
  write_entry(&posting->entry, false, out);
  posting_write_bucket(&posting->merchant, &posting->entry, out);
  g_string_append(out, "}\n");
}
