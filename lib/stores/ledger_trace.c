#include "stores/ledger_trace.h"

#include <string.h>

#include "domain/entry_row.h"
#include "stores/ledger_call.h"
#include "stores/mongo_snapshot.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"
#include "translation/entry_bson.h"

/* ---- the question ---- */

/* {"_id": {"$gte": …, "$lt": …}} */
static void append_bounds(bson_t *out, const char *merchant, int64_t from, int64_t to)
{
  char bound[ENTRY_ID_SIZE];
  bson_t id;
  BSON_APPEND_DOCUMENT_BEGIN(out, "_id", &id);
  BSON_APPEND_UTF8(&id, "$gte", schema_entry_bound(merchant, from * 1000, bound));
  BSON_APPEND_UTF8(&id, "$lt", schema_entry_bound(merchant, to * 1000, bound));
  bson_append_document_end(out, &id);
}

static void append_indexed(bson_t *array, uint32_t *count, const bson_t *document)
{
  char buffer[16];
  const char *index = NULL;
  bson_uint32_to_string((*count)++, &index, buffer, sizeof buffer);
  BSON_APPEND_DOCUMENT(array, index, document);
}

static void append_stretches(bson_t *either, const char *merchant, const GArray *stretches)
{
  uint32_t count = 0;
  for (guint i = 0; i < stretches->len; i++) {
    const struct stretch *stretch = &g_array_index(stretches, struct stretch, i);
    bson_t bounds = BSON_INITIALIZER;
    append_bounds(&bounds, merchant, stretch->from, stretch->to);
    append_indexed(either, &count, &bounds);
    bson_destroy(&bounds);
  }
}

/* Entries of that kind to which the source of a column can give something. */
static void append_source(bson_t *either, uint32_t *count, const char *kind, const char *source)
{
  if (source[0] == '\0')
    return;
  bson_t condition = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&condition, "kind", kind);
  if (strcmp(source + 1, "1") != 0)
    BCON_APPEND(&condition, source + 1, "{", "$ne", BCON_INT32(0), "}");
  append_indexed(either, count, &condition);
  bson_destroy(&condition);
}

static void append_sources(bson_t *either, int metric)
{
  uint32_t count = 0;
  for (int m = 0; m < METRIC_ADDITIVE; m++)
    if ((metric_made_of(metric) & 1u << m) != 0) {
      append_source(either, &count, "order", metric_table[m].order_source);
      append_source(either, &count, "refund", metric_table[m].refund_source);
    }
}

/* From the first entry of the range, or behind the cursor, to its last. */
static void append_hull(bson_t *filter, const char *merchant, const struct trace_filter *asked)
{
  const struct stretch *first = &g_array_index(asked->stretches, struct stretch, 0);
  const struct stretch *last = &g_array_index(asked->stretches, struct stretch, asked->stretches->len - 1);
  char from[ENTRY_ID_SIZE], to[ENTRY_ID_SIZE], after[ENTRY_ID_SIZE];
  schema_entry_bound(merchant, first->from * 1000, from);
  schema_entry_bound(merchant, last->to * 1000, to);
  bool later = asked->has_after && strcmp(entry_id_format(merchant, &asked->after, after), from) >= 0;
  bson_t id;
  BSON_APPEND_DOCUMENT_BEGIN(filter, "_id", &id);
  BSON_APPEND_UTF8(&id, later ? "$gt" : "$gte", later ? after : from);
  BSON_APPEND_UTF8(&id, "$lt", to);
  BSON_APPEND_UTF8(&id, "$regex", SCHEMA_ENTRY_PATTERN); /* foreign keys are in no figure */
  bson_append_document_end(filter, &id);
}

