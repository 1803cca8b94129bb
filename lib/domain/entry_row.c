#include "domain/entry_row.h"

#include <string.h>

#include <glib.h>

static int64_t amount_of(const struct entry_totals *totals, const char *field)
{
  const struct {
    const char *field;
    int64_t amount;
  } amounts[] = {
      {"1", 1},
      {"units", totals->units},
      {"gross", totals->gross},
      {"discounts", totals->discounts},
      {"goods", totals->goods},
      {"tax", totals->tax},
      {"shipping", totals->shipping},
      {"total", totals->total},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(amounts); i++)
    if (strcmp(amounts[i].field, field) == 0)
      return amounts[i].amount;
  g_assert_not_reached(); /* the metric table names a total that entries do not have */
}

/* A source of the metric table: "", or a sign and a field. */
static int64_t contribution(const struct entry_totals *totals, const char *source)
{
  if (source[0] == '\0')
    return 0;
  int64_t amount = amount_of(totals, source + 1);
  return source[0] == '-' ? -amount : amount;
}

enum result entry_row_add(enum entry_kind kind, const struct entry_totals *totals, struct row *into,
                          struct err *e)
{
  struct row added = row_zero(into->start);
  for (size_t i = 0; i < METRIC_ADDITIVE; i++) {
    const struct metric *metric = &metric_table[i];
    added.columns[i] =
        contribution(totals, kind == ENTRY_ORDER ? metric->order_source : metric->refund_source);
  }
  return row_add(into, &added, e);
}

enum result entry_row_amount(enum entry_kind kind, const struct entry_totals *totals, int metric,
                             int64_t *out, struct err *e)
{
  struct row row = row_zero(0);
  enum result r = entry_row_add(kind, totals, &row, e);
  return r == RESULT_OK ? metric_amount(metric, row.columns, out, e) : r;
}
