#include <string.h>

#include <glib.h>

#include "domain/merchant.h"
#include "stores/ledger_call.h"
#include "stores/ledger_order.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"
#include "translation/entry_bson.h"

/* ---- one order ---- */

MUST_CHECK static enum result find_order(struct ledger_call *call, const char *merchant,
                                         const struct ulid *id, GArray *out, struct err *e)
{
  char key[ENTRY_ID_SIZE];
  bson_t filter = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&filter, "_id", entry_id_format(merchant, id, key));
  BSON_APPEND_UTF8(&filter, "kind", "order");
  enum result r = ledger_call_find(call, &filter, NULL, 0, 1, out, e);
  bson_destroy(&filter);
  if (r == RESULT_OK && out->len == 0)
    return err_set(e, RESULT_NOT_FOUND, "merchant %s has no such order", merchant);
  return r;
}

MUST_CHECK static enum result find_refunds(struct ledger_call *call, const char *merchant,
                                           const struct ulid *id, GArray *out, struct err *e)
{
  char order[ULID_TEXT_SIZE];
  bson_t filter = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&filter, "m", merchant);
  BSON_APPEND_UTF8(&filter, "order", ulid_format(id, order));
  BSON_APPEND_UTF8(&filter, "kind", "refund");
  enum result r = ledger_call_find(call, &filter, "n", 1, 0, out, e);
  bson_destroy(&filter);
  return r;
}

MUST_CHECK static enum result compute_rest(struct ledger_order *order, struct err *e)
{
  refund_rest_init(&order->rest, &order->order.order, &order->order.totals);
  for (size_t i = 0; i < order->refund_count; i++) {
    const struct entry *refund = &order->refunds[i];
    enum result r = refund_rest_take(&order->rest, &refund->refund, &refund->totals, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

/* Moves the entries out of their array into memory that the caller owns. */
static struct entry *take_entries(GArray *entries, size_t *count)
{
  *count = entries->len;
  g_array_set_clear_func(entries, NULL);
  return (struct entry *)(void *)g_array_steal(entries, NULL);
}

enum result ledger_order_load(struct ledger_call *call, const char *merchant, const struct ulid *id,
                              struct ledger_order *out, struct err *e)
{
  g_autoptr(GArray) orders = ledger_entries_new();
  g_autoptr(GArray) refunds = ledger_entries_new();
  enum result r = find_order(call, merchant, id, orders, e);
  if (r == RESULT_OK)
    r = find_refunds(call, merchant, id, refunds, e);
  if (r != RESULT_OK)
    return r;
  memset(out, 0, sizeof *out);
  out->order = g_array_index(orders, struct entry, 0);
  entry_init(&g_array_index(orders, struct entry, 0), ENTRY_ORDER);
  out->refunds = take_entries(refunds, &out->refund_count);
  r = compute_rest(out, e);
  if (r != RESULT_OK)
    ledger_order_clear(out);
  return r;
}

enum result ledger_get_order(struct ledger *ledger, const char *merchant, const struct ulid *id,
                             struct ledger_order *out, struct err *e)
{
  struct ledger_call call;
  enum result r = ledger_call_begin(ledger, &call, e);
  if (r != RESULT_OK)
    return r;
  r = ledger_order_load(&call, merchant, id, out, e);
  ledger_call_end(&call);
  return r;
}

static void clear_entries(struct entry *entries, size_t count)
{
  for (size_t i = 0; i < count; i++)
    entry_clear(&entries[i]);
  g_free(entries);
}

void ledger_order_clear(struct ledger_order *order)
{
  entry_clear(&order->order);
  clear_entries(order->refunds, order->refund_count);
  refund_rest_clear(&order->rest);
  memset(order, 0, sizeof *order);
}

/* ---- lists ---- */

static void append_id_range(bson_t *query, const char *merchant, const struct ledger_filter *filter)
{
  char from[ENTRY_ID_SIZE], to[ENTRY_ID_SIZE], before[ENTRY_ID_SIZE];
  bson_t range;
  schema_entry_bound(merchant, filter->has_from ? filter->from_ms : 0, from);
  if (filter->has_to)
    schema_entry_bound(merchant, filter->to_ms, to);
  else
    schema_entry_end(merchant, to);
  if (filter->has_before && strcmp(entry_id_format(merchant, &filter->before, before), to) < 0)
    g_strlcpy(to, before, sizeof to);
  BSON_APPEND_DOCUMENT_BEGIN(query, "_id", &range);
  BSON_APPEND_UTF8(&range, "$gte", from);
  BSON_APPEND_UTF8(&range, "$lt", to);
  BSON_APPEND_UTF8(&range, "$regex", SCHEMA_ENTRY_PATTERN); /* a foreign key must not spoil the page */
  bson_append_document_end(query, &range);
}

static void append_text(bson_t *query, const char *field, const char *value)
{
  if (value != NULL)
    BSON_APPEND_UTF8(query, field, value);
}

struct listing {
  size_t limit, seen;
  struct ledger_page *page;
  GArray *entries;
};

/* One that cannot be read must not take the others of its page with it. */
MUST_CHECK static enum result take_listed(const bson_t *document, void *arg, struct err *e)
{
  struct listing *listing = arg;
  struct ledger_page *page = listing->page;
  struct entry entry;
  struct err unsaid = ERR_NONE;
  char merchant[MERCHANT_ID_SIZE];
  size_t length = 0;
  page->has_more = ++listing->seen > listing->limit;
  if (page->has_more)
    return RESULT_OK;
  const char *key = bson_fields_text(document, "_id", &length);
  if (key == NULL || !entry_id_parse(key, length, merchant, &page->last))
    return err_set(e, RESULT_INTERNAL, "MongoDB: a key that was not asked for");
  if (entry_bson_read(document, &entry, &unsaid) == RESULT_OK)
    g_array_append_val(listing->entries, entry);
  else
    page->unreadable++;
  return RESULT_OK;
}

enum result ledger_list_orders(struct ledger *ledger, const char *merchant,
                               const struct ledger_filter *filter, struct ledger_page *out, struct err *e)
{
  struct ledger_call call;
  enum result r = ledger_call_begin(ledger, &call, e);
  if (r != RESULT_OK)
    return r;
  bson_t query = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&query, "m", merchant);
  append_id_range(&query, merchant, filter);
  BSON_APPEND_UTF8(&query, "kind", "order");
  append_text(&query, "currency", filter->currency);
  append_text(&query, "order.reference", filter->reference);
  append_text(&query, "idem", filter->idempotency_key);
  g_autoptr(GArray) found = ledger_entries_new();
  struct listing listing = {.limit = filter->limit, .page = out, .entries = found};
  *out = (struct ledger_page){0};
  r = ledger_call_each(&call, &query, "_id", -1, (int64_t)filter->limit + 1, take_listed, &listing, e);
  bson_destroy(&query);
  out->position = ledger_call_position(&call);
  ledger_call_end(&call);
  if (r == RESULT_OK)
    out->orders = take_entries(found, &out->count);
  return r;
}

void ledger_page_clear(struct ledger_page *page)
{
  clear_entries(page->orders, page->count);
  *page = (struct ledger_page){0};
}
