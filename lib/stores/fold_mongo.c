#include "stores/fold_mongo.h"

#include <string.h>

#include <glib.h>

#include "domain/entry.h"
#include "domain/money.h"
#include "translation/fold_bson.h"
#include "translation/merchant_bson.h"

/* How long a read waits for the node to reach its time. */
#define FOLD_REACH_MS 2000

/* Server error codes. */
#define CODE_INVALID_OPTIONS 72     /* atClusterTime is in the future of this node */
#define CODE_TYPE_MISMATCH 14       /* $add met a text */
#define CODE_ADD_NOT_NUMERIC 16554  /* the same, older */
#define CODE_TRUNC_NOT_DATE 5439012 /* `at` is no date */

struct fold_mongo {
  struct fold_source source;
  struct mongo *mongo;
  struct clock *clock;
};

static struct fold_mongo *self_of(struct fold_source *source)
{
  return (struct fold_mongo *)source;
}

/* ---- one call: a client, a session without causal consistency (the time is pinned by hand), one server ---- */

struct call {
  struct fold_mongo *self;
  mongoc_client_t *client;
  mongoc_client_session_t *session;
  bson_t opts; /* sessionId and serverId: a cursor goes on where it began */
};

static void call_end(struct call *call)
{
  bson_destroy(&call->opts);
  if (call->session != NULL)
    mongoc_client_session_destroy(call->session);
  mongo_give(call->self->mongo, call->client);
}

MUST_CHECK static enum result call_choose_server(struct call *call, struct err *e)
{
  bson_error_t error;
  mongoc_server_description_t *server = mongoc_client_select_server(call->client, true, NULL, &error);
  if (server == NULL)
    return mongo_failed(&error, "select server", e);
  BSON_APPEND_INT32(&call->opts, "serverId", (int32_t)mongoc_server_description_id(server));
  mongoc_server_description_destroy(server);
  return RESULT_OK;
}

MUST_CHECK static enum result call_begin(struct fold_mongo *self, struct call *call, struct err *e)
{
  bson_error_t error;
  *call = (struct call){.self = self};
  enum result r = mongo_take(self->mongo, &call->client, e);
  if (r != RESULT_OK)
    return r;
  bson_init(&call->opts);
  mongoc_session_opt_t *session_opts = mongoc_session_opts_new();
  mongoc_session_opts_set_causal_consistency(session_opts, false);
  call->session = mongoc_client_start_session(call->client, session_opts, &error);
  mongoc_session_opts_destroy(session_opts);
  if (call->session == NULL || !mongoc_client_session_append(call->session, &call->opts, &error))
    r = mongo_failed(&error, "start session", e);
  if (r == RESULT_OK)
    r = call_choose_server(call, e);
  if (r != RESULT_OK)
    call_end(call);
  return r;
}

/* The level alone survives in options: the whole readConcern goes into the command. */
static void append_read_concern(bson_t *command, cluster_time at)
{
  bson_t concern;
  BSON_APPEND_DOCUMENT_BEGIN(command, "readConcern", &concern);
  BSON_APPEND_UTF8(&concern, "level", "snapshot");
  BSON_APPEND_TIMESTAMP(&concern, "atClusterTime", cluster_time_seconds(at), cluster_time_increment(at));
  bson_append_document_end(command, &concern);
}

MUST_CHECK static enum result failed(const bson_error_t *error, const char *what, struct err *e)
{
  switch (error->code) {
  case CODE_INVALID_OPTIONS:
    return err_set(e, RESULT_UNAVAILABLE, "%s: the node has not reached that time", what);
  case CODE_TYPE_MISMATCH:
  case CODE_ADD_NOT_NUMERIC:
  case CODE_TRUNC_NOT_DATE:
    return err_set(e, RESULT_CORRUPT, "%s: an entry has a field of the wrong type", what);
  default:
    return mongo_failed(error, what, e);
  }
}

/* Runs a command that answers with a cursor. A node that has not reached the time is asked again until the deadline. On
 * RESULT_OK the caller owns *out. */
MUST_CHECK static enum result call_cursor(struct call *call, const bson_t *command, const char *what,
                                          mongoc_cursor_t **out, struct err *e)
{
  struct clock *clock = call->self->clock;
  int64_t deadline = clock->monotonic_ms(clock) + FOLD_REACH_MS;
  for (;;) {
    bson_t reply;
    bson_error_t error;
    if (mongoc_client_read_command_with_opts(call->client, mongo_database(call->self->mongo), command, NULL,
                                             &call->opts, &reply, &error)) {
      *out = mongoc_cursor_new_from_command_reply_with_opts(call->client, &reply, &call->opts);
      return RESULT_OK;
    }
    bson_destroy(&reply);
    if (error.code != CODE_INVALID_OPTIONS || clock->monotonic_ms(clock) >= deadline)
      return failed(&error, what, e);
    clock->sleep_ms(clock, 2);
  }
}

