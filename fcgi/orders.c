#include "fcgi/orders.h"

#include <string.h>

#include "fcgi/orders_query.h"
#include "fcgi/posting.h"
#include "translation/order_json.h"

#define JSON_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* ---- POST ---- */

/* A refused order may be the second try of one that was stored: its key says so. */
static void refuse_order(struct posting *posting)
{
  struct exchange *x = posting->x;
  enum ledger_outcome outcome;
  cluster_time position;
  struct err e = ERR_NONE;
  enum result r = ledger_find_replay(x->context->service->ledger, &posting->entry, &outcome, &position, &e);
  if (r == RESULT_OK && outcome == LEDGER_REPLAYED)
    posting_answer(posting, outcome, position);
  else if (r == RESULT_OK || r == RESULT_NOT_FOUND)
    posting_refuse(posting);
  else
    exchange_fail(x, "order_find", r, &e);
}

/* Reads and checks the order in the body; false after it has been answered. */
static bool read_order(struct posting *posting)
{
  struct posting_rules rules = posting_rules_of(posting->x, &posting->merchant, posting->now_ms);
  switch (posting_read_order(&rules, posting->body, &posting->entry, &posting->x->violations)) {
  case POSTING_ACCEPTED:
    return true;
  case POSTING_REFUSED_NOW:
    if (!posting->dry_run) {
      refuse_order(posting);
      return false;
    }
    break;
  case POSTING_REFUSED:
    break;
  }
  posting_refuse(posting);
  return false;
}

static void store_order(struct posting *posting)
{
  struct exchange *x = posting->x;
  enum ledger_outcome outcome;
  cluster_time position;
  struct err e = ERR_NONE;
  enum result r = ledger_put_order(x->context->service->ledger, &posting->entry, &outcome, &position, &e);
  if (r == RESULT_OK)
    posting_answer(posting, outcome, position);
  else
    exchange_fail(x, "order_put", r, &e);
}

void orders_post(struct exchange *x)
{
  struct posting posting;
  if (posting_init(&posting, x, ENTRY_ORDER, ORDERS_KEY_PREFIX) && read_order(&posting)) {
    if (posting.dry_run)
      posting_answer_dry_run(&posting);
    else
      store_order(&posting);
  }
  posting_clear(&posting);
}

/* ---- GET, one ---- */

static void write_order(const struct ledger_order *found, GString *out)
{
  g_autofree const struct entry **refunds = g_new(const struct entry *, found->refund_count + 1);
  for (size_t i = 0; i < found->refund_count; i++)
    refunds[i] = &found->refunds[i];
  struct json_object *json = order_json_write_full(&found->order, refunds, found->refund_count, &found->rest);
  g_string_append(out, json_object_to_json_string_ext(json, JSON_FLAGS));
  g_string_append_c(out, '\n');
  json_object_put(json);
}

void orders_get(struct exchange *x)
{
  struct ulid id;
  struct err e = ERR_NONE;
  struct ledger_order found;
  enum result r = RESULT_NOT_FOUND;
  if (entry_public_id_parse(x->id_segment, strlen(x->id_segment), ENTRY_ORDER, &id))
    r = ledger_get_order(x->context->service->ledger, x->merchant, &id, &found, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "order_get", r, &e);
    return;
  }
  write_order(&found, response_json(&x->response, 200));
  ledger_order_clear(&found);
}

/* ---- GET, many ---- */

static void write_page(const struct orders_query *query, const struct ledger_page *page, GString *out)
{
  g_string_append(out, "{\"data\":[");
  for (size_t i = 0; i < page->count; i++) {
    struct json_object *json = order_json_write(&page->orders[i], true);
    g_string_append_printf(out, "%s%s", i > 0 ? "," : "", json_object_to_json_string_ext(json, JSON_FLAGS));
    json_object_put(json);
  }
  g_string_append(out, "],");
  cursor_write_more(query->hash, page->has_more ? &page->last : NULL, sizeof page->last, out);
  g_string_append(out, ",\"query\":");
  orders_query_write(query, out);
  g_string_append(out, ",\"meta\":");
  orders_query_write_meta(query, page, out);
  g_string_append(out, "}\n");
}

void orders_list(struct exchange *x)
{
  struct orders_query query;
  if (!orders_query_read(&query, x))
    return;
  struct ledger_page page;
  struct err e = ERR_NONE;
  enum result r = ledger_list_orders(x->context->service->ledger, x->merchant, &query.filter, &page, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "orders_list", r, &e);
    return;
  }
  write_page(&query, &page, response_json(&x->response, 200));
  ledger_page_clear(&page);
}
