#include "translation/fold_bson.h"

#include <string.h>

#include "domain/entry.h"
#include "domain/money.h"

/* A stored total that the metric table names, or NULL for the entry itself. */
static const char *field_of(const char *source)
{
  return source[0] == '\0' || strcmp(source + 1, "1") == 0 ? NULL : source + 1;
}

/* Calls `each` once for every stored total that some metric is made of. */
static void each_field(void (*each)(const char *field, void *arg), void *arg)
{
  const char *seen[2 * METRIC_ADDITIVE];
  int count = 0;
  for (int i = 0; i < 2 * METRIC_ADDITIVE; i++) {
    const struct metric *metric = &metric_table[i / 2];
    const char *field = field_of(i % 2 == 0 ? metric->order_source : metric->refund_source);
    bool known = field == NULL;
    for (int k = 0; k < count && !known; k++)
      known = strcmp(seen[k], field) == 0;
    if (known)
      continue;
    seen[count++] = field;
    each(field, arg);
  }
}

/* ---- writing ---- */

void fold_bson_range(bson_t *out, const char *merchant, int64_t from, int64_t to)
{
  static const uint8_t lowest[ULID_RANDOM_SIZE];
  char first[ENTRY_ID_SIZE], end[ENTRY_ID_SIZE];
  struct ulid from_id = ulid_make(CLAMP(from, 0, ULID_MS_MAX / 1000) * 1000, lowest);
  struct ulid to_id = ulid_make(CLAMP(to, 0, ULID_MS_MAX / 1000) * 1000, lowest);
  bson_t bounds;
  BSON_APPEND_DOCUMENT_BEGIN(out, "_id", &bounds);
  BSON_APPEND_UTF8(&bounds, "$gte", entry_id_format(merchant, &from_id, first));
  BSON_APPEND_UTF8(&bounds, "$lt", entry_id_format(merchant, &to_id, end));
  bson_append_document_end(out, &bounds);
}

static void append_key(bson_t *group, int step)
{
  bson_t key, start, truncate;
  BSON_APPEND_DOCUMENT_BEGIN(group, "_id", &key);
  BSON_APPEND_UTF8(&key, "m", "$m");
  BSON_APPEND_UTF8(&key, "c", "$currency");
  BSON_APPEND_UTF8(&key, "k", "$kind");
  BSON_APPEND_DOCUMENT_BEGIN(&key, "b", &start);
  BSON_APPEND_DOCUMENT_BEGIN(&start, "$dateTrunc", &truncate);
  BSON_APPEND_UTF8(&truncate, "date", "$at");
  BSON_APPEND_UTF8(&truncate, "unit", step % 60 == 0 ? "minute" : "second");
  BSON_APPEND_INT32(&truncate, "binSize", step % 60 == 0 ? step / 60 : step);
  bson_append_document_end(&start, &truncate);
  bson_append_document_end(&key, &start);
  bson_append_document_end(group, &key);
}

static void append_sum(const char *field, void *arg)
{
  bson_t *group = arg, sum;
  char path[64];
  g_snprintf(path, sizeof path, "$%s", field);
  BSON_APPEND_DOCUMENT_BEGIN(group, field, &sum);
  BSON_APPEND_UTF8(&sum, "$sum", path);
  bson_append_document_end(group, &sum);
}

struct term_list {
  bson_t *array;
  uint32_t count;
};

static void append_term(const char *field, void *arg)
{
  struct term_list *list = arg;
  char path[64], buffer[16];
  const char *index;
  bson_uint32_to_string(list->count++, &index, buffer, sizeof buffer);
  g_snprintf(path, sizeof path, "$%s", field);
  BSON_APPEND_UTF8(list->array, index, path);
}

/* $sum passes over what is no number. So one sum over all totals of the entry tells whether each is an integer: a missing one
 * makes it null, a double makes it double, and a text makes the server refuse the whole aggregate. */
