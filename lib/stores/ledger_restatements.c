#include "stores/ledger_restatements.h"

#include <string.h>

#include <glib.h>

#include "domain/money.h"
#include "domain/row.h"
#include "stores/ledger_call.h"
#include "stores/schema.h"
#include "stores/total_sums.h"
#include "translation/bson_fields.h"

/* Fields of an answer: of a group of entries of one cause, currency and kind, and of all groups of a cause.
 * An import's id has no slash and the key of an entry has one, so that causes of the two sorts never meet. */
#define FIELD_FIRST "first"
#define FIELD_LAST "last"
#define FIELD_RECORDED "recorded"
#define FIELD_IMPORT "import"
#define FIELD_PARTS "parts"

/* ---- the pipeline ---- */

static void append_times(bson_t *match, const struct restatement_filter *filter)
{
  int64_t to = filter->to_ms;
  bson_t times;
  if (filter->before_key != NULL && (to == 0 || filter->before_ms < to))
    to = filter->before_ms + 1;
  if (filter->from_ms == 0 && to == 0)
    return;
  BSON_APPEND_DOCUMENT_BEGIN(match, "recorded_at", &times);
  if (filter->from_ms != 0)
    BSON_APPEND_DATE_TIME(&times, "$gte", filter->from_ms);
  if (to != 0)
    BSON_APPEND_DATE_TIME(&times, "$lt", to);
  bson_append_document_end(match, &times);
}

