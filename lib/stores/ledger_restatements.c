#include "stores/ledger_restatements.h"

#include <string.h>

#include <glib.h>

#include "domain/money.h"
#include "domain/row.h"
#include "stores/late_pipelines.h"
#include "stores/ledger_call.h"
#include "stores/schema.h"
#include "stores/total_sums.h"
#include "translation/bson_fields.h"

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

/* The business time that the key of an entry says. */
MUST_CHECK static bool read_time(const bson_t *part, const char *name, int64_t *out)
{
  char merchant[MERCHANT_ID_SIZE];
  struct ulid id;
  size_t length = 0;
  const char *key = bson_fields_text(part, name, &length);
  if (key == NULL || !entry_id_parse(key, length, merchant, &id))
    return false;
  *out = ulid_ms(&id);
  return true;
}

/* One group of entries of the cause. */
MUST_CHECK static bool take_part(const bson_t *part, struct restatement *item)
{
  int64_t entries = 0, first = 0, last = 0;
  size_t length = 0;
  bson_t key;
  if (!read_count(part, TOTAL_SUMS_COUNT, &entries) || !read_time(part, LATE_FIRST, &first) ||
      !read_time(part, LATE_LAST, &last) || !bson_fields_sub(part, "_id", BSON_TYPE_DOCUMENT, &key))
    return false;
  const char *kind = bson_fields_text(&key, "k", &length);
  struct restatement_change *change = change_of(item, bson_fields_text(&key, "u", &length));
  change->known = total_sums_add(part, kind, change->columns) && change->known;
  item->first_ms = item->entries == 0 ? first : MIN(item->first_ms, first);
  item->last_ms = item->entries == 0 ? last : MAX(item->last_ms, last);
  if (item->cause != RESTATEMENT_IMPORT)
    item->cause = g_strcmp0(kind, "refund") == 0 ? RESTATEMENT_REFUND : RESTATEMENT_ORDER;
  item->entries += entries;
  return true;
}

