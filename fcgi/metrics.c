#include "fcgi/metrics.h"

#include "domain/metric.h"
#include "fcgi/etag.h"
#include "fcgi/meta.h"
#include "fcgi/metrics_json.h"
#include "fcgi/metrics_query.h"
#include "translation/definitions_json.h"

bool metrics_read(struct exchange *x, struct metrics_query *query, struct view *view)
{
  if (!violations_any(&x->violations) && !freshness_wait(x, &query->freshness))
    return false;
  bool compared = query->comparison.kind != COMPARISON_NONE;
  const struct comparison *comparison = compared ? &query->comparison : NULL;
  struct view_question question = {.merchant = x->merchant,
                                   .currency = query->currency,
                                   .range = metrics_query_range,
                                   .range_arg = query,
                                   .comparison = comparison,
                                   .now = context_now_ms(x->context) / 1000,
                                   .cards = x->context->cards};
  struct err e = ERR_NONE;
  enum result r = view_read(x->context->kv, &question, view, &e);
  if (r == RESULT_OK)
    return true;
  metrics_query_add_refusal(query);
  if (r == RESULT_INVALID && !violations_any(&x->violations))
    exchange_complain(x, "invalid_currency", "currency", "not one of this merchant's currencies");
  if (violations_any(&x->violations))
    exchange_refuse_query(x);
  else
    exchange_fail(x, "metrics_read", r, &e);
  return false;
}

bool metrics_read_one(struct exchange *x, struct metrics_query *query, struct view *view)
{
  if (!metrics_read(x, query, view))
    return false;
  if (view->part_count == 1)
    return true;
  view_clear(view);
  exchange_complain(x, "currency_required", "currency",
                    "this merchant sells in several currencies: choose one");
  exchange_refuse_query(x);
  return false;
}

/* Puts the stamp and the tag into the headers; true when the caller has this representation already. */
static bool answer_unchanged(struct exchange *x, const struct meta *meta, const GString *body)
{
  g_autoptr(GString) lasting = g_string_new(NULL);
  meta_write_lasting(meta, lasting);
  g_autofree char *etag = etag_make(body->str, body->len, lasting);
  response_header(&x->response, "ETag", etag);
  meta_put_headers(meta, &x->response);
  g_autofree char *known = request_header_all(&x->request, "HTTP_IF_NONE_MATCH");
  if (known == NULL || !etag_matches(known, etag))
    return false;
  x->response.status = 304;
  x->response.content_type = NULL;
  return true;
}

static void answer(struct exchange *x, const struct metrics_query *query, const struct view *view,
                   metrics_json_data_fn write_data)
{
  struct meta meta;
  struct err e = ERR_NONE;
  meta_of_view(&meta, view, context_now_ms(x->context));
  if (freshness_check(x, &query->freshness, meta.position, meta.lag_ms)) {
    GString *out = response_json(&x->response, 200);
    g_string_append(out, "{\"data\":");
    enum result r = write_data(query, view, view->parts, out, &e);
    g_string_append(out, ",\"comparison\":");
    if (r == RESULT_OK)
      r = metrics_json_comparison(query, view, write_data, out, &e);
    g_string_append(out, ",\"query\":");
    metrics_query_write(query, &view->range, view->interval, out);
    if (r != RESULT_OK) {
      exchange_fail(x, "metrics_write", r, &e);
    } else if (!answer_unchanged(x, &meta, out)) {
      g_string_append(out, ",\"meta\":");
      meta_write(&meta, out);
      g_string_append(out, "}\n");
    }
  }
  meta_clear(&meta);
}

void metrics_summary(struct exchange *x)
{
  struct metrics_query query;
  struct view view;
  metrics_query_read(&query, x);
  /* a total is made of as few rows as there are */
  query.has_fixed_interval = true;
  query.fixed_interval = RANGE_BY_DAY;
  if (!metrics_read(x, &query, &view))
    return;
  answer(x, &query, &view, metrics_json_summary);
  view_clear(&view);
}

void metrics_series(struct exchange *x)
{
  struct metrics_query query;
  struct view view;
  metrics_query_read(&query, x);
  if (!metrics_read_one(x, &query, &view))
    return;
  answer(x, &query, &view, metrics_json_series);
  view_clear(&view);
}

void metrics_definitions(struct exchange *x)
{
  GString *out = response_json(&x->response, 200);
  definitions_json_write(out);
  g_string_append_c(out, '\n');
}
