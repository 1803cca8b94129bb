#include "stores/fold_pipeline.h"

#include <string.h>

#include "domain/entry.h"
#include "domain/money.h"
#include "stores/schema.h"
#include "stores/total_sums.h"
#include "translation/bson_fields.h"

struct fold_sum {
  char merchant[MERCHANT_ID_SIZE];
  char currency[4];
  struct fold_group group; /* points to the two above */
};

/* ---- the pipeline ---- */

static void append_bounds(bson_t *condition, const struct fold_range *range)
{
  char bound[ENTRY_ID_SIZE];
  bson_t id;
  BSON_APPEND_DOCUMENT_BEGIN(condition, "_id", &id);
  BSON_APPEND_UTF8(&id, "$gte", schema_entry_bound(range->merchant, range->from * 1000, bound));
  BSON_APPEND_UTF8(&id, "$lt", schema_entry_bound(range->merchant, range->to * 1000, bound));
  BSON_APPEND_UTF8(&id, "$regex", SCHEMA_ENTRY_PATTERN);
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

/* The step that `at` lies in. */
static void append_step(bson_t *key, int step, enum fold_pipeline_form form)
{
  bson_t *is_date = BCON_NEW("$eq", "[", "{", "$type", BCON_UTF8("$at"), "}", BCON_UTF8("date"), "]");
  bson_t *start = BCON_NEW("$dateTrunc", "{", "date", BCON_UTF8("$at"), "unit", BCON_UTF8("second"),
                           "binSize", BCON_INT32(step), "}");
  total_sums_append_if(key, "s", form == FOLD_PIPELINE_CAREFUL ? is_date : NULL, start);
  bson_destroy(start);
  bson_destroy(is_date);
}

static void append_group(bson_t *stages, const struct fold_ranges *ranges, int step,
                         enum fold_pipeline_form form)
{
  bson_t stage, group, key;
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
  total_sums_append(&group, form == FOLD_PIPELINE_CAREFUL);
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
  size_t length = 0;
  if (!total_sums_add(document, bson_fields_text(&key, "k", &length), group->columns))
    group->poison = true;
  return RESULT_OK;
}

void fold_sums_emit(const struct fold_sums *sums, fold_sink sink, void *arg)
{
  for (guint i = 0; i < sums->order->len; i++)
    sink(&((const struct fold_sum *)sums->order->pdata[i])->group, arg);
}