static void append_filter(bson_t *command, const char *merchant, const struct trace_filter *asked)
{
  bson_t filter, both, part, either;
  BSON_APPEND_DOCUMENT_BEGIN(command, "filter", &filter);
  append_hull(&filter, merchant, asked);
  BSON_APPEND_UTF8(&filter, "currency", asked->currency);
  BSON_APPEND_ARRAY_BEGIN(&filter, "$and", &both);
  BSON_APPEND_DOCUMENT_BEGIN(&both, "0", &part);
  BSON_APPEND_ARRAY_BEGIN(&part, "$or", &either);
  append_sources(&either, asked->metric);
  bson_append_array_end(&part, &either);
  bson_append_document_end(&both, &part);
  BSON_APPEND_DOCUMENT_BEGIN(&both, "1", &part);
  BSON_APPEND_ARRAY_BEGIN(&part, "$or", &either);
  append_stretches(&either, merchant, asked->stretches);
  bson_append_array_end(&part, &either);
  bson_append_document_end(&both, &part);
  bson_append_array_end(&filter, &both);
  bson_append_document_end(command, &filter);
}

/* One more than is wanted tells whether more follow. Lines and notes stay where they are; `order` is a text
 * in a refund. */
static void append_command(bson_t *command, const char *merchant, const struct trace_filter *asked)
{
  BSON_APPEND_UTF8(command, "find", COLLECTION_LEDGER);
  append_filter(command, merchant, asked);
  BCON_APPEND(command, "sort", "{", "_id", BCON_INT32(1), "}", "hint", "{", "_id", BCON_INT32(1), "}",
              "projection", "{", "order.lines", BCON_INT32(0), "order.note", BCON_INT32(0), "refund",
              BCON_INT32(0), "}", "limit", BCON_INT64((int64_t)asked->limit + 1), "batchSize",
              BCON_INT32(MONGO_SNAPSHOT_BATCH));
}

/* ---- the answer ---- */

struct taking {
  const struct trace_filter *asked;
  struct trace_page *page;
  size_t seen;
};

MUST_CHECK static enum result read_item(const bson_t *document, int metric, struct trace_item *out,
                                        struct err *e)
{
  struct entry entry;
  enum result r = entry_bson_read_folded(document, &entry, e);
  if (r != RESULT_OK)
    return r;
  *out = (struct trace_item){.kind = entry.kind,
                             .id = entry.id,
                             .order = entry.kind == ENTRY_ORDER ? entry.id : entry.refund_of,
                             .at_ms = entry.at_ms};
  return entry_row_amount(entry.kind, &entry.totals, metric, &out->value, e);
}

MUST_CHECK static enum result take(const bson_t *document, void *arg, struct err *e)
{
  struct taking *taking = arg;
  struct trace_page *page = taking->page;
  struct trace_item item;
  struct err unsaid = ERR_NONE;
  char merchant[MERCHANT_ID_SIZE];
  size_t length = 0;
  page->has_more = ++taking->seen > taking->asked->limit;
  if (page->has_more)
    return RESULT_OK;
  const char *key = bson_fields_text(document, "_id", &length);
  if (key == NULL || !entry_id_parse(key, length, merchant, &page->last))
    return err_set(e, RESULT_INTERNAL, "MongoDB: a key that was not asked for");
  if (read_item(document, taking->asked->metric, &item, &unsaid) != RESULT_OK)
    page->unreadable++;
  else if (item.value != 0)
    g_array_append_val(page->items, item);
  return RESULT_OK;
}

enum result ledger_trace(struct ledger *ledger, const char *merchant, const struct trace_filter *filter,
                         struct trace_page *out, struct err *e)
{
  struct taking taking = {.asked = filter, .page = out};
  struct mongo_snapshot snapshot = {
      .mongo = ledger->mongo, .clock = clock_system(), .at = filter->at, .what = "trace"};
  bson_t command = BSON_INITIALIZER;
  *out = (struct trace_page){.items = g_array_new(FALSE, FALSE, sizeof(struct trace_item))};
  if (filter->stretches->len == 0) {
    bson_destroy(&command);
    return RESULT_OK;
  }
  append_command(&command, merchant, filter);
  enum result r = mongo_snapshot_read(&snapshot, &command, take, &taking, e);
  bson_destroy(&command);
  if (r != RESULT_OK)
    trace_page_clear(out);
  return r;
}

void trace_page_clear(struct trace_page *page)
{
  g_clear_pointer(&page->items, g_array_unref);
}
