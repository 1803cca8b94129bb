#include "domain/row.h"

#include <inttypes.h>

struct row row_zero(int64_t start)
{
  return (struct row){.start = start};
}

/* Here and not called: readings add and check rows by the thousand. */
static bool exact(int64_t sum)
{
  return sum >= -ROW_SUM_MAX && sum <= ROW_SUM_MAX;
}

_Static_assert(METRIC_ADDITIVE <= 32, "a column has a bit of its own");

uint32_t row_add_columns(struct row *into, const struct row *add)
{
  uint32_t lost = 0;
  for (size_t i = 0; i < METRIC_ADDITIVE; i++)
    if (__builtin_add_overflow(into->columns[i], add->columns[i], &into->columns[i]) ||
        !exact(into->columns[i]))
      lost |= 1u << i;
  return lost;
}

enum result row_add(struct row *into, const struct row *add, struct err *e)
{
  uint32_t lost = row_add_columns(into, add);
  if (lost == 0)
    return RESULT_OK;
  return err_set(e, RESULT_OUT_OF_RANGE, "row %" PRId64 ": %s leaves the exact range", into->start,
                 metric_table[__builtin_ctz(lost)].name);
}

bool row_equal(const struct row *a, const struct row *b)
{
  if (a->start != b->start)
    return false;
  for (size_t i = 0; i < METRIC_ADDITIVE; i++)
    if (a->columns[i] != b->columns[i])
      return false;
  return true;
}

bool row_is_zero(const struct row *row)
{
  for (size_t i = 0; i < METRIC_ADDITIVE; i++)
    if (row->columns[i] != 0)
      return false;
  return true;
}

enum result row_check(const struct row *row, struct err *e)
{
  for (size_t i = 0; i < METRIC_ADDITIVE; i++)
    if (!exact(row->columns[i]))
      return err_set(e, RESULT_OUT_OF_RANGE, "row %" PRId64 ": %s leaves the exact range", row->start,
                     metric_table[i].name);
  if (!metric_balanced(row->columns))
    return err_set(e, RESULT_CORRUPT, "row %" PRId64 ": the balance law is broken", row->start);
  return RESULT_OK;
}
