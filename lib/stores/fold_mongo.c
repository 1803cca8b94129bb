#include "stores/fold_mongo.h"

#include <glib.h>

#include "base/log.h"
#include "domain/entry.h"
#include "stores/fold_pipeline.h"
#include "stores/fold_ranges.h"
#include "stores/mongo_doc.h"
#include "stores/mongo_snapshot.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"
#include "translation/merchant_bson.h"

struct fold_mongo {
  struct fold_source source;
  struct mongo *mongo;
  struct clock *clock;
};

static struct fold_mongo *of(struct fold_source *self)
{
  return (struct fold_mongo *)(void *)self;
}

/* Runs a command that answers with a cursor, at the pinned time; gives each document to `each`. */
MUST_CHECK static enum result read_at(struct fold_mongo *fold, cluster_time at, bson_t *command,
                                      const char *what, mongo_document_fn each, void *arg, struct err *e)
{
  struct mongo_snapshot snapshot = {.mongo = fold->mongo, .clock = fold->clock, .at = at, .what = what};
  return mongo_snapshot_read(&snapshot, command, each, arg, e);
}

/* ---- fold ---- */

MUST_CHECK static enum result add_group(const bson_t *document, void *arg, struct err *e)
{
  return fold_sums_add(arg, document, e);
}

static void append_aggregate(bson_t *command, const struct fold_ranges *ranges, int step,
                             enum fold_pipeline_form form)
{
  bson_t stages, cursor;
  BSON_APPEND_UTF8(command, "aggregate", COLLECTION_LEDGER);
  BSON_APPEND_ARRAY_BEGIN(command, "pipeline", &stages);
  fold_pipeline_append(&stages, ranges, step, form);
  bson_append_array_end(command, &stages);
  BSON_APPEND_DOCUMENT_BEGIN(command, "cursor", &cursor);
  BSON_APPEND_INT32(&cursor, "batchSize", MONGO_SNAPSHOT_BATCH);
  bson_append_document_end(command, &cursor);
}

MUST_CHECK static enum result aggregate(struct fold_mongo *fold, cluster_time at,
                                        const struct fold_ranges *ranges, int step,
                                        enum fold_pipeline_form form, struct fold_sums *sums, struct err *e)
{
  bson_t command = BSON_INITIALIZER;
  fold_sums_init(sums, ranges, step);
  append_aggregate(&command, ranges, step, form);
  enum result r = read_at(fold, at, &command, "fold", add_group, sums, e);
  bson_destroy(&command);
  return r;
}

/* The lean aggregate, and the careful one where the server refused to finish that: which of its many codes
 * stands for "this cannot be added" depends on its version and on the engine that it chose. */
MUST_CHECK static enum result aggregate_anyhow(struct fold_mongo *fold, cluster_time at,
                                               const struct fold_ranges *ranges, int step,
                                               struct fold_sums *sums, struct err *e)
{
  struct err why = ERR_NONE;
  enum result r = aggregate(fold, at, ranges, step, FOLD_PIPELINE_LEAN, sums, &why);
  if (r == RESULT_OK)
    return r;
  if (r != RESULT_INTERNAL)
    return err_set(e, r, "%s", why.text);
  log_event(LOG_LEVEL_WARN, "fold_careful", "at=%" PRI_CLUSTER_TIME " why=\"%s\"", at, why.text);
  fold_sums_clear(sums);
  return aggregate(fold, at, ranges, step, FOLD_PIPELINE_CAREFUL, sums, e);
}

MUST_CHECK static enum result fold(struct fold_source *self, cluster_time at, const struct fold_range *ranges,
                                   size_t count, int step, fold_sink sink, void *arg, struct err *e)
{
  struct fold_ranges asked;
  struct fold_sums sums;
  enum result r = RESULT_OK;
  fold_ranges_init(&asked, ranges, count);
  if (asked.items->len > 0) {
    r = aggregate_anyhow(of(self), at, &asked, step, &sums, e);
    /* only when all is there: a call that fails half-way shall have given nothing */
    if (r == RESULT_OK)
      fold_sums_emit(&sums, sink, arg);
    fold_sums_clear(&sums);
  }
  fold_ranges_clear(&asked);
  return r;
}