typedef enum result (*each_document)(const bson_t *document, void *arg, struct err *e);

MUST_CHECK static enum result drain(mongoc_cursor_t *cursor, const char *what, each_document each, void *arg,
                                    struct err *e)
{
  const bson_t *document;
  bson_error_t error;
  enum result r = RESULT_OK;
  while (r == RESULT_OK && mongoc_cursor_next(cursor, &document))
    r = each(document, arg, e);
  if (r == RESULT_OK && mongoc_cursor_error(cursor, &error))
    r = failed(&error, what, e);
  mongoc_cursor_destroy(cursor);
  return r;
}

MUST_CHECK static enum result run(struct fold_mongo *self, const bson_t *command, const char *what,
                                  each_document each, void *arg, struct err *e)
{
  struct call call;
  mongoc_cursor_t *cursor = NULL;
  enum result r = call_begin(self, &call, e);
  if (r != RESULT_OK)
    return r;
  r = call_cursor(&call, command, what, &cursor, e);
  if (r == RESULT_OK)
    r = drain(cursor, what, each, arg, e);
  call_end(&call);
  return r;
}

/* ---- now ---- */

/* The primary's operationTime: every write that was acknowledged has been applied there. A primary that has lost its majority
 * without knowing would say something older; then whoever pins a read to it gets an older picture that says so. */
MUST_CHECK static enum result fold_now(struct fold_source *source, cluster_time *out, struct err *e)
{
  struct fold_mongo *self = self_of(source);
  mongoc_client_t *client;
  enum result r = mongo_take(self->mongo, &client, e);
  if (r != RESULT_OK)
    return r;
  bson_t reply;
  bson_error_t error;
  bson_iter_t iter;
  uint32_t seconds, increment;
  bson_t *ping = BCON_NEW("ping", BCON_INT32(1));
  if (!mongoc_client_command_simple(client, "admin", ping, NULL, &reply, &error)) {
    r = mongo_failed(&error, "ping", e);
  } else if (!bson_iter_init_find(&iter, &reply, "operationTime") || !BSON_ITER_HOLDS_TIMESTAMP(&iter)) {
    r = err_set(e, RESULT_INTERNAL, "the server says no operationTime: it is not a replica set");
  } else {
    bson_iter_timestamp(&iter, &seconds, &increment);
    *out = cluster_time_make(seconds, increment);
  }
  bson_destroy(&reply);
  bson_destroy(ping);
  mongo_give(self->mongo, client);
  return r;
}

/* ---- fold ---- */

/* Groups of one bucket come once for each kind of entry: they are put together. */
struct folding {
  const struct fold_range *ranges;
  size_t count;
  int step;
  GHashTable *groups; /* "<merchant>/<currency>/<start>" to struct fold_bson_sums */
};

/* Whether some range asked for this step of this merchant: an entry whose `at` is not its key's time falls elsewhere. */
static bool asked_for(const struct folding *folding, const struct fold_bson_sums *sums)
{
  for (size_t i = 0; i < folding->count; i++) {
    const struct fold_range *range = &folding->ranges[i];
    if (sums->start + folding->step > range->from && sums->start < range->to &&
        strcmp(sums->merchant, range->merchant) == 0)
      return true;
  }
  return false;
}

static void join(struct fold_bson_sums *into, const struct fold_bson_sums *add)
{
  into->poison = into->poison || add->poison;
  for (int m = 0; m < METRIC_ADDITIVE; m++)
    if (!amount_add(into->columns[m], add->columns[m], &into->columns[m]))
      into->poison = true;
}

MUST_CHECK static enum result take_group(const bson_t *document, void *arg, struct err *e)
{
  struct folding *folding = arg;
  struct fold_bson_sums sums;
  enum result r = fold_bson_read(document, &sums, e);
  if (r != RESULT_OK)
    return r;
  if (!asked_for(folding, &sums))
    return err_set(e, RESULT_CORRUPT, "an entry's time or merchant is not that of its key");
  g_autofree char *key = g_strdup_printf("%s/%s/%" G_GINT64_FORMAT, sums.merchant, sums.currency, sums.start);
  struct fold_bson_sums *known = g_hash_table_lookup(folding->groups, key);
  if (known != NULL)
    join(known, &sums);
  else
    g_hash_table_insert(folding->groups, g_steal_pointer(&key), g_memdup2(&sums, sizeof sums));
  return RESULT_OK;
}

