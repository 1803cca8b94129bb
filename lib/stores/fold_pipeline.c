#include "stores/fold_pipeline.h"

#include <string.h>

#include "domain/entry.h"
#include "domain/money.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"

/* Fields of an answer beside the sums of totals: how many entries, and the check sum. */
#define FIELD_COUNT "n"
#define FIELD_CHECK "x"
#define TOTALS_MAX (2 * METRIC_ADDITIVE)

struct fold_sum {
  char merchant[MERCHANT_ID_SIZE];
  char currency[4];
  struct fold_group group; /* points to the two above */
};

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

/* ---- the pipeline ---- */

static void append_bounds(bson_t *condition, const struct fold_range *range)
{
  char bound[ENTRY_ID_SIZE];
  bson_t id;
  BSON_APPEND_DOCUMENT_BEGIN(condition, "_id", &id);
  BSON_APPEND_UTF8(&id, "$gte", schema_entry_bound(range->merchant, range->from * 1000, bound));
  BSON_APPEND_UTF8(&id, "$lt", schema_entry_bound(range->merchant, range->to * 1000, bound));
  bson_append_document_end(condition, &id);
}

static void append_match(bson_t *stages, const struct fold_ranges *ranges)
{
  bson_t stage, match, alternatives, condition;
  BSON_APPEND_DOCUMENT_BEGIN(stages, "0", &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$match", &match);
  if (ranges->items->len == 1) {
    append_bounds(&match, &g_array_index(ranges->items, struct fold_range, 0));
  } else {
    BSON_APPEND_ARRAY_BEGIN(&match, "$or", &alternatives);
    for (guint i = 0; i < ranges->items->len; i++) {
      char buffer[16];
      const char *index = NULL;
      bson_uint32_to_string(i, &index, buffer, sizeof buffer);
      BSON_APPEND_DOCUMENT_BEGIN(&alternatives, index, &condition);
      append_bounds(&condition, &g_array_index(ranges->items, struct fold_range, i));
      bson_append_document_end(&alternatives, &condition);
    }
    bson_append_array_end(&match, &alternatives);
  }
  bson_append_document_end(&stage, &match);
  bson_append_document_end(stages, &stage);
}

/* Appends {$cond: [condition, value, null]}, or just the value where there is no condition. */
static void append_if(bson_t *out, const char *name, const bson_t *condition, const bson_t *value)
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

/* The step that `at` lies in. */
static void append_step(bson_t *key, int step, enum fold_pipeline_form form)
{
  bson_t *is_date = BCON_NEW("$eq", "[", "{", "$type", BCON_UTF8("$at"), "}", BCON_UTF8("date"), "]");
  bson_t *start = BCON_NEW("$dateTrunc", "{", "date", BCON_UTF8("$at"), "unit", BCON_UTF8("second"),
                           "binSize", BCON_INT32(step), "}");
  append_if(key, "s", form == FOLD_PIPELINE_CAREFUL ? is_date : NULL, start);
  bson_destroy(start);
  bson_destroy(is_date);
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
    char buffer[16];
    const char *index = NULL;
    g_autofree char *path = g_strconcat("$", totals[i], NULL);
    bson_uint32_to_string(i + 1, &index, buffer, sizeof buffer);
    BSON_APPEND_UTF8(&terms, index, path);
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
static void append_check(bson_t *group, const char *const *totals, size_t count, enum fold_pipeline_form form)
{
  bson_t sum, addition = BSON_INITIALIZER, all_numbers = BSON_INITIALIZER;
  append_addition(&addition, totals, count);
  append_all_numbers(&all_numbers, totals, count);
  BSON_APPEND_DOCUMENT_BEGIN(group, FIELD_CHECK, &sum);
  append_if(&sum, "$sum", form == FOLD_PIPELINE_CAREFUL ? &all_numbers : NULL, &addition);
  bson_append_document_end(group, &sum);
  bson_destroy(&addition);
  bson_destroy(&all_numbers);
}

static void append_group(bson_t *stages, const struct fold_ranges *ranges, int step,
                         enum fold_pipeline_form form)
{
  const char *totals[TOTALS_MAX];
  size_t count = list_totals(totals);
  bson_t stage, group, key, one;
  BSON_APPEND_DOCUMENT_BEGIN(stages, "1", &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$group", &group);
  BSON_APPEND_DOCUMENT_BEGIN(&group, "_id", &key);
  /* the keys of one merchant's ranges name it already */
  if (fold_ranges_merchant(ranges) == NULL)
    BSON_APPEND_UTF8(&key, "m", "$m");
  BSON_APPEND_UTF8(&key, "c", "$currency");
  BSON_APPEND_UTF8(&key, "k", "$kind");
  append_step(&key, step, form);
  bson_append_document_end(&group, &key);
  BSON_APPEND_DOCUMENT_BEGIN(&group, FIELD_COUNT, &one);
  BSON_APPEND_INT32(&one, "$sum", 1);
  bson_append_document_end(&group, &one);
  for (size_t i = 0; i < count; i++) {
    g_autofree char *path = g_strconcat("$", totals[i], NULL);
    append_sum(&group, totals[i], path);
  }
  append_check(&group, totals, count, form);
  bson_append_document_end(&stage, &group);
  bson_append_document_end(stages, &stage);
}

void fold_pipeline_append(bson_t *stages, const struct fold_ranges *ranges, int step,
                          enum fold_pipeline_form form)
{
  append_match(stages, ranges);
  append_group(stages, ranges, step, form);
}

/* ---- the answers ---- */

static guint sum_hash(gconstpointer key)
{
  const struct fold_sum *sum = key;
  return g_str_hash(sum->merchant) * 31 + g_str_hash(sum->currency) * 7 + (guint)(sum->group.start / 60);
}

static gboolean sum_equal(gconstpointer a, gconstpointer b)
{
  const struct fold_sum *x = a, *y = b;
  return x->group.start == y->group.start && strcmp(x->currency, y->currency) == 0 &&
         strcmp(x->merchant, y->merchant) == 0;
}

void fold_sums_init(struct fold_sums *sums, const struct fold_ranges *ranges, int step)
{
  *sums = (struct fold_sums){.ranges = ranges, .step = step};
  sums->groups = g_hash_table_new(sum_hash, sum_equal);
  sums->order = g_ptr_array_new_with_free_func(g_free);
}

void fold_sums_clear(struct fold_sums *sums)
{
  g_clear_pointer(&sums->groups, g_hash_table_unref);
  g_clear_pointer(&sums->order, g_ptr_array_unref);
}

/* Whom a group belongs to. RESULT_CORRUPT: to none that was asked for. */
MUST_CHECK static enum result read_key(const struct fold_sums *sums, const bson_t *key, struct fold_sum *out,
                                       struct err *e)
{
  size_t length = 0;
  bson_iter_t start;
  const char *merchant = fold_ranges_merchant(sums->ranges);
  if (merchant == NULL)
    merchant = bson_fields_text(key, "m", &length);
  const char *currency = bson_fields_text(key, "c", &length);
  if (merchant == NULL || !merchant_id_valid(merchant, strlen(merchant)))
    return err_set(e, RESULT_CORRUPT, "an entry has no merchant's id");
  if (currency == NULL || currency_find(currency) == NULL)
    return err_set(e, RESULT_CORRUPT, "an entry of merchant %s has no currency", merchant);
  if (!bson_iter_init_find(&start, key, "s") || !BSON_ITER_HOLDS_DATE_TIME(&start))
    return err_set(e, RESULT_CORRUPT, "an entry of merchant %s has no time", merchant);
  g_strlcpy(out->merchant, merchant, sizeof out->merchant);
  g_strlcpy(out->currency, currency, sizeof out->currency);
  out->group = (struct fold_group){.start = bson_iter_date_time(&start) / 1000};
  if (!fold_ranges_touch(sums->ranges, merchant, out->group.start, sums->step))
    return err_set(e, RESULT_CORRUPT, "an entry of merchant %s has another time than its key", merchant);
  return RESULT_OK;
}

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
  if (!read_integer(document, FIELD_COUNT, &all) || !read_integer(document, FIELD_CHECK, &check))
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
  if (!read_integer(document, counts_entries(source) ? FIELD_COUNT : source + 1, &value))
    return false;
  return source[0] == '-' ? amount_sub(*column, value, column) : amount_add(*column, value, column);
}

/* Adds what this kind of entry adds to each column; false when that cannot be told. */
static bool add_columns(const bson_t *document, const bson_t *key, struct fold_group *group)
{
  size_t length = 0;
  const char *kind = bson_fields_text(key, "k", &length);
  bool order = kind != NULL && strcmp(kind, "order") == 0;
  bool refund = kind != NULL && strcmp(kind, "refund") == 0;
  if ((!order && !refund) || !check_sum_agrees(document))
    return false;
  for (int i = 0; i < METRIC_ADDITIVE; i++) {
    const char *source = order ? metric_table[i].order_source : metric_table[i].refund_source;
    if (!add_source(document, source, &group->columns[i]))
      return false;
  }
  return true;
}

static struct fold_group *find_or_add(struct fold_sums *sums, const struct fold_sum *key)
{
  struct fold_sum *sum = g_hash_table_lookup(sums->groups, key);
  if (sum == NULL) {
    sum = g_new(struct fold_sum, 1);
    *sum = *key;
    sum->group.merchant = sum->merchant;
    sum->group.currency = sum->currency;
    g_hash_table_add(sums->groups, sum);
    g_ptr_array_add(sums->order, sum);
  }
  return &sum->group;
}

enum result fold_sums_add(struct fold_sums *sums, const bson_t *document, struct err *e)
{
  struct fold_sum wanted;
  bson_t key;
  if (!bson_fields_sub(document, "_id", BSON_TYPE_DOCUMENT, &key))
    return err_set(e, RESULT_INTERNAL, "MongoDB: a group without its key");
  enum result r = read_key(sums, &key, &wanted, e);
  if (r != RESULT_OK)
    return r;
  struct fold_group *group = find_or_add(sums, &wanted);
  if (!add_columns(document, &key, group))
    group->poison = true;
  return RESULT_OK;
}

void fold_sums_emit(const struct fold_sums *sums, fold_sink sink, void *arg)
{
  for (guint i = 0; i < sums->order->len; i++)
    sink(&((const struct fold_sum *)sums->order->pdata[i])->group, arg);
}