MUST_CHECK static bool take_parts(const bson_t *document, struct restatement *item)
{
  bson_t parts;
  bson_iter_t iter;
  if (!bson_fields_sub(document, LATE_PARTS, BSON_TYPE_ARRAY, &parts) || !bson_iter_init(&iter, &parts))
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

static void clear_item(gpointer item)
{
  item_clear(item);
}

/* ---- asking ---- */

/* A page in the making: the client, and what it may consist of (of struct restatement): the entries that are
 * restatements by themselves, and imports, which have no entries before they are folded. */
struct log_page {
  struct ledger_call call;
  const char *merchant;
  const struct restatement_filter *filter;
  GArray *items;
};

typedef enum result (*document_fn)(const bson_t *document, void *arg, struct err *e);

/* Takes the pipeline. */
MUST_CHECK static enum result aggregate(struct ledger_call *call, bson_t *pipeline, document_fn take,
                                        void *arg, struct err *e)
{
  bson_t opts;
  bson_error_t error;
  const bson_t *document = NULL;
  enum result r = ledger_call_read_opts(call, &opts, e);
  if (r == RESULT_OK) {
    BSON_APPEND_BOOL(&opts, "allowDiskUse", true);
    BSON_APPEND_UTF8(&opts, "hint", INDEX_LATE);
    mongoc_cursor_t *cursor =
        mongoc_collection_aggregate(call->collection, MONGOC_QUERY_NONE, pipeline, &opts, NULL);
    while (r == RESULT_OK && mongoc_cursor_next(cursor, &document))
      r = take(document, arg, e);
    if (r == RESULT_OK && mongoc_cursor_error(cursor, &error))
      r = mongo_failed(&error, "late entries", e);
    mongoc_cursor_destroy(cursor);
    bson_destroy(&opts);
  }
  bson_destroy(pipeline);
  return r;
}

MUST_CHECK static enum result take_single(const bson_t *document, void *arg, struct err *e)
{
  struct log_page *page = arg;
  struct restatement item = {.entries = 0};
  size_t length = 0;
  const char *key = bson_fields_text(document, "_id", &length);
  if (key == NULL || !read_date(document, LATE_RECORDED, &item.recorded_at_ms) ||
      !take_parts(document, &item)) {
    item_clear(&item);
    return err_set(e, RESULT_CORRUPT, "MongoDB: a late entry without a key or a time");
  }
  check_changes(&item);
  item.key = g_strdup(key);
  item.id = public_id(&item);
  g_array_append_val(page->items, item);
  return RESULT_OK;
}

/* It belongs to an import and does not say to which: what that one changed cannot be told. */
MUST_CHECK static enum result take_strange(const bson_t *document, void *arg, struct err *e)
{
  struct log_page *page = arg;
  enum result r = take_single(document, arg, e);
  if (r != RESULT_OK)
    return r;
  struct restatement *item = &g_array_index(page->items, struct restatement, page->items->len - 1);
  for (size_t i = 0; i < item->change_count; i++)
    item->changes[i].known = false;
  return RESULT_OK;
}

static enum result take_import(const bson_t *document, void *arg, struct err *e)
{
  struct log_page *page = arg;
  struct restatement item = {.cause = RESTATEMENT_IMPORT};
  size_t length = 0;
  (void)e;
  const char *key = bson_fields_text(document, "_id", &length);
  if (key == NULL || !read_date(document, LATE_RECORDED, &item.recorded_at_ms))
    return RESULT_OK; /* a stranger's: what is ordered as a text and is none, or no time of record */
  item.key = g_strdup(key);
  item.id = public_id(&item);
  g_array_append_val(page->items, item);
  return RESULT_OK;
}

MUST_CHECK static enum result collect(struct log_page *page, struct err *e)
{
  const char *merchant = page->merchant;
  const struct restatement_filter *filter = page->filter;
  enum result r =
      aggregate(&page->call, late_pipeline_singles(merchant, filter, false), take_single, page, e);
  if (r == RESULT_OK)
    r = aggregate(&page->call, late_pipeline_singles(merchant, filter, true), take_strange, page, e);
  if (r == RESULT_OK)
    r = aggregate(&page->call, late_pipeline_imports(merchant, filter), take_import, page, e);
  return r;
}

/* ---- the imports of a page ---- */

static gint newest_first(gconstpointer a, gconstpointer b)
{
  const struct restatement *left = a, *right = b;
  if (left->recorded_at_ms != right->recorded_at_ms)
    return left->recorded_at_ms > right->recorded_at_ms ? -1 : 1;
  return strcmp(right->key, left->key);
}

static bool unfolded(const struct restatement *item)
{
  return item->cause == RESTATEMENT_IMPORT && item->entries == 0;
}

static enum result take_fold(const bson_t *document, void *arg, struct err *e)
{
  struct log_page *page = arg;
  size_t length = 0;
  const char *key = bson_fields_text(document, "_id", &length);
  for (guint i = 0; key != NULL && i < page->items->len; i++) {
    struct restatement *item = &g_array_index(page->items, struct restatement, i);
    if (!unfolded(item) || strcmp(item->key, key) != 0)
      continue;
    if (!take_parts(document, item))
      return err_set(e, RESULT_CORRUPT, "MongoDB: an import's late entries that cannot be told");
    check_changes(item);
    break;
  }
  return RESULT_OK;
}

/* Folds what is to be folded of the first `count`. An import that has no entry but a stranger's is dropped:
 * *again, because others then move up. */
MUST_CHECK static enum result fold_first(struct log_page *page, guint count, bool *again, struct err *e)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  for (guint i = 0; i < count; i++) {
    const struct restatement *item = &g_array_index(page->items, struct restatement, i);
    if (unfolded(item))
      g_ptr_array_add(names, item->key);
  }
  *again = false;
  if (names->len == 0)
    return RESULT_OK;
  bson_t *pipeline =
      late_pipeline_fold(page->merchant, (const char *const *)(const void *)names->pdata, names->len);
  enum result r = aggregate(&page->call, pipeline, take_fold, page, e);
  for (guint i = count; r == RESULT_OK && i-- > 0;)
    if (unfolded(&g_array_index(page->items, struct restatement, i))) {
      g_array_remove_index(page->items, i);
      *again = true;
    }
  return r;
}

/* What is behind the page says only that there is more, and is not folded for that. */
MUST_CHECK static enum result fill(struct log_page *page, struct err *e)
{
  bool again = true;
  enum result r = collect(page, e);
  g_array_sort(page->items, newest_first);
  while (r == RESULT_OK && again)
    r = fold_first(page, (guint)MIN(page->items->len, page->filter->limit), &again, e);
  return r;
}

static void give(GArray *items, const struct restatement_filter *filter, struct restatement_page *out)
{
  out->has_more = items->len > filter->limit;
  if (out->has_more)
    g_array_set_size(items, (guint)filter->limit);
  out->count = items->len;
  g_array_set_clear_func(items, NULL);
  out->items = (struct restatement *)(void *)g_array_steal(items, NULL);
}

enum result ledger_list_restatements(struct ledger *ledger, const char *merchant,
                                     const struct restatement_filter *filter, struct restatement_page *out,
                                     struct err *e)
{
  g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(struct restatement));
  struct log_page page = {.merchant = merchant, .filter = filter, .items = items};
  g_array_set_clear_func(items, clear_item);
  enum result r = ledger_call_begin(ledger, &page.call, e);
  if (r != RESULT_OK)
    return r;
  mongo_expect_slow(page.call.mongo, page.call.client);
  r = fill(&page, e);
  ledger_call_end(&page.call);
  if (r == RESULT_OK)
    give(items, filter, out);
  return r;
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
  struct ledger_call call;
  *out = (struct restatement_count){.restatements = 0};
  enum result r = ledger_call_begin(ledger, &call, e);
  if (r != RESULT_OK)
    return r;
  mongo_expect_slow(call.mongo, call.client);
  r = aggregate(&call, late_pipeline_count(merchant), take_count, out, e);
  ledger_call_end(&call);
  return r;
}
