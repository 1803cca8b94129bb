#include "fcgi/metrics_export.h"

#include "domain/money.h"
#include "fcgi/csv_out.h"
#include "fcgi/meta.h"
#include "fcgi/metrics.h"

/* A money value in major units, a number as it is. */
static void write_number(int metric, const char *currency, int64_t value, GString *out)
{
  if (metric_table[metric].unit == METRIC_MONEY)
    csv_out_money(out, value, currency_find(currency)->exponent);
  else
    csv_out_int(out, value);
}

MUST_CHECK static enum result write_average(const char *currency, const struct row *row, GString *out,
                                            struct err *e)
{
  struct metric_ratio ratio;
  enum result r = metric_average_order_value(row->columns, &ratio, e);
  if (r == RESULT_OK && ratio.denominator == 0)
    csv_out_empty(out);
  else if (r == RESULT_OK)
    write_number(METRIC_average_order_value, currency, ratio.value, out);
  return r;
}

/* Empty where JSON has null. */
MUST_CHECK static enum result write_cell(int metric, const struct view *view,
                                         const struct view_bucket *bucket, GString *out, struct err *e)
{
  const char *currency = view->parts[0].currency;
  int64_t amount = 0;
  enum result r = view_bucket_check(bucket, metric, e);
  if (r != RESULT_OK)
    return r;
  if (!bucket->known || !view->metric_known[metric]) {
    csv_out_empty(out);
    return RESULT_OK;
  }
  if (metric == METRIC_average_order_value)
    return write_average(currency, &bucket->row, out, e);
  r = metric_amount(metric, bucket->row.columns, &amount, e);
  if (r == RESULT_OK)
    write_number(metric, currency, amount, out);
  return r;
}

static void write_time(const struct zone *zone, int64_t seconds, GString *out)
{
  char text[INSTANT_TEXT_SIZE];
  csv_out_text(out, instant_format_local(seconds, zone_offset(zone, seconds), text));
}

MUST_CHECK static enum result write_row(const struct metrics_query *query, const struct view *view,
                                        const struct view_bucket *bucket, GString *out, struct err *e)
{
  write_time(view->zone, bucket->row.start, out);
  write_time(view->zone, bucket->end, out);
  csv_out_text(out, view->parts[0].currency);
  for (int metric = 0; metric < METRIC_ALL; metric++) {
    enum result r = query->wanted[metric] ? write_cell(metric, view, bucket, out, e) : RESULT_OK;
    if (r != RESULT_OK)
      return r;
  }
  csv_out_end_row(out);
  return RESULT_OK;
}

static void write_headings(const struct metrics_query *query, GString *out)
{
  csv_out_text(out, "start");
  csv_out_text(out, "end");
  csv_out_text(out, "currency");
  for (int metric = 0; metric < METRIC_ALL; metric++)
    if (query->wanted[metric])
      csv_out_text(out, metric_table[metric].name);
  csv_out_end_row(out);
}

/* "takings-shop-2026-11-01-2026-11-30.csv": first and last date. */
static void put_name(struct exchange *x, const struct view *view)
{
  char first[INSTANT_TEXT_SIZE], last[INSTANT_TEXT_SIZE];
  const struct range *range = &view->range;
  g_autofree char *disposition = g_strdup_printf(
      "attachment; filename=\"takings-%s-%s-%s.csv\"", x->merchant,
      civil_format(range->by_date ? range->first_date : bucket_date_at(view->zone, range->from), first),
      civil_format(range->by_date ? range->end_date - 1 : bucket_date_at(view->zone, range->to - 1), last));
  response_header(&x->response, "Content-Disposition", disposition);
}

static void answer(struct exchange *x, const struct metrics_query *query, const struct view *view,
                   const struct meta *meta)
{
  struct err e = ERR_NONE;
  GString *out = response_begin(&x->response, CSV_OUT_TYPE);
  const struct view_part *part = &view->parts[0];
  enum result r = RESULT_OK;
  write_headings(query, out);
  for (size_t i = 0; r == RESULT_OK && i < part->bucket_count; i++)
    r = write_row(query, view, &part->buckets[i], out, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "metrics_export", r, &e);
    return;
  }
  put_name(x, view);
  meta_put_headers(meta, &x->response);
}

void metrics_export(struct exchange *x)
{
  struct metrics_query query;
  struct view view;
  struct meta meta;
  metrics_query_read(&query, x);
  if (!metrics_read_one(x, &query, &view))
    return;
  meta_of_view(&meta, &view, context_now_ms(x->context));
  if (freshness_check(x, &query.freshness, meta.position, meta.lag_ms))
    answer(x, &query, &view, &meta);
  meta_clear(&meta);
  view_clear(&view);
}
