#include "fcgi/trace_query.h"

#include <string.h>

#include "fcgi/list_query.h"
#include "fcgi/metrics.h"

#define LIMIT_DEFAULT 100

/* ---- each parameter ---- */

static void read_metric(struct trace_query *query, struct exchange *x)
{
  const char *name = query_get(&x->request.query, "metric");
  const struct metric *metric = name != NULL ? metric_find(name) : NULL;
  if (metric != NULL && metric != &metric_table[METRIC_average_order_value])
    query->metric = (int)(metric - metric_table);
  else
    exchange_complain(x, "invalid_field", "metric",
                      metric != NULL ? "an average is no sum: trace gross_sales, discounts and orders"
                                     : "the name of one metric");
}

static void read_format(struct trace_query *query, struct exchange *x)
{
  static const char *const of_pages[] = {"limit", "cursor"};
  const char *format = query_get(&x->request.query, "format");
  query->csv = format != NULL && strcmp(format, "csv") == 0;
  if (format != NULL && !query->csv && strcmp(format, "json") != 0)
    exchange_complain(x, "invalid_field", "format", "json or csv");
  for (size_t i = 0; query->csv && i < G_N_ELEMENTS(of_pages); i++)
    if (query_get(&x->request.query, of_pages[i]) != NULL)
      exchange_complain(x, "invalid_field", of_pages[i], "CSV comes in one piece");
}

static void read_limit(struct trace_query *query, struct exchange *x)
{
  query->limit = query_get(&x->request.query, "limit") != NULL ? list_query_limit(x) : LIMIT_DEFAULT;
  if (query->csv)
    query->limit = TRACE_CSV_MAX;
}

static void read_parameters(struct trace_query *query, struct exchange *x)
{
  static const char *const choosing[] = {"from", "to", "range", "currency", "metric", NULL};
  *query = (struct trace_query){.later = query_get(&x->request.query, "cursor") != NULL};
  metrics_query_read(&query->metrics, x);
  /* a total is made of as few rows as there are */
  query->metrics.has_fixed_interval = true;
  query->metrics.fixed_interval = RANGE_BY_DAY;
  read_metric(query, x);
  read_format(query, x);
  read_limit(query, x);
  cursor_hash(x, choosing, query->hash);
}

/* ---- the first page ---- */

MUST_CHECK static enum result pin_figure(struct trace_query *query, const struct view *view, struct err *e)
{
  const struct view_bucket *total = &view->parts[0].total;
  enum result r = view_bucket_check(total, query->metric, e);
  query->pin.known = total->known && view->metric_known[query->metric];
  if (r == RESULT_OK && query->pin.known)
    r = metric_amount(query->metric, total->row.columns, &query->pin.figure, e);
  return r;
}

static bool pin_view(struct trace_query *query, struct exchange *x, const struct view *view)
{
  struct trace_cursor *pin = &query->pin;
  struct err e = ERR_NONE;
  query->card = view->card;
  *pin = (struct trace_cursor){
      .at = view->as_of, .as_of_ms = view->as_of_ms, .range = view->range, .complete = view->complete};
  memcpy(pin->currency, view->parts[0].currency, sizeof pin->currency);
  enum result r = pin_figure(query, view, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "trace_figure", r, &e);
    return false;
  }
  meta_of_view(&query->meta, view, context_now_ms(x->context));
  if (freshness_check(x, &query->metrics.freshness, query->meta.position, query->meta.lag_ms))
    return true;
  meta_clear(&query->meta);
  return false;
}

static bool pin_now(struct trace_query *query, struct exchange *x)
{
  struct view view;
  if (!metrics_read_one(x, &query->metrics, &view))
    return false;
  bool pinned = pin_view(query, x, &view);
  view_clear(&view);
  return pinned;
}

/* ---- a later one ---- */

static bool refuse_cursor(struct exchange *x)
{
  cursor_refuse(x);
  exchange_refuse_query(x);
  return false;
}

static bool open_cursor(struct trace_query *query, struct exchange *x, const uint8_t *bytes)
{
  struct trace_seal seal = {.key = query->key, .hash = query->hash, .zone_rules = query->card.zone_rules};
  int64_t now = context_now_ms(x->context) / 1000;
  return trace_cursor_open(bytes, &seal, &query->pin) &&
         now <= (int64_t)cluster_time_seconds(query->pin.at) + TRACE_CURSOR_VALID_S;
}

/* What of the picture is not in the cursor is told as it stands now: the proof, and the zone, which is the
 * same. */
static void meta_of_pin(struct trace_query *query, const struct view_stamp *stamp, int64_t now_ms)
{
  struct meta *meta = &query->meta;
  meta_of_stamp(meta, stamp, now_ms);
  meta->position = query->pin.at;
  meta->as_of_ms = query->pin.as_of_ms;
  meta->lag_ms = MAX(0, now_ms - query->pin.as_of_ms);
  meta->complete = query->pin.complete;
}

static bool pin_again(struct trace_query *query, struct exchange *x)
{
  uint8_t bytes[TRACE_CURSOR_SIZE];
  size_t length = 0;
  struct view_stamp stamp;
  struct err e = ERR_NONE;
  bool given = cursor_read(x, query->hash, bytes, sizeof bytes, sizeof bytes, &length);
  if (!given || violations_any(&x->violations)) {
    exchange_refuse_query(x);
    return false;
  }
  enum result r = view_read_stamp(x->context->kv, x->merchant, &stamp, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "trace_stamp", r, &e);
    return false;
  }
  query->card = stamp.card;
  bool opened = open_cursor(query, x, bytes);
  if (opened)
    meta_of_pin(query, &stamp, context_now_ms(x->context));
  view_stamp_clear(&stamp);
  return opened || refuse_cursor(x);
}

/* ---- both ---- */

static bool read_key(struct trace_query *query, struct exchange *x)
{
  struct err e = ERR_NONE;
  enum result r = cursor_key_read(x->context->redis, query->key, &e);
  if (r == RESULT_OK)
    return true;
  exchange_fail(x, "cursor_key", r, &e);
  return false;
}

bool trace_query_read(struct trace_query *query, struct exchange *x)
{
  read_parameters(query, x);
  if (!read_key(query, x) || !(query->later ? pin_again(query, x) : pin_now(query, x)))
    return false;
  query->meta.timezone = query->card.zone;
  query->meta.currency = query->pin.currency;
  if (!query->pin.known)
    meta_warn(&query->meta, "figure_unknown",
              "the figure is not known, so what the entries come to is compared with nothing");
  return true;
}

void trace_query_clear(struct trace_query *query)
{
  meta_clear(&query->meta);
}

/* ---- as understood ---- */

void trace_query_write_more(const struct trace_query *query, bool more, GString *out)
{
  uint8_t bytes[TRACE_CURSOR_SIZE];
  struct trace_seal seal = {.key = query->key, .hash = query->hash, .zone_rules = query->card.zone_rules};
  if (more)
    trace_cursor_seal(&query->pin, &seal, bytes);
  cursor_write_more(query->hash, more ? bytes : NULL, sizeof bytes, out);
}

void trace_query_write(const struct trace_query *query, GString *out)
{
  metrics_query_write(&query->metrics, &query->pin.range, RANGE_BY_DAY, out);
  g_string_truncate(out, out->len - 1); /* its brace */
  g_string_append_printf(out, ",\"metric\":\"%s\",\"limit\":%" G_GSIZE_FORMAT "}",
                         metric_table[query->metric].name, query->limit);
}
