#include "cli/show_print.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "domain/money.h"

/* A figure: unknown (its bucket is parked) and undefined (an average of nothing) are two things. */
enum figure_state { FIGURE_UNKNOWN, FIGURE_UNDEFINED, FIGURE_KNOWN };

struct figure {
  enum figure_state state;
  int64_t value;
};

MUST_CHECK static enum result read_figure(const struct view *view, const struct view_bucket *bucket,
                                          size_t id, struct figure *out, struct err *e)
{
  const struct row *row = &bucket->row;
  struct metric_ratio ratio = {0};
  bool known = bucket->known && view->metric_known[id];
  enum result r = view_bucket_check(bucket, (int)id, e);
  *out = (struct figure){.state = known ? FIGURE_KNOWN : FIGURE_UNKNOWN};
  if (!known || r != RESULT_OK)
    return r;
  if (id == METRIC_net_sales) {
    r = metric_net_sales(row->columns, &out->value, e);
  } else if (id == METRIC_average_order_value) {
    r = metric_average_order_value(row->columns, &ratio, e);
    out->value = ratio.value;
    out->state = ratio.denominator > 0 ? FIGURE_KNOWN : FIGURE_UNDEFINED;
  } else {
    out->value = row->columns[id];
  }
  return r;
}

/* ---- tables ---- */

/* "2026-11-23", of weeks and months their first day in the range, or "2026-11-23 13:00 +01:00": the offset
 * tells the two hours of a night apart that both read 02:00. */
static void add_label(struct table *table, const struct view *view, int64_t start)
{
  char date[INSTANT_TEXT_SIZE];
  civil_format(bucket_date_at(view->zone, start), date);
  int32_t offset = zone_offset(view->zone, start);
  int64_t of_day = (start + offset) % 86400;
  if (view->interval != RANGE_BY_HOUR)
    table_add(table, date);
  else
    table_add_format(table, "%s %02d:%02d %c%02d:%02d", date, (int)(of_day / 3600), (int)(of_day / 60 % 60),
                     offset < 0 ? '-' : '+', abs(offset) / 3600, abs(offset) / 60 % 60);
}

MUST_CHECK static enum result add_figures(struct table *table, const struct view *view,
                                          const bool wanted[METRIC_ALL], const struct view_bucket *bucket,
                                          int exponent, struct err *e)
{
  for (size_t id = 0; id < METRIC_ALL; id++) {
    struct figure figure;
    char text[MONEY_TEXT_SIZE];
    if (!wanted[id])
      continue;
    enum result r = read_figure(view, bucket, id, &figure, e);
    if (r != RESULT_OK)
      return r;
    money_format(figure.value, metric_table[id].unit == METRIC_MONEY ? exponent : 0, text);
    table_add(table, figure.state == FIGURE_KNOWN ? text : figure.state == FIGURE_UNKNOWN ? "unknown" : "-");
  }
  return RESULT_OK;
}

MUST_CHECK static enum result fill_table(struct table *table, const struct view *view,
                                         const struct view_part *part, const bool wanted[METRIC_ALL],
                                         struct err *e)
{
  int exponent = currency_find(part->currency)->exponent;
  for (size_t i = 0; i < part->bucket_count; i++) {
    const struct view_bucket *bucket = &part->buckets[i];
    add_label(table, view, bucket->row.start);
    enum result r = add_figures(table, view, wanted, bucket, exponent, e);
    if (r != RESULT_OK)
      return r;
  }
  table_add(table, "total");
  return add_figures(table, view, wanted, &part->total, exponent, e);
}

/* A currency's table; its headings are the metrics' names. */
static struct table *new_table(const struct view_part *part, const bool wanted[METRIC_ALL])
{
  const char *headings[METRIC_ALL + 2] = {part->currency};
  char names[METRIC_ALL][64];
  size_t count = 1;
  for (size_t id = 0; id < METRIC_ALL; id++) {
    if (!wanted[id])
      continue;
    g_snprintf(names[id], sizeof names[id], ">%s", metric_table[id].name);
    headings[count++] = names[id];
  }
  return table_new(headings);
}

