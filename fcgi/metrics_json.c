#include "fcgi/metrics_json.h"

#include "domain/money.h"
#include "fcgi/json_out.h"

MUST_CHECK static enum result write_average(const struct row *row, GString *out, struct err *e)
{
  struct metric_ratio ratio;
  enum result r = metric_average_order_value(row->columns, &ratio, e);
  if (r != RESULT_OK)
    return r;
  if (ratio.denominator == 0) {
    g_string_append(out, "null");
    return RESULT_OK;
  }
  g_string_append(out, "{\"value\":");
  json_out_int(out, ratio.value);
  g_string_append(out, ",\"numerator\":");
  json_out_int(out, ratio.numerator);
  g_string_append(out, ",\"denominator\":");
  json_out_int(out, ratio.denominator);
  g_string_append_c(out, '}');
  return RESULT_OK;
}

MUST_CHECK static enum result write_net(const struct row *row, GString *out, struct err *e)
{
  int64_t net = 0;
  enum result r = metric_net_sales(row->columns, &net, e);
  if (r == RESULT_OK)
    json_out_int(out, net);
  return r;
}

/* Whether a figure can be told: its bucket could be read, and the rows have its metric. */
static bool cell_known(int metric, const struct view *view, const struct view_bucket *bucket)
{
  return bucket->known && view->metric_known[metric];
}

/* One metric of one bucket; null when it is unknown. */
MUST_CHECK static enum result write_value(int metric, const struct view *view,
                                          const struct view_bucket *bucket, GString *out, struct err *e)
{
  const struct row *row = &bucket->row;
  enum result r = view_bucket_check(bucket, metric, e);
  if (r != RESULT_OK)
    return r;
  if (!cell_known(metric, view, bucket))
    g_string_append(out, "null");
  else if (metric < METRIC_ADDITIVE)
    json_out_int(out, row->columns[metric]);
  else
    return metric == METRIC_net_sales ? write_net(row, out, e) : write_average(row, out, e);
  return RESULT_OK;
}

static void write_currency(const char *code, GString *out)
{
  const struct currency *currency = currency_find(code);
  g_string_append_printf(out, "\"currency\":\"%s\",\"exponent\":%d", code,
                         currency != NULL ? currency->exponent : 0);
}

MUST_CHECK static enum result write_totals(const struct metrics_query *query, const struct view *view,
                                           const struct view_part *part, GString *out, struct err *e)
{
  const char *comma = "";
  g_string_append_c(out, '{');
  write_currency(part->currency, out);
  g_string_append(out, ",\"metrics\":{");
  for (int i = 0; i < METRIC_ALL; i++) {
    if (!query->wanted[i])
      continue;
    g_string_append_printf(out, "%s\"%s\":", comma, metric_table[i].name);
    enum result r = write_value(i, view, &part->total, out, e);
    if (r != RESULT_OK)
      return r;
    comma = ",";
  }
  g_string_append(out, "}}");
  return RESULT_OK;
}

enum result metrics_json_summary(const struct metrics_query *query, const struct view *view,
                                 const struct view_part *parts, GString *out, struct err *e)
{
  g_string_append_c(out, '[');
  for (size_t i = 0; i < view->part_count; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    enum result r = write_totals(query, view, &parts[i], out, e);
    if (r != RESULT_OK)
      return r;
  }
  g_string_append_c(out, ']');
  return RESULT_OK;
}

static void write_starts(const struct view_part *part, GString *out)
{
  g_string_append(out, ",\"start\":[");
  char *at = json_out_begin(out, part->bucket_count);
  for (size_t i = 0; i < part->bucket_count; i++) {
    if (i > 0)
      *at++ = ',';
    at = json_out_digits(at, part->buckets[i].row.start);
  }
  json_out_end(out, at);
  g_string_append_c(out, ']');
}

MUST_CHECK static enum result check_column(int metric, const struct view_part *part, struct err *e)
{
  for (size_t i = 0; i < part->bucket_count; i++) {
    enum result r = view_bucket_check(&part->buckets[i], metric, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

static void write_additive_column(int metric, const struct view *view, const struct view_part *part,
                                  GString *out)
{
  char *at = json_out_begin(out, part->bucket_count);
  for (size_t i = 0; i < part->bucket_count; i++) {
    const struct view_bucket *bucket = &part->buckets[i];
    if (i > 0)
      *at++ = ',';
    at = cell_known(metric, view, bucket) ? json_out_digits(at, bucket->row.columns[metric])
                                          : stpcpy(at, "null");
  }
  json_out_end(out, at);
}

MUST_CHECK static enum result write_derived_column(int metric, const struct view *view,
                                                   const struct view_part *part, GString *out, struct err *e)
{
  for (size_t i = 0; i < part->bucket_count; i++) {
    const struct view_bucket *bucket = &part->buckets[i];
    if (i > 0)
      g_string_append_c(out, ',');
    enum result r = write_value(metric, view, bucket, out, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

MUST_CHECK static enum result write_column(int metric, const struct view *view, const struct view_part *part,
                                           GString *out, struct err *e)
{
  enum result r = check_column(metric, part, e);
  if (r != RESULT_OK)
    return r;
  g_string_append_c(out, '[');
  if (metric < METRIC_ADDITIVE)
    write_additive_column(metric, view, part, out);
  else
    r = write_derived_column(metric, view, part, out, e);
  g_string_append_c(out, ']');
  return r;
}

enum result metrics_json_series(const struct metrics_query *query, const struct view *view,
                                const struct view_part *part, GString *out, struct err *e)
{
  const char *comma = "";
  g_string_append_c(out, '{');
  write_currency(part->currency, out);
  g_string_append_printf(out, ",\"interval\":\"%s\"", range_interval_name(view->interval));
  write_starts(part, out);
  g_string_append(out, ",\"values\":{");
  for (int i = 0; i < METRIC_ALL; i++) {
    if (!query->wanted[i])
      continue;
    g_string_append_printf(out, "%s\"%s\":", comma, metric_table[i].name);
    enum result r = write_column(i, view, part, out, e);
    if (r != RESULT_OK)
      return r;
    comma = ",";
  }
  g_string_append(out, "}}");
  return RESULT_OK;
}

enum result metrics_json_comparison(const struct metrics_query *query, const struct view *view,
                                    metrics_json_data_fn write_data, GString *out, struct err *e)
{
  const struct view_side *comparison = &view->comparison;
  if (query->comparison.kind == COMPARISON_NONE) {
    g_string_append(out, "null");
    return RESULT_OK;
  }
  g_string_append(out, "{\"from\":");
  json_out_instant_s(out, comparison->range.from);
  g_string_append(out, ",\"to\":");
  json_out_instant_s(out, comparison->range.to);
  g_string_append(out, ",\"through\":");
  if (view->cut)
    json_out_instant_s(out, view->through);
  else
    g_string_append(out, "null");
  g_string_append(out, ",\"data\":");
  enum result r = write_data(query, view, comparison->parts, out, e);
  g_string_append(out, ",\"current\":");
  if (!view->cut)
    g_string_append(out, "null");
  else if (r == RESULT_OK)
    r = write_data(query, view, view->current.parts, out, e);
  g_string_append_c(out, '}');
  return r;
}