/* ---- extent ---- */

struct edge {
  bool any;
  int64_t ms;
};

MUST_CHECK static enum result read_edge(const bson_t *document, void *arg, struct err *e)
{
  struct edge *edge = arg;
  size_t length = 0;
  char merchant[MERCHANT_ID_SIZE];
  struct ulid id;
  const char *key = bson_fields_text(document, "_id", &length);
  if (key == NULL || !entry_id_parse(key, length, merchant, &id))
    return err_set(e, RESULT_INTERNAL, "a key of the ledger is no entry's");
  edge->any = true;
  edge->ms = ulid_ms(&id);
  return RESULT_OK;
}

/* The first (direction 1) or last (-1) entry of a merchant. Foreign keys beyond it, which are in quarantine,
 * are passed over: they must not keep the merchant from being cut. */
MUST_CHECK static enum result find_edge(struct fold_mongo *fold, cluster_time at, const char *merchant,
                                        int direction, struct edge *edge, struct err *e)
{
  char from[ENTRY_ID_SIZE], to[ENTRY_ID_SIZE];
  bson_t *command = BCON_NEW(
      "find", BCON_UTF8(COLLECTION_LEDGER), "filter", "{", "_id", "{", "$gte",
      BCON_UTF8(schema_entry_bound(merchant, 0, from)), "$lt", BCON_UTF8(schema_entry_end(merchant, to)),
      "$regex", BCON_UTF8(SCHEMA_ENTRY_PATTERN), "}", "}", "sort", "{", "_id", BCON_INT32(direction), "}",
      "projection", "{", "_id", BCON_INT32(1), "}", "limit", BCON_INT32(1));
  enum result r = read_at(fold, at, command, "extent", read_edge, edge, e);
  bson_destroy(command);
  return r;
}

MUST_CHECK static enum result extent(struct fold_source *self, cluster_time at, const char *merchant,
                                     bool *any, int64_t *first, int64_t *last, struct err *e)
{
  struct edge low = {.any = false}, high = {.any = false};
  enum result r = find_edge(of(self), at, merchant, 1, &low, e);
  if (r == RESULT_OK)
    r = find_edge(of(self), at, merchant, -1, &high, e);
  *any = low.any && high.any;
  *first = low.ms / 1000;
  *last = high.ms / 1000;
  return r;
}

/* ---- merchants ---- */

struct found_merchant {
  bool any;
  struct merchant *out;
};

MUST_CHECK static enum result read_merchant(const bson_t *document, void *arg, struct err *e)
{
  struct found_merchant *found = arg;
  found->any = true;
  return merchant_bson_read(document, found->out, e);
}

MUST_CHECK static enum result merchant(struct fold_source *self, cluster_time at, const char *id,
                                       struct merchant *out, struct err *e)
{
  struct found_merchant found = {.out = out};
  bson_t *command =
      BCON_NEW("find", BCON_UTF8(COLLECTION_MERCHANTS), "filter", "{", "_id", BCON_UTF8(id), "}");
  enum result r = read_at(of(self), at, command, "merchant", read_merchant, &found, e);
  bson_destroy(command);
  if (r == RESULT_OK && !found.any)
    return err_set(e, RESULT_NOT_FOUND, "there is no merchant %s", id);
  return r;
}

struct ids {
  void (*each)(const char *id, void *arg);
  void *arg;
};

/* A document that nobody of ours wrote shall not keep the merchants beside it from being cut. */
MUST_CHECK static enum result give_id(const bson_t *document, void *arg, struct err *e)
{
  const struct ids *ids = arg;
  size_t length = 0;
  const char *id = bson_fields_text(document, "_id", &length);
  (void)e;
  if (id != NULL && merchant_id_valid(id, length))
    ids->each(id, ids->arg);
  else
    log_event(LOG_LEVEL_WARN, "merchant_foreign", "why=\"a document's id is no merchant's\"");
  return RESULT_OK;
}

