#include "translation/definitions_json.h"

#include <string.h>

#include "domain/metric.h"

/* One small history for all metrics, so that they can be seen to add up. The order's discount of 300 falls on
 * the lines as 221 and 79; so one of two mugs is given back at half of 2 x 1500 - 200 - 221, cut: 1289, and
 * half of its tax. */
static const char example_entries[] =
    "[{\"order\":{\"currency\":\"EUR\",\"lines\":["
    "{\"product_id\":\"mug\",\"name\":\"Mug\",\"quantity\":2,\"unit_price\":1500,\"discount\":200,\"tax\":"
    "532},"
    "{\"product_id\":\"tea\",\"name\":\"Tea\",\"quantity\":1,\"unit_price\":1000,\"tax\":190}],"
    "\"discount\":300,\"shipping\":490,\"tax\":93}},"
    "{\"order\":{\"currency\":\"EUR\",\"lines\":["
    "{\"product_id\":\"cup\",\"name\":\"Cup\",\"quantity\":5,\"unit_price\":251}]}},"
    "{\"refund\":{\"lines\":[{\"line\":1,\"quantity\":1}],\"shipping\":100,\"reason\":\"broken\"},\"of\":0}]";

/* What they come to, by hand. */
static const struct {
  const char *name;
  const char *value;
} example_values[] = {
    {"orders", "2"},
    {"units_sold", "8"},
    {"units_returned", "1"},
    {"gross_sales", "5255"},
    {"discounts", "500"},
    {"returns", "1289"},
    {"taxes", "549"},
    {"shipping", "390"},
    {"total_sales", "4405"},
    {"refunds", "1"},
    {"refunded", "1655"},
    {"net_sales", "3466"},
    {"average_order_value", "{\"value\":2378,\"numerator\":4755,\"denominator\":2}"},
};

static void write_example(const char *name, GString *out)
{
  for (size_t i = 0; i < G_N_ELEMENTS(example_values); i++)
    if (strcmp(example_values[i].name, name) == 0) {
      g_string_append_printf(out, "{\"entries\":%s,\"value\":%s}", example_entries, example_values[i].value);
      return;
    }
  g_string_append(out, "null");
}

/* The table's texts are plain ASCII without quotes: nothing needs escaping. */
static void write_definition(const struct metric *metric, GString *out)
{
  g_string_append_printf(out, "{\"name\":\"%s\",\"label\":\"%s\",\"unit\":\"%s\",\"additive\":%s,",
                         metric->name, metric->label, metric->unit == METRIC_COUNT ? "count" : "money",
                         metric->additive ? "true" : "false");
  g_string_append_printf(out, "\"formula\":\"%s\",\"date_basis\":\"%s\",\"version\":%d,\"example\":",
                         metric->formula, metric->date_basis, METRIC_DEFINITIONS_VERSION);
  write_example(metric->name, out);
  g_string_append_c(out, '}');
}

void definitions_json_write(GString *out)
{
  g_string_append(out, "{\"data\":[");
  for (size_t i = 0; i < METRIC_ALL; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    write_definition(&metric_table[i], out);
  }
  g_string_append_printf(out, "],\"meta\":{\"definitions_version\":%d}}", METRIC_DEFINITIONS_VERSION);
}
