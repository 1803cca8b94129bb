#include "fcgi/orders_query.h"

#include "domain/field.h"
#include "domain/order.h"
#include "fcgi/json_out.h"
#include "fcgi/position.h"
#include "fcgi/posting.h"

/* ---- each parameter ---- */

static void read_bounds(struct exchange *x, const struct zone *zone, struct orders_query *query)
{
  struct ledger_filter *filter = &query->filter;
  list_query_bounds(x, zone, &query->bounds);
  filter->has_from = query->bounds.has_from;
  filter->has_to = query->bounds.has_to;
  filter->from_ms = query->bounds.from_ms;
  filter->to_ms = query->bounds.to_ms;
}

static const struct field key_rule = {
    .name = "idempotency_key", .type = FIELD_PRINTABLE, .least = 1, .most = 255};

/* What no order can have is refused: nothing would be found, and nobody told why. */
static const char *read_text(struct exchange *x, const char *name, const struct field *rule)
{
  const char *text = query_get(&x->request.query, name);
  char detail[FIELD_RULE_SIZE];
  if (text != NULL && !field_text_valid(rule, text))
    exchange_complain(x, "invalid_field", name, field_rule(rule, detail));
  return text;
}

static void read_idempotency_key(struct exchange *x, struct orders_query *query)
{
  query->idempotency_key = read_text(x, "idempotency_key", &key_rule);
  if (query->idempotency_key == NULL)
    return;
  g_snprintf(query->idem, sizeof query->idem, ORDERS_KEY_PREFIX "/%s", query->idempotency_key);
  query->filter.idempotency_key = query->idem;
}

static void read_currency(struct exchange *x, struct ledger_filter *filter)
{
  filter->currency = query_get(&x->request.query, "currency");
  if (filter->currency != NULL && currency_find(filter->currency) == NULL)
    exchange_complain(x, "invalid_currency", "currency", "a currency's code of ISO 4217");
}

/* ---- the cursor: the id that the page before ended with ---- */

static void read_cursor(struct exchange *x, struct orders_query *query)
{
  static const char *const choosing[] = {"from", "to", "currency", "reference", "idempotency_key", NULL};
  struct ulid *before = &query->filter.before;
  size_t length = 0;
  cursor_hash(x, choosing, query->hash);
  query->filter.has_before = cursor_read(x, query->hash, before, sizeof *before, sizeof *before, &length);
}

/* ---- all of it ---- */

bool orders_query_read(struct orders_query *query, struct exchange *x)
{
  *query = (struct orders_query){.filter = {.limit = LIST_LIMIT_DEFAULT}};
  const struct zone *zone = NULL;
  if (!list_query_terms(x, &query->merchant, &zone))
    return false;
  read_bounds(x, zone, query);
  read_currency(x, &query->filter);
  query->filter.reference = read_text(x, "reference", &order_table.fields[ORDER_REFERENCE]);
  read_idempotency_key(x, query);
  query->filter.limit = list_query_limit(x);
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
  list_query_write_bounds(&query->bounds, out);
  write_text(out, "currency", filter->currency);
  write_text(out, "reference", filter->reference);
  write_text(out, "idempotency_key", query->idempotency_key);
  g_string_append_c(out, '}');
}

void orders_query_write_meta(const struct orders_query *query, const struct ledger_page *page, GString *out)
{
  char text[POSITION_TEXT_SIZE];
  g_string_append(out, "{\"timezone\":");
  json_out_string(out, query->merchant.zone);
  g_string_append_printf(out, ",\"position\":\"%s\",\"unreadable\":%zu}",
                         position_format(page->position, text), page->unreadable);
}