static void append_match(bson_t *match, const struct fold_range *ranges, size_t count)
{
  if (count == 1) {
    fold_bson_range(match, ranges[0].merchant, ranges[0].from, ranges[0].to);
    return;
  }
  bson_t either;
  BSON_APPEND_ARRAY_BEGIN(match, "$or", &either);
  for (size_t i = 0; i < count; i++) {
    char buffer[16];
    const char *index;
    bson_t range;
    bson_uint32_to_string((uint32_t)i, &index, buffer, sizeof buffer);
    BSON_APPEND_DOCUMENT_BEGIN(&either, index, &range);
    fold_bson_range(&range, ranges[i].merchant, ranges[i].from, ranges[i].to);
    bson_append_document_end(&either, &range);
  }
  bson_append_array_end(match, &either);
}

static void append_pipeline(bson_t *command, const struct fold_range *ranges, size_t count, int step)
{
  bson_t pipeline, stage, part;
  BSON_APPEND_ARRAY_BEGIN(command, "pipeline", &pipeline);
  BSON_APPEND_DOCUMENT_BEGIN(&pipeline, "0", &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$match", &part);
  append_match(&part, ranges, count);
  bson_append_document_end(&stage, &part);
  bson_append_document_end(&pipeline, &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&pipeline, "1", &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$group", &part);
  fold_bson_group(&part, step);
  bson_append_document_end(&stage, &part);
  bson_append_document_end(&pipeline, &stage);
  bson_append_array_end(command, &pipeline);
}

static void give_groups(const struct folding *folding, fold_sink sink, void *arg)
{
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, folding->groups);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const struct fold_bson_sums *sums = value;
    struct fold_group group = {
        .merchant = sums->merchant, .currency = sums->currency, .start = sums->start, .poison = sums->poison};
    memcpy(group.columns, sums->columns, sizeof group.columns);
    sink(&group, arg);
  }
}

MUST_CHECK static enum result fold_fold(struct fold_source *source, cluster_time at, const struct fold_range *ranges,
                                        size_t count, int step, fold_sink sink, void *arg, struct err *e)
{
  struct fold_mongo *self = self_of(source);
  struct folding folding = {.ranges = ranges, .count = count, .step = step};
  folding.groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  bson_t command = BSON_INITIALIZER, cursor;
  BSON_APPEND_UTF8(&command, "aggregate", "ledger");
  append_pipeline(&command, ranges, count, step);
  BSON_APPEND_DOCUMENT_BEGIN(&command, "cursor", &cursor);
  BSON_APPEND_INT32(&cursor, "batchSize", 10000);
  bson_append_document_end(&command, &cursor);
  BSON_APPEND_INT64(&command, "maxTimeMS", mongo_max_time_ms(self->mongo));
  append_read_concern(&command, at);
  enum result r = run(self, &command, "fold", take_group, &folding, e);
  if (r == RESULT_OK)
    give_groups(&folding, sink, arg);
  bson_destroy(&command);
  g_hash_table_unref(folding.groups);
  return r;
}

/* ---- extent ---- */

static void make_find(bson_t *command, const struct fold_mongo *self, const char *collection, cluster_time at)
{
  BSON_APPEND_UTF8(command, "find", collection);
  BSON_APPEND_INT64(command, "maxTimeMS", mongo_max_time_ms(self->mongo));
  append_read_concern(command, at);
}

struct edge {
  bool any;
  int64_t business_s;
};

MUST_CHECK static enum result take_edge(const bson_t *document, void *arg, struct err *e)
{
  struct edge *edge = arg;
  bson_iter_t iter;
  char merchant[MERCHANT_ID_SIZE];
  struct ulid id;
  uint32_t length;
  if (!bson_iter_init_find(&iter, document, "_id") || !BSON_ITER_HOLDS_UTF8(&iter))
    return err_set(e, RESULT_INTERNAL, "a ledger key that is no text lies among the merchant's");
  const char *key = bson_iter_utf8(&iter, &length);
  if (!entry_id_parse(key, length, merchant, &id))
    return err_set(e, RESULT_INTERNAL, "a ledger key that does not parse lies among the merchant's");
  edge->any = true;
  edge->business_s = ulid_ms(&id) / 1000;
  return RESULT_OK;
}

/* The first (direction 1) or last (-1) key of the merchant. */
MUST_CHECK static enum result find_edge(struct fold_mongo *self, cluster_time at, const char *merchant, int direction,
                                        struct edge *edge, struct err *e)
{
  bson_t command = BSON_INITIALIZER, part;
  make_find(&command, self, "ledger", at);
  BSON_APPEND_DOCUMENT_BEGIN(&command, "filter", &part);
  fold_bson_range(&part, merchant, 0, ULID_MS_MAX / 1000);
  bson_append_document_end(&command, &part);
  BSON_APPEND_DOCUMENT_BEGIN(&command, "sort", &part);
  BSON_APPEND_INT32(&part, "_id", direction);
  bson_append_document_end(&command, &part);
  BSON_APPEND_DOCUMENT_BEGIN(&command, "projection", &part);
  BSON_APPEND_INT32(&part, "_id", 1);
  bson_append_document_end(&command, &part);
  BSON_APPEND_INT32(&command, "limit", 1);
  enum result r = run(self, &command, "extent", take_edge, edge, e);
  bson_destroy(&command);
  return r;
}