enum result show_print_table(const char *merchant, const struct view *view, const bool wanted[METRIC_ALL],
                             struct err *e)
{
  for (size_t i = 0; i < view->part_count; i++) {
    struct table *table = new_table(&view->parts[i], wanted);
    enum result r = fill_table(table, view, &view->parts[i], wanted, e);
    if (r == RESULT_OK)
      table_print(table, stdout);
    table_free(table);
    if (r != RESULT_OK)
      return r;
    putchar('\n');
  }
  char as_of[INSTANT_TEXT_SIZE];
  printf("%s, %s, exact as of %s, %s\n", merchant, view->card.zone, instant_format_ms(view->as_of_ms, as_of),
         view->complete ? "complete" : "not complete yet");
  return RESULT_OK;
}

/* ---- JSON ---- */

/* One value, or null. */
MUST_CHECK static enum result figure_json(const struct view *view, const struct view_bucket *bucket,
                                          size_t id, struct json_object **out, struct err *e)
{
  struct figure figure;
  enum result r = read_figure(view, bucket, id, &figure, e);
  *out = r == RESULT_OK && figure.state == FIGURE_KNOWN ? json_object_new_int64(figure.value) : NULL;
  return r;
}

/* The metric's values of all buckets, and its total. */
MUST_CHECK static enum result add_metric(struct json_object *values, struct json_object *totals,
                                         const struct view *view, const struct view_part *part, size_t id,
                                         struct err *e)
{
  struct json_object *column = json_object_new_array();
  struct json_object *value = NULL;
  json_object_object_add(values, metric_table[id].name, column);
  for (size_t i = 0; i < part->bucket_count; i++) {
    enum result r = figure_json(view, &part->buckets[i], id, &value, e);
    if (r != RESULT_OK)
      return r;
    json_object_array_add(column, value);
  }
  enum result r = figure_json(view, &part->total, id, &value, e);
  json_object_object_add(totals, metric_table[id].name, value);
  return r;
}

MUST_CHECK static enum result fill_part(struct json_object *out, const struct view *view,
                                        const struct view_part *part, const bool wanted[METRIC_ALL],
                                        struct err *e)
{
  struct json_object *start = json_object_new_array();
  struct json_object *values = json_object_new_object();
  struct json_object *totals = json_object_new_object();
  json_object_object_add(out, "currency", json_object_new_string(part->currency));
  json_object_object_add(out, "exponent", json_object_new_int(currency_find(part->currency)->exponent));
  json_object_object_add(out, "interval", json_object_new_string(range_interval_name(view->interval)));
  json_object_object_add(out, "start", start);
  json_object_object_add(out, "values", values);
  json_object_object_add(out, "totals", totals);
  for (size_t i = 0; i < part->bucket_count; i++)
    json_object_array_add(start, json_object_new_int64(part->buckets[i].row.start));
  enum result r = RESULT_OK;
  for (size_t id = 0; id < METRIC_ALL && r == RESULT_OK; id++)
    if (wanted[id])
      r = add_metric(values, totals, view, part, id, e);
  return r;
}

static struct json_object *meta_json(const char *merchant, const struct view *view)
{
  struct json_object *meta = json_object_new_object();
  char as_of[INSTANT_TEXT_SIZE];
  g_autofree char *position = g_strdup_printf("p1_%" PRI_CLUSTER_TIME, view->as_of);
  json_object_object_add(meta, "merchant", json_object_new_string(merchant));
  json_object_object_add(meta, "as_of", json_object_new_string(instant_format_ms(view->as_of_ms, as_of)));
  json_object_object_add(meta, "position", json_object_new_string(position));
  json_object_object_add(meta, "complete", json_object_new_boolean(view->complete));
  json_object_object_add(meta, "timezone", json_object_new_string(view->card.zone));
  return meta;
}

enum result show_print_json(const char *merchant, const struct view *view, const bool wanted[METRIC_ALL],
                            struct err *e)
{
  struct json_object *out = json_object_new_object();
  struct json_object *data = json_object_new_array();
  json_object_object_add(out, "data", data);
  json_object_object_add(out, "meta", meta_json(merchant, view));
  for (size_t i = 0; i < view->part_count; i++) {
    struct json_object *part = json_object_new_object();
    json_object_array_add(data, part);
    enum result r = fill_part(part, view, &view->parts[i], wanted, e);
    if (r != RESULT_OK) {
      json_object_put(out);
      return r;
    }
  }
  cli_print_json(out);
  return RESULT_OK;
}
