#include "stores/total_sums.h"

#include <string.h>

#include <glib.h>

#include "domain/money.h"
#include "translation/bson_fields.h"

#define FIELD_CHECK "x"
#define TOTALS_MAX (2 * METRIC_ADDITIVE)

/* ---- the totals that the metric table names ---- */

static bool counts_entries(const char *source)
{
  return strcmp(source + 1, "1") == 0;
}

static size_t add_total(const char *source, const char *totals[TOTALS_MAX], size_t count)
{
  if (source[0] == '\0' || counts_entries(source))
    return count;
  for (size_t i = 0; i < count; i++)
    if (strcmp(totals[i], source + 1) == 0)
      return count;
  totals[count] = source + 1;
  return count + 1;
}

/* Each once. Returns how many there are. */
static size_t list_totals(const char *totals[TOTALS_MAX])
{
  size_t count = 0;
  for (int i = 0; i < METRIC_ADDITIVE; i++) {
    count = add_total(metric_table[i].order_source, totals, count);
    count = add_total(metric_table[i].refund_source, totals, count);
  }
  return count;
}

/* ---- the accumulators ---- */

void total_sums_append_if(bson_t *out, const char *name, const bson_t *condition, const bson_t *value)
{
  bson_t cond, terms;
  if (condition == NULL) {
    BSON_APPEND_DOCUMENT(out, name, value);
    return;
  }
  BSON_APPEND_DOCUMENT_BEGIN(out, name, &cond);
  BSON_APPEND_ARRAY_BEGIN(&cond, "$cond", &terms);
  BSON_APPEND_DOCUMENT(&terms, "0", condition);
  BSON_APPEND_DOCUMENT(&terms, "1", value);
  BSON_APPEND_NULL(&terms, "2");
  bson_append_array_end(&cond, &terms);
  bson_append_document_end(out, &cond);
}

static void append_sum(bson_t *group, const char *name, const char *path)
{
  bson_t sum;
  BSON_APPEND_DOCUMENT_BEGIN(group, name, &sum);
  BSON_APPEND_UTF8(&sum, "$sum", path);
  bson_append_document_end(group, &sum);
}

/* {"$add": [1, "$units", ...]} */
static void append_addition(bson_t *out, const char *const *totals, size_t count)
{
  bson_t terms;
  BSON_APPEND_ARRAY_BEGIN(out, "$add", &terms);
  BSON_APPEND_INT32(&terms, "0", 1);
  for (uint32_t i = 0; i < count; i++) {
    g_autofree char *path = g_strconcat("$", totals[i], NULL);
    bson_fields_append_text(&terms, i + 1, path);
  }
  bson_append_array_end(out, &terms);
}

/* {"$and": [{"$isNumber": "$units"}, ...]} */
static void append_all_numbers(bson_t *out, const char *const *totals, size_t count)
{
  bson_t terms, term;
  BSON_APPEND_ARRAY_BEGIN(out, "$and", &terms);
  for (uint32_t i = 0; i < count; i++) {
    char buffer[16];
    const char *index = NULL;
    g_autofree char *path = g_strconcat("$", totals[i], NULL);
    bson_uint32_to_string(i, &index, buffer, sizeof buffer);
    BSON_APPEND_DOCUMENT_BEGIN(&terms, index, &term);
    BSON_APPEND_UTF8(&term, "$isNumber", path);
    bson_append_document_end(&terms, &term);
  }
  bson_append_array_end(out, &terms);
}

/* Per entry 1 + all its totals. $sum passes over what is no number, $add does not: its result is null where a
 * total is missing. So this sum equals the count and all other sums together only if every total was a
 * number. */
static void append_check(bson_t *group, const char *const *totals, size_t count, bool careful)
{
  bson_t sum, addition = BSON_INITIALIZER, all_numbers = BSON_INITIALIZER;
  append_addition(&addition, totals, count);
  append_all_numbers(&all_numbers, totals, count);
  BSON_APPEND_DOCUMENT_BEGIN(group, FIELD_CHECK, &sum);
  total_sums_append_if(&sum, "$sum", careful ? &all_numbers : NULL, &addition);
  bson_append_document_end(group, &sum);
  bson_destroy(&addition);
  bson_destroy(&all_numbers);
}

void total_sums_append(bson_t *group, bool careful)
{
  const char *totals[TOTALS_MAX];
  size_t count = list_totals(totals);
  bson_t one;
  BSON_APPEND_DOCUMENT_BEGIN(group, TOTAL_SUMS_COUNT, &one);
  BSON_APPEND_INT32(&one, "$sum", 1);
  bson_append_document_end(group, &one);
  for (size_t i = 0; i < count; i++) {
    g_autofree char *path = g_strconcat("$", totals[i], NULL);
    append_sum(group, totals[i], path);
  }
  append_check(group, totals, count, careful);
}

/* ---- the answers ---- */

/* Sums of integers are integers; one that overflowed, or met a double, is a double. */
static bool read_integer(const bson_t *document, const char *name, int64_t *out)
{
  bson_iter_t iter;
  if (!bson_iter_init_find(&iter, document, name) || !BSON_ITER_HOLDS_INT(&iter))
    return false;
  *out = bson_iter_as_int64(&iter);
  return true;
}

static bool check_sum_agrees(const bson_t *document)
{
  const char *totals[TOTALS_MAX];
  size_t count = list_totals(totals);
  int64_t all = 0, one = 0, check = 0;
  if (!read_integer(document, TOTAL_SUMS_COUNT, &all) || !read_integer(document, FIELD_CHECK, &check))
    return false;
  for (size_t i = 0; i < count; i++)
    if (!read_integer(document, totals[i], &one) || !amount_add(all, one, &all))
      return false;
  return all == check;
}

static bool add_source(const bson_t *document, const char *source, int64_t *column)
{
  int64_t value = 0;
  if (source[0] == '\0')
    return true;
  if (!read_integer(document, counts_entries(source) ? TOTAL_SUMS_COUNT : source + 1, &value))
    return false;
  return source[0] == '-' ? amount_sub(*column, value, column) : amount_add(*column, value, column);
}

bool total_sums_add(const bson_t *document, const char *kind, int64_t columns[METRIC_ADDITIVE])
{
  bool order = kind != NULL && strcmp(kind, "order") == 0;
  bool refund = kind != NULL && strcmp(kind, "refund") == 0;
  if ((!order && !refund) || !check_sum_agrees(document))
    return false;
  for (int i = 0; i < METRIC_ADDITIVE; i++) {
    const char *source = order ? metric_table[i].order_source : metric_table[i].refund_source;
    if (!add_source(document, source, &columns[i]))
      return false;
  }
  return true;
}