/* What {late: true} selects is what the partial index holds. */
static void append_match(bson_t *stages, const char *index, const char *merchant,
                         const struct restatement_filter *filter)
{
  bson_t stage, match;
  BSON_APPEND_DOCUMENT_BEGIN(stages, index, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$match", &match);
  BSON_APPEND_UTF8(&match, "m", merchant);
  BSON_APPEND_BOOL(&match, "late", true);
  BCON_APPEND(&match, "_id", "{", "$regex", BCON_UTF8(SCHEMA_ENTRY_PATTERN), "}"); /* none of a stranger's */
  if (filter != NULL)
    append_times(&match, filter);
  bson_append_document_end(&stage, &match);
  bson_append_document_end(stages, &stage);
}

/* {"$ifNull": ["$import", "$_id"]} */
static void append_cause(bson_t *out, const char *name)
{
  bson_t *cause = BCON_NEW("$ifNull", "[", BCON_UTF8("$import"), BCON_UTF8("$_id"), "]");
  BSON_APPEND_DOCUMENT(out, name, cause);
  bson_destroy(cause);
}

static void append_accumulator(bson_t *group, const char *name, const char *how, const char *path)
{
  bson_t accumulator;
  BSON_APPEND_DOCUMENT_BEGIN(group, name, &accumulator);
  BSON_APPEND_UTF8(&accumulator, how, path);
  bson_append_document_end(group, &accumulator);
}

/* Entries by cause, currency and kind. */
static void append_group(bson_t *stages, const char *index)
{
  bson_t stage, group, key;
  BSON_APPEND_DOCUMENT_BEGIN(stages, index, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$group", &group);
  BSON_APPEND_DOCUMENT_BEGIN(&group, "_id", &key);
  append_cause(&key, "c");
  BSON_APPEND_UTF8(&key, "u", "$currency");
  BSON_APPEND_UTF8(&key, "k", "$kind");
  bson_append_document_end(&group, &key);
  append_accumulator(&group, FIELD_FIRST, "$min", "$at");
  append_accumulator(&group, FIELD_LAST, "$max", "$at");
  append_accumulator(&group, FIELD_RECORDED, "$max", "$recorded_at");
  append_accumulator(&group, FIELD_IMPORT, "$max", "$import");
  total_sums_append(&group, true);
  bson_append_document_end(&stage, &group);
  bson_append_document_end(stages, &stage);
}

/* The groups by cause; within one in the order of currencies. */
static void append_regroup(bson_t *stages, const char *index)
{
  bson_t stage, group;
  BSON_APPEND_DOCUMENT_BEGIN(stages, index, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$group", &group);
  BSON_APPEND_UTF8(&group, "_id", "$_id.c");
  append_accumulator(&group, FIELD_RECORDED, "$max", "$" FIELD_RECORDED);
  append_accumulator(&group, FIELD_PARTS, "$push", "$$ROOT");
  bson_append_document_end(&stage, &group);
  bson_append_document_end(stages, &stage);
}

static void append_sort(bson_t *stages, const char *index, const char *first, const char *second,
                        int direction)
{
  bson_t stage, sort;
  BSON_APPEND_DOCUMENT_BEGIN(stages, index, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$sort", &sort);
  BSON_APPEND_INT32(&sort, first, direction);
  BSON_APPEND_INT32(&sort, second, direction);
  bson_append_document_end(&stage, &sort);
  bson_append_document_end(stages, &stage);
}

/* Behind the cursor; of what was recorded at its very time by key. */
static void append_cursor(bson_t *stages, const char *index, const struct restatement_filter *filter)
{
  bson_t *match =
      filter->before_key == NULL
          ? bson_new()
          : BCON_NEW("$or", "[", "{", FIELD_RECORDED, "{", "$lt", BCON_DATE_TIME(filter->before_ms), "}", "}",
                     "{", FIELD_RECORDED, BCON_DATE_TIME(filter->before_ms), "_id", "{", "$lt",
                     BCON_UTF8(filter->before_key), "}", "}", "]");
  bson_t stage;
  BSON_APPEND_DOCUMENT_BEGIN(stages, index, &stage);
  BSON_APPEND_DOCUMENT(&stage, "$match", match);
  bson_append_document_end(stages, &stage);
  bson_destroy(match);
}

static void append_limit(bson_t *stages, const char *index, size_t limit)
{
  bson_t stage;
  BSON_APPEND_DOCUMENT_BEGIN(stages, index, &stage);
  BSON_APPEND_INT64(&stage, "$limit", (int64_t)limit);
  bson_append_document_end(stages, &stage);
}

static void append_list(bson_t *stages, const char *merchant, const struct restatement_filter *filter)
{
  append_match(stages, "0", merchant, filter);
  append_group(stages, "1");
  append_sort(stages, "2", "_id.u", "_id.k", 1);
  append_regroup(stages, "3");
  append_cursor(stages, "4", filter);
  append_sort(stages, "5", FIELD_RECORDED, "_id", -1);
  append_limit(stages, "6", filter->limit + 1);
}

/* Causes with the number of their entries, and then how many of both. */
static void append_count(bson_t *stages, const char *merchant)
{
  bson_t stage, group;
  append_match(stages, "0", merchant, NULL);
  BSON_APPEND_DOCUMENT_BEGIN(stages, "1", &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$group", &group);
  append_cause(&group, "_id");
  BCON_APPEND(&group, "n", "{", "$sum", BCON_INT64(1), "}");
  bson_append_document_end(&stage, &group);
  bson_append_document_end(stages, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(stages, "2", &stage);
  BCON_APPEND(&stage, "$group", "{", "_id", BCON_NULL, "restatements", "{", "$sum", BCON_INT64(1), "}",
              "entries", "{", "$sum", "$n", "}", "}");
  bson_append_document_end(stages, &stage);
}

/* ---- the answers ---- */

MUST_CHECK static bool read_date(const bson_t *document, const char *name, int64_t *out)
{
  bson_iter_t iter;
  if (!bson_iter_init_find(&iter, document, name) || !BSON_ITER_HOLDS_DATE_TIME(&iter))
    return false;
  *out = bson_iter_date_time(&iter);
  return true;
}

MUST_CHECK static bool read_count(const bson_t *document, const char *name, int64_t *out)
{
  bson_iter_t iter;
  if (!bson_iter_init_find(&iter, document, name) || !BSON_ITER_HOLDS_INT(&iter))
    return false;
  *out = bson_iter_as_int64(&iter);
  return true;
}

/* The change in that currency; a new one behind the others where it is the first of it. */
static struct restatement_change *change_of(struct restatement *item, const char *currency)
{
  const char *name = currency != NULL && currency_find(currency) != NULL ? currency : "";
  for (size_t i = 0; i < item->change_count; i++)
    if (strcmp(item->changes[i].currency, name) == 0)
      return &item->changes[i];
  item->changes = g_renew(struct restatement_change, item->changes, item->change_count + 1);
  struct restatement_change *change = &item->changes[item->change_count++];
  *change = (struct restatement_change){.known = name[0] != '\0'};
  g_strlcpy(change->currency, name, sizeof change->currency);
  return change;
}

static enum restatement_cause cause_of(const bson_t *part, const char *kind)
{
  bson_iter_t import;
  if (bson_iter_init_find(&import, part, FIELD_IMPORT) && BSON_ITER_HOLDS_UTF8(&import))
    return RESTATEMENT_IMPORT;
  return g_strcmp0(kind, "refund") == 0 ? RESTATEMENT_REFUND : RESTATEMENT_ORDER;
}

/* One group of entries of the cause. */
MUST_CHECK static bool take_part(const bson_t *part, struct restatement *item)
{
  int64_t entries = 0, first = 0, last = 0;
  size_t length = 0;
  bson_t key;
  if (!read_count(part, TOTAL_SUMS_COUNT, &entries) || !read_date(part, FIELD_FIRST, &first) ||
      !read_date(part, FIELD_LAST, &last) || !bson_fields_sub(part, "_id", BSON_TYPE_DOCUMENT, &key))
    return false;
  const char *kind = bson_fields_text(&key, "k", &length);
  struct restatement_change *change = change_of(item, bson_fields_text(&key, "u", &length));
  change->known = total_sums_add(part, kind, change->columns) && change->known;
  item->first_ms = item->entries == 0 ? first : MIN(item->first_ms, first);
  item->last_ms = item->entries == 0 ? last : MAX(item->last_ms, last);
  item->cause = cause_of(part, kind);
  item->entries += entries;
  return true;
}

MUST_CHECK static bool take_parts(const bson_t *document, struct restatement *item)
{
  bson_t parts;
  bson_iter_t iter;
  if (!bson_fields_sub(document, FIELD_PARTS, BSON_TYPE_ARRAY, &parts) || !bson_iter_init(&iter, &parts))
    return false;
  while (bson_iter_next(&iter)) {
    const uint8_t *bytes = NULL;
    uint32_t length = 0;
    bson_t part;
    if (!BSON_ITER_HOLDS_DOCUMENT(&iter))
      return false;
    bson_iter_document(&iter, &length, &bytes);
    if (!bson_init_static(&part, bytes, length) || !take_part(&part, item))
      return false;
  }
  return item->entries > 0;
}

/* What breaks the balance law or the exact range is no more shown here than in a bucket. */
static void check_changes(struct restatement *item)
{
  for (size_t i = 0; i < item->change_count; i++) {
    struct restatement_change *change = &item->changes[i];
    struct row row = row_zero(0);
    struct err unsaid = ERR_NONE;
    memcpy(row.columns, change->columns, sizeof row.columns);
    change->known = change->known && row_check(&row, &unsaid) == RESULT_OK;
  }
}

/* What people call it; a key that does not parse is told as it is. */
static char *public_id(const struct restatement *item)
{
  char merchant[MERCHANT_ID_SIZE], text[ENTRY_PUBLIC_ID_SIZE];
  struct ulid id;
  if (item->cause == RESTATEMENT_IMPORT || !entry_id_parse(item->key, strlen(item->key), merchant, &id))
    return g_strdup(item->key);
  return g_strdup(entry_public_id(item->cause == RESTATEMENT_REFUND ? ENTRY_REFUND : ENTRY_ORDER, &id, text));
}

static void item_clear(struct restatement *item)
{
  g_free(item->id);
  g_free(item->key);
  g_free(item->changes);
}

MUST_CHECK static enum result take_document(const bson_t *document, GArray *out, struct err *e)
{
  struct restatement item = {.entries = 0};
  size_t length = 0;
  const char *key = bson_fields_text(document, "_id", &length);
  if (key == NULL || !read_date(document, FIELD_RECORDED, &item.recorded_at_ms) ||
      !take_parts(document, &item)) {
    item_clear(&item);
    return err_set(e, RESULT_CORRUPT, "MongoDB: a late entry without a cause or a time");
  }
  check_changes(&item);
  item.key = g_strdup(key);
  item.id = public_id(&item);
  g_array_append_val(out, item);
  return RESULT_OK;
}

/* ---- asking ---- */

typedef enum result (*document_fn)(const bson_t *document, void *arg, struct err *e);

MUST_CHECK static enum result aggregate(struct ledger_call *call, const bson_t *pipeline, document_fn take,
                                        void *arg, struct err *e)
{
  bson_t opts;
  bson_error_t error;
  const bson_t *document = NULL;
  enum result r = ledger_call_read_opts(call, &opts, e);
  if (r != RESULT_OK)
    return r;
  BSON_APPEND_BOOL(&opts, "allowDiskUse", true);
  /* where every entry of a merchant is late, any index that begins with m looks as good to the server */
  BSON_APPEND_UTF8(&opts, "hint", INDEX_LATE);
  mongoc_cursor_t *cursor =
      mongoc_collection_aggregate(call->collection, MONGOC_QUERY_NONE, pipeline, &opts, NULL);
  while (r == RESULT_OK && mongoc_cursor_next(cursor, &document))
    r = take(document, arg, e);
  if (r == RESULT_OK && mongoc_cursor_error(cursor, &error))
    r = mongo_failed(&error, "late entries", e);
  mongoc_cursor_destroy(cursor);
  bson_destroy(&opts);
  return r;
}

/* Asks on a client of its own; takes the stages. */
MUST_CHECK static enum result ask(struct ledger *ledger, bson_t *stages, document_fn take, void *arg,
                                  struct err *e)
{
  struct ledger_call call;
  bson_t pipeline = BSON_INITIALIZER;
  BSON_APPEND_ARRAY(&pipeline, "pipeline", stages);
  bson_destroy(stages);
  enum result r = ledger_call_begin(ledger, &call, e);
  if (r == RESULT_OK) {
    mongo_expect_slow(call.mongo, call.client);
    r = aggregate(&call, &pipeline, take, arg, e);
    ledger_call_end(&call);
  }
  bson_destroy(&pipeline);
  return r;
}

static enum result take_item(const bson_t *document, void *arg, struct err *e)
{
  return take_document(document, arg, e);
}

static void clear_item(gpointer item)
{
  item_clear(item);
}

enum result ledger_list_restatements(struct ledger *ledger, const char *merchant,
                                     const struct restatement_filter *filter, struct restatement_page *out,
                                     struct err *e)
{
  bson_t stages = BSON_INITIALIZER;
  g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(struct restatement));
  g_array_set_clear_func(items, clear_item);
  append_list(&stages, merchant, filter);
  enum result r = ask(ledger, &stages, take_item, items, e);
  if (r != RESULT_OK)
    return r;
  out->has_more = items->len > filter->limit;
  if (out->has_more)
    g_array_set_size(items, (guint)filter->limit);
  out->count = items->len;
  g_array_set_clear_func(items, NULL);
  out->items = (struct restatement *)(void *)g_array_steal(items, NULL);
  return RESULT_OK;
}

void restatement_page_clear(struct restatement_page *page)
{
  for (size_t i = 0; i < page->count; i++)
    item_clear(&page->items[i]);
  g_free(page->items);
  *page = (struct restatement_page){.items = NULL};
}

static enum result take_count(const bson_t *document, void *arg, struct err *e)
{
  struct restatement_count *count = arg;
  if (!read_count(document, "restatements", &count->restatements) ||
      !read_count(document, "entries", &count->entries))
    return err_set(e, RESULT_INTERNAL, "MongoDB: a count of late entries that is no number");
  return RESULT_OK;
}

enum result ledger_count_restatements(struct ledger *ledger, const char *merchant,
                                      struct restatement_count *out, struct err *e)
{
  bson_t stages = BSON_INITIALIZER;
  *out = (struct restatement_count){.restatements = 0};
  append_count(&stages, merchant);
  return ask(ledger, &stages, take_count, out, e);
}
