#include "domain/metric.h"

#include <pthread.h>
#include <string.h>

#include <glib.h>

#include "domain/money.h"
#include "domain/row.h"

/* Which kind of entry moves a metric decides whose date counts. */
#define DATE_BASIS(order, refund)                                                                            \
  (sizeof(refund) == 1 ? "placed_at" : sizeof(order) == 1 ? "refunded_at" : "both")
#define METRIC_ROW(name, label, unit, order, refund, formula)                                                \
  [METRIC_##name] = {#name, label, unit, true, order, refund, formula, DATE_BASIS(order, refund)},

/* clang-format off */
const struct metric metric_table[METRIC_ALL] = {
    METRIC_TABLE(METRIC_ROW)
    [METRIC_net_sales] = {"net_sales", "Net sales", METRIC_MONEY, false, NULL, NULL,
                          "gross_sales - discounts - returns", "both"},
    [METRIC_average_order_value] = {"average_order_value", "Average order value", METRIC_MONEY, false, NULL, NULL,
                                    "(gross_sales - discounts) / orders over the whole range, rounded half to even; "
                                    "null without orders", "placed_at"},
};
/* clang-format on */

const struct metric *metric_find(const char *name)
{
  for (size_t i = 0; i < METRIC_ALL; i++)
    if (strcmp(metric_table[i].name, name) == 0)
      return &metric_table[i];
  return NULL;
}

#define HASH_DIGITS 16
static char table_hash[HASH_DIGITS + 1];

static void compute_table_hash(void)
{
  g_autoptr(GString) text = g_string_new(NULL);
  g_string_append_printf(text, "%d\n", METRIC_DEFINITIONS_VERSION);
  for (size_t i = 0; i < METRIC_ADDITIVE; i++)
    g_string_append_printf(text, "%s|%s|%s\n", metric_table[i].name, metric_table[i].order_source,
                           metric_table[i].refund_source);
  g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, -1);
  memcpy(table_hash, digest, HASH_DIGITS);
}

const char *metric_table_hash(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, compute_table_hash);
  return table_hash;
}

uint32_t metric_made_of(int id)
{
  uint32_t sales = 1u << METRIC_gross_sales | 1u << METRIC_discounts;
  if (id == METRIC_net_sales)
    return sales | 1u << METRIC_returns;
  return id == METRIC_average_order_value ? sales | 1u << METRIC_orders : 1u << id;
}

bool metric_exact(int64_t sum)
{
  return sum >= -ROW_SUM_MAX && sum <= ROW_SUM_MAX;
}

/* gross_sales - discounts - taken, in the exact range. */
static bool sales_less(const int64_t columns[METRIC_ADDITIVE], int64_t taken, int64_t *out)
{
  return amount_sub(columns[METRIC_gross_sales], columns[METRIC_discounts], out) &&
         amount_sub(*out, taken, out) && metric_exact(*out);
}

enum result metric_net_sales(const int64_t columns[METRIC_ADDITIVE], int64_t *out, struct err *e)
{
  if (!sales_less(columns, columns[METRIC_returns], out))
    return err_set(e, RESULT_OUT_OF_RANGE, "net_sales leaves the exact range");
  return RESULT_OK;
}

enum result metric_amount(int id, const int64_t columns[METRIC_ADDITIVE], int64_t *out, struct err *e)
{
  if (id >= METRIC_ADDITIVE)
    return metric_net_sales(columns, out, e);
  *out = columns[id];
  return RESULT_OK;
}

enum result metric_average_order_value(const int64_t columns[METRIC_ADDITIVE], struct metric_ratio *out,
                                       struct err *e)
{
  *out = (struct metric_ratio){.denominator = columns[METRIC_orders]};
  if (!sales_less(columns, 0, &out->numerator))
    return err_set(e, RESULT_OUT_OF_RANGE, "average_order_value leaves the exact range");
  if (out->denominator != 0)
    out->value = amount_div_half_even(out->numerator, out->denominator);
  return RESULT_OK;
}

bool metric_balanced(const int64_t columns[METRIC_ADDITIVE])
{
  int64_t sum;
  return sales_less(columns, columns[METRIC_returns], &sum) && amount_add(sum, columns[METRIC_taxes], &sum) &&
         amount_add(sum, columns[METRIC_shipping], &sum) && sum == columns[METRIC_total_sales];
}