MUST_CHECK static enum result merchants(struct fold_source *self, cluster_time at,
                                        void (*each)(const char *id, void *arg), void *arg, struct err *e)
{
  struct ids ids = {.each = each, .arg = arg};
  bson_t *command = BCON_NEW("find", BCON_UTF8(COLLECTION_MERCHANTS), "filter", "{", "}", "sort", "{", "_id",
                             BCON_INT32(1), "}", "projection", "{", "_id", BCON_INT32(1), "}", "batchSize",
                             BCON_INT32(MONGO_SNAPSHOT_BATCH));
  enum result r = read_at(of(self), at, command, "merchants", give_id, &ids, e);
  bson_destroy(command);
  return r;
}

MUST_CHECK static enum result ask_recut(struct fold_source *self, const char *id, struct err *e)
{
  struct mongo_place place = {.mongo = of(self)->mongo, .collection = COLLECTION_MERCHANTS};
  bson_t *filter = BCON_NEW("_id", BCON_UTF8(id));
  bson_t *update = BCON_NEW("$inc", "{", "recut", BCON_INT64(1), "}");
  enum result r = mongo_doc_update(place, filter, update, e);
  bson_destroy(filter);
  bson_destroy(update);
  return r;
}

/* ---- now ---- */

/* Changes the heartbeat's document; *changed tells whether it is there. */
MUST_CHECK static enum result beat(struct mongo_call *call, bool *changed, struct err *e)
{
  bson_error_t error;
  bson_t reply;
  bson_iter_t matched;
  bson_t *selector = BCON_NEW("_id", BCON_UTF8(HEARTBEAT_ID));
  bson_t *update = BCON_NEW("$inc", "{", "beats", BCON_INT64(1), "}");
  mongoc_collection_t *heartbeat =
      mongoc_client_get_collection(call->client, mongo_database(call->mongo), COLLECTION_HEARTBEAT);
  enum result r = RESULT_OK;
  if (!mongoc_collection_update_one(heartbeat, selector, update, &call->opts, &reply, &error))
    r = mongo_failed(&error, "now", e);
  *changed = bson_iter_init_find(&matched, &reply, "matchedCount") && bson_iter_as_int64(&matched) == 1;
  mongoc_collection_destroy(heartbeat);
  bson_destroy(&reply);
  bson_destroy(update);
  bson_destroy(selector);
  return r;
}

/* The time of a write of our own that the majority has in its journal. Every write that was acknowledged
 * before is on a majority; a primary that was cut off and superseded cannot get ours there, as it could
 * answer a plain read, and in one history what was acknowledged before has a lower time. A linearizable read
 * would show the same without the right to write, but waits for the journal's next turn, up to 100 ms. */
MUST_CHECK static enum result now(struct fold_source *self, cluster_time *out, struct err *e)
{
  struct mongo_call call;
  bool changed = false;
  enum result r = mongo_call_begin(of(self)->mongo, &call, e);
  if (r != RESULT_OK)
    return r;
  r = beat(&call, &changed, e);
  if (r == RESULT_OK && !changed)
    r = err_set(e, RESULT_INTERNAL, "MongoDB: there is no heartbeat document: run `takings setup`");
  if (r == RESULT_OK) {
    uint32_t seconds = 0, increment = 0;
    mongoc_client_session_get_operation_time(call.session, &seconds, &increment);
    *out = cluster_time_make(seconds, increment);
    if (*out == 0)
      r = err_set(e, RESULT_INTERNAL, "MongoDB: the server is no member of a replica set");
  }
  mongo_call_end(&call);
  return r;
}

struct fold_source *fold_mongo_new(struct mongo *mongo, struct clock *clock)
{
  struct fold_mongo *self = g_new0(struct fold_mongo, 1);
  self->source = (struct fold_source){.now = now,
                                      .fold = fold,
                                      .extent = extent,
                                      .merchant = merchant,
                                      .merchants = merchants,
                                      .ask_recut = ask_recut};
  self->mongo = mongo;
  self->clock = clock;
  return &self->source;
}

void fold_mongo_free(struct fold_source *source)
{
  g_free(source);
}
