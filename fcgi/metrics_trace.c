#include "fcgi/metrics_trace.h"

#include <inttypes.h>

#include "base/log.h"
#include "domain/money.h"
#include "domain/zone_cache.h"
#include "fcgi/csv_out.h"
#include "fcgi/json_out.h"
#include "fcgi/position.h"
#include "fcgi/trace_query.h"
#include "stores/ledger_trace.h"

/* ---- reading ---- */

MUST_CHECK static enum result read_page(const struct trace_query *query, struct exchange *x,
                                        struct trace_page *page, struct err *e)
{
  const struct zone *zone;
  enum result r = zone_cache_get_of(query->card.zone, query->card.zone_rules, &zone, e);
  if (r != RESULT_OK)
    return r;
  g_autoptr(GArray) stretches = stretches_of_range(&query->pin.range, zone);
  struct trace_filter filter = {.at = query->pin.at,
                                .stretches = stretches,
                                .currency = query->pin.currency,
                                .metric = query->metric,
                                .has_after = query->later,
                                .after = query->pin.last,
                                .limit = query->limit};
  return ledger_trace(x->context->service->ledger, x->merchant, &filter, page, e);
}

/* The picture is older than the snapshots that MongoDB keeps: of a first page the next picture will be newer,
 * a cursor's cannot become so. */
static void fail_reading(const struct trace_query *query, struct exchange *x, enum result r,
                         const struct err *e)
{
  if (r == RESULT_STALE && query->later) {
    cursor_refuse(x);
    exchange_refuse_query(x);
    return;
  }
  exchange_fail(x, "trace_read", r == RESULT_STALE ? RESULT_UNAVAILABLE : r, e);
}

/* ---- adding up ---- */

/* Adds an entry to the sum so far; RESULT_OUT_OF_RANGE when that is no longer exact. */
MUST_CHECK static enum result add(struct trace_cursor *pin, const struct trace_item *item, struct err *e)
{
  int64_t sum;
  if (!amount_add(pin->sum, item->value, &sum) || !metric_exact(sum))
    return err_set(e, RESULT_OUT_OF_RANGE, "the running sum leaves the exact range");
  pin->sum = sum;
  return RESULT_OK;
}

/* Behind the last entry: a figure that is not what its entries come to is wrong, and so is whoever made it.
 */
static bool agrees(const struct trace_query *query, struct exchange *x)
{
  const struct trace_cursor *pin = &query->pin;
  char at[POSITION_TEXT_SIZE];
  if (!pin->known || pin->sum == pin->figure)
    return true;
  log_event(LOG_LEVEL_ERROR, "trace_mismatch",
            "request_id=%s merchant=%s currency=%s metric=%s from=%" PRId64 " to=%" PRId64
            " position=%s figure=%" PRId64 " sum=%" PRId64,
            x->request.id, x->merchant, pin->currency, metric_table[query->metric].name, pin->range.from,
            pin->range.to, position_format(pin->at, at), pin->figure, pin->sum);
  exchange_refuse(x, "internal",
                  "The entries do not come to the figure. The log has it under this request's id.");
  return false;
}

/* ---- JSON ---- */

static void write_item(const struct trace_item *item, int64_t sum, GString *out)
{
  char entry[ENTRY_PUBLIC_ID_SIZE], order[ENTRY_PUBLIC_ID_SIZE];
  g_string_append_printf(out, "{\"entry\":\"%s\",\"order\":\"%s\",\"kind\":\"%s\",\"at\":",
                         entry_public_id(item->kind, &item->id, entry),
                         entry_public_id(ENTRY_ORDER, &item->order, order),
                         item->kind == ENTRY_ORDER ? "order" : "refund");
  json_out_instant_ms(out, item->at_ms);
  g_string_append(out, ",\"value\":");
  json_out_int(out, item->value);
  g_string_append(out, ",\"running_sum\":");
  json_out_int(out, sum);
  g_string_append_c(out, '}');
}

static void write_meta(const struct trace_query *query, GString *out)
{
  char pinned[POSITION_TEXT_SIZE];
  meta_write(&query->meta, out);
  g_string_truncate(out, out->len - 1); /* its brace */
  g_string_append_printf(out, ",\"pinned_position\":\"%s\"}", position_format(query->pin.at, pinned));
}

static void write_end(const struct trace_query *query, bool more, GString *out)
{
  g_string_append(out, "],\"figure\":");
  if (query->pin.known)
    json_out_int(out, query->pin.figure);
  else
    g_string_append(out, "null");
  g_string_append_c(out, ',');
  trace_query_write_more(query, more, out);
  g_string_append(out, ",\"query\":");
  trace_query_write(query, out);
  g_string_append(out, ",\"meta\":");
  write_meta(query, out);
  g_string_append(out, "}\n");
}