static void append_poison(bson_t *group)
{
  bson_t sum, condition, branches, equal, type, add;
  struct term_list terms = {.array = &add};
  BSON_APPEND_DOCUMENT_BEGIN(group, "poison", &sum);
  BSON_APPEND_DOCUMENT_BEGIN(&sum, "$sum", &condition);
  BSON_APPEND_ARRAY_BEGIN(&condition, "$cond", &branches);
  BSON_APPEND_DOCUMENT_BEGIN(&branches, "0", &equal);
  bson_t operands;
  BSON_APPEND_ARRAY_BEGIN(&equal, "$eq", &operands);
  BSON_APPEND_DOCUMENT_BEGIN(&operands, "0", &type);
  bson_t typed;
  BSON_APPEND_DOCUMENT_BEGIN(&type, "$type", &typed);
  BSON_APPEND_ARRAY_BEGIN(&typed, "$add", &add);
  each_field(append_term, &terms);
  bson_append_array_end(&typed, &add);
  bson_append_document_end(&type, &typed);
  bson_append_document_end(&operands, &type);
  BSON_APPEND_UTF8(&operands, "1", "long");
  bson_append_array_end(&equal, &operands);
  bson_append_document_end(&branches, &equal);
  BSON_APPEND_INT32(&branches, "1", 0);
  BSON_APPEND_INT32(&branches, "2", 1);
  bson_append_array_end(&condition, &branches);
  bson_append_document_end(&sum, &condition);
  bson_append_document_end(group, &sum);
}

void fold_bson_group(bson_t *out, int step)
{
  bson_t count;
  append_key(out, step);
  BSON_APPEND_DOCUMENT_BEGIN(out, "entries", &count);
  BSON_APPEND_INT32(&count, "$sum", 1);
  bson_append_document_end(out, &count);
  append_poison(out);
  each_field(append_sum, out);
}

/* ---- reading ---- */

static bool read_text(const bson_t *document, const char *path, char *out, size_t size)
{
  bson_iter_t iter, found;
  uint32_t length;
  if (!bson_iter_init(&iter, document) || !bson_iter_find_descendant(&iter, path, &found) ||
      !BSON_ITER_HOLDS_UTF8(&found))
    return false;
  const char *text = bson_iter_utf8(&found, &length);
  if (length >= size || memchr(text, '\0', length) != NULL)
    return false;
  memcpy(out, text, length);
  out[length] = '\0';
  return true;
}

/* An integer sum; false where it has become a double: it overflowed. */
static bool read_sum(const bson_t *document, const char *name, int64_t *out)
{
  bson_iter_t iter;
  if (!bson_iter_init_find(&iter, document, name) || !(BSON_ITER_HOLDS_INT64(&iter) || BSON_ITER_HOLDS_INT32(&iter)))
    return false;
  *out = bson_iter_as_int64(&iter);
  return true;
}

static bool read_start(const bson_t *document, int64_t *out)
{
  bson_iter_t iter, found;
  if (!bson_iter_init(&iter, document) || !bson_iter_find_descendant(&iter, "_id.b", &found) ||
      !BSON_ITER_HOLDS_DATE_TIME(&found))
    return false;
  *out = bson_iter_date_time(&found) / 1000;
  return true;
}

/* What the source, "+goods", comes to over the group. */
static bool read_source(const bson_t *document, const char *source, int64_t *out)
{
  *out = 0;
  if (source[0] == '\0')
    return true;
  const char *field = field_of(source);
  int64_t sum;
  if (!read_sum(document, field != NULL ? field : "entries", &sum))
    return false;
  return source[0] == '-' ? amount_sub(0, sum, out) : amount_add(0, sum, out);
}

static bool read_columns(const bson_t *document, enum entry_kind kind, int64_t *columns)
{
  for (int m = 0; m < METRIC_ADDITIVE; m++) {
    const struct metric *metric = &metric_table[m];
    if (!read_source(document, kind == ENTRY_ORDER ? metric->order_source : metric->refund_source, &columns[m]))
      return false;
  }
  return true;
}

enum result fold_bson_read(const bson_t *document, struct fold_bson_sums *out, struct err *e)
{
  char kind[8];
  *out = (struct fold_bson_sums){.poison = false};
  if (!read_text(document, "_id.m", out->merchant, sizeof out->merchant) ||
      !read_text(document, "_id.c", out->currency, sizeof out->currency) ||
      !read_text(document, "_id.k", kind, sizeof kind) || !read_start(document, &out->start) ||
      currency_find(out->currency) == NULL)
    return err_set(e, RESULT_CORRUPT, "a group of entries without merchant, currency, kind or time");
  bool order = strcmp(kind, "order") == 0;
  if (!order && strcmp(kind, "refund") != 0)
    return err_set(e, RESULT_CORRUPT, "an entry that is neither order nor refund");
  int64_t poison;
  out->poison = !read_sum(document, "poison", &poison) || poison > 0 ||
                !read_columns(document, order ? ENTRY_ORDER : ENTRY_REFUND, out->columns);
  return RESULT_OK;
}