MUST_CHECK static enum result fold_extent(struct fold_source *source, cluster_time at, const char *merchant, bool *any,
                                          int64_t *first, int64_t *last, struct err *e)
{
  struct edge begin = {.any = false}, end = {.any = false};
  enum result r = find_edge(self_of(source), at, merchant, 1, &begin, e);
  if (r == RESULT_OK)
    r = find_edge(self_of(source), at, merchant, -1, &end, e);
  *any = begin.any;
  *first = begin.business_s;
  *last = end.business_s;
  return r;
}

/* ---- merchants ---- */

struct found_merchant {
  bool any;
  struct merchant *out;
};

MUST_CHECK static enum result take_merchant(const bson_t *document, void *arg, struct err *e)
{
  struct found_merchant *found = arg;
  found->any = true;
  return merchant_bson_read(document, found->out, e);
}

MUST_CHECK static enum result fold_merchant(struct fold_source *source, cluster_time at, const char *id,
                                            struct merchant *out, struct err *e)
{
  struct fold_mongo *self = self_of(source);
  struct found_merchant found = {.out = out};
  bson_t command = BSON_INITIALIZER, filter;
  make_find(&command, self, "merchants", at);
  BSON_APPEND_DOCUMENT_BEGIN(&command, "filter", &filter);
  BSON_APPEND_UTF8(&filter, "_id", id);
  bson_append_document_end(&command, &filter);
  BSON_APPEND_INT32(&command, "limit", 1);
  enum result r = run(self, &command, "merchant", take_merchant, &found, e);
  bson_destroy(&command);
  if (r == RESULT_OK && !found.any)
    return err_set(e, RESULT_NOT_FOUND, "there is no merchant %s", id);
  return r;
}

struct id_sink {
  void (*each)(const char *id, void *arg);
  void *arg;
};

MUST_CHECK static enum result take_id(const bson_t *document, void *arg, struct err *e)
{
  const struct id_sink *sink = arg;
  bson_iter_t iter;
  uint32_t length;
  if (!bson_iter_init_find(&iter, document, "_id") || !BSON_ITER_HOLDS_UTF8(&iter))
    return err_set(e, RESULT_CORRUPT, "a merchant whose id is no text");
  const char *id = bson_iter_utf8(&iter, &length);
  if (merchant_id_valid(id, length))
    sink->each(id, sink->arg);
  return RESULT_OK;
}

MUST_CHECK static enum result fold_merchants(struct fold_source *source, cluster_time at,
                                             void (*each)(const char *id, void *arg), void *arg, struct err *e)
{
  struct fold_mongo *self = self_of(source);
  struct id_sink sink = {.each = each, .arg = arg};
  bson_t command = BSON_INITIALIZER, projection;
  make_find(&command, self, "merchants", at);
  BSON_APPEND_DOCUMENT_BEGIN(&command, "projection", &projection);
  BSON_APPEND_INT32(&projection, "_id", 1);
  bson_append_document_end(&command, &projection);
  enum result r = run(self, &command, "merchants", take_id, &sink, e);
  bson_destroy(&command);
  return r;
}

MUST_CHECK static enum result fold_ask_recut(struct fold_source *source, const char *id, struct err *e)
{
  struct fold_mongo *self = self_of(source);
  mongoc_client_t *client;
  enum result r = mongo_take(self->mongo, &client, e);
  if (r != RESULT_OK)
    return r;
  bson_error_t error;
  bson_t *selector = BCON_NEW("_id", BCON_UTF8(id));
  bson_t *update = BCON_NEW("$inc", "{", "recut", BCON_INT64(1), "}");
  mongoc_collection_t *merchants = mongoc_client_get_collection(client, mongo_database(self->mongo), "merchants");
  if (!mongoc_collection_update_one(merchants, selector, update, NULL, NULL, &error))
    r = mongo_failed(&error, "ask for a re-cut", e);
  mongoc_collection_destroy(merchants);
  bson_destroy(selector);
  bson_destroy(update);
  mongo_give(self->mongo, client);
  return r;
}

struct fold_source *fold_mongo_new(struct mongo *mongo, struct clock *clock)
{
  struct fold_mongo *self = g_new0(struct fold_mongo, 1);
  self->source = (struct fold_source){.now = fold_now,
                                      .fold = fold_fold,
                                      .extent = fold_extent,
                                      .merchant = fold_merchant,
                                      .merchants = fold_merchants,
                                      .ask_recut = fold_ask_recut};
  self->mongo = mongo;
  self->clock = clock;
  return &self->source;
}

void fold_mongo_free(struct fold_source *source)
{
  g_free(source);
}