MUST_CHECK static enum result write_json(struct trace_query *query, struct exchange *x,
                                         const struct trace_page *page, struct err *e)
{
  GString *out = response_json(&x->response, 200);
  g_string_append(out, "{\"data\":[");
  for (guint i = 0; i < page->items->len; i++) {
    const struct trace_item *item = &g_array_index(page->items, struct trace_item, i);
    enum result r = add(&query->pin, item, e);
    if (r != RESULT_OK)
      return r;
    if (i > 0)
      g_string_append_c(out, ',');
    write_item(item, query->pin.sum, out);
  }
  query->pin.last = page->last;
  write_end(query, page->has_more, out);
  return RESULT_OK;
}

/* ---- CSV ---- */

static void write_amount(const struct trace_query *query, int64_t amount, GString *out)
{
  if (metric_table[query->metric].unit == METRIC_MONEY)
    csv_out_money(out, amount, currency_find(query->pin.currency)->exponent);
  else
    csv_out_int(out, amount);
}

static void write_row(const struct trace_query *query, const struct trace_item *item, GString *out)
{
  char text[MAX(ENTRY_PUBLIC_ID_SIZE, INSTANT_TEXT_SIZE)];
  csv_out_text(out, entry_public_id(item->kind, &item->id, text));
  csv_out_text(out, entry_public_id(ENTRY_ORDER, &item->order, text));
  csv_out_text(out, item->kind == ENTRY_ORDER ? "order" : "refund");
  csv_out_text(out, instant_format_ms(item->at_ms, text));
  csv_out_text(out, query->pin.currency);
  write_amount(query, item->value, out);
  write_amount(query, query->pin.sum, out);
  csv_out_end_row(out);
}

static void write_headings(GString *out)
{
  static const char *const headings[] = {"entry", "order", "kind", "at", "currency", "value", "running_sum"};
  for (size_t i = 0; i < G_N_ELEMENTS(headings); i++)
    csv_out_text(out, headings[i]);
  csv_out_end_row(out);
}

/* What JSON says in `meta` and `figure`. */
static void put_headers(const struct trace_query *query, struct response *response)
{
  response_header(response, "Content-Disposition", "attachment; filename=\"takings-trace.csv\"");
  meta_put_headers(&query->meta, response);
  if (query->pin.known)
    response_header_int(response, "Takings-Figure", query->pin.figure);
  else
    response_header(response, "Takings-Figure", "null");
}

MUST_CHECK static enum result write_csv(struct trace_query *query, struct exchange *x,
                                        const struct trace_page *page, struct err *e)
{
  GString *out = response_begin(&x->response, CSV_OUT_TYPE);
  write_headings(out);
  for (guint i = 0; i < page->items->len; i++) {
    const struct trace_item *item = &g_array_index(page->items, struct trace_item, i);
    enum result r = add(&query->pin, item, e);
    if (r != RESULT_OK)
      return r;
    write_row(query, item, out);
  }
  return RESULT_OK;
}

/* ---- both ---- */

static void warn_unreadable(struct trace_query *query, const struct trace_page *page)
{
  bool one = page->unreadable == 1;
  g_autofree char *detail = g_strdup_printf("%zu %s of this page cannot be read and %s not listed",
                                            page->unreadable, one ? "entry" : "entries", one ? "is" : "are");
  if (page->unreadable > 0)
    meta_warn(&query->meta, "unreadable_entries", detail);
}

static void answer(struct trace_query *query, struct exchange *x, const struct trace_page *page)
{
  struct err e = ERR_NONE;
  if (query->csv && page->has_more) {
    exchange_complain(
        x, "range_too_large", "from",
        "at most " G_STRINGIFY(TRACE_CSV_MAX) " entries come as CSV: ask for a shorter range, or for pages");
    exchange_refuse_query(x);
    return;
  }
  warn_unreadable(query, page);
  enum result r = query->csv ? write_csv(query, x, page, &e) : write_json(query, x, page, &e);
  if (r != RESULT_OK)
    exchange_fail(x, "trace_sum", r, &e);
  else if ((page->has_more || agrees(query, x)) && query->csv)
    put_headers(query, &x->response);
}

void metrics_trace(struct exchange *x)
{
  struct trace_query query;
  struct trace_page page;
  struct err e = ERR_NONE;
  if (!trace_query_read(&query, x))
    return;
  enum result r = read_page(&query, x, &page, &e);
  if (r == RESULT_OK) {
    answer(&query, x, &page);
    trace_page_clear(&page);
  } else {
    fail_reading(&query, x, r, &e);
  }
  trace_query_clear(&query);
}
