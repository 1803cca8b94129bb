#include "stores/stream_mongo.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <glib.h>
#include <sodium.h>

#include "base/log.h"
#include "stores/schema.h"
#include "translation/event_bson.h"
#include "translation/position.h"

#define STREAM_AWAIT_MS 250 /* also how long closing may take */
#define STREAM_QUEUE_MAX 20000

/* Server error codes: the oplog no longer reaches back to the position; the token is of another history. */
#define CODE_HISTORY_LOST 286
#define CODE_TOKEN_UNKNOWN 280

struct queued {
  struct event event;
  char *token;
};

struct stream_mongo {
  struct stream stream;
  struct mongo *mongo;
  struct clock *clock;
  int wake; /* eventfd */

  /* Only while open. */
  bool running;
  pthread_t thread;
  mongoc_client_t *client;
  mongoc_change_stream_t *cursor;

  /* Shared with the thread. */
  pthread_mutex_t lock;
  pthread_cond_t room;
  GQueue *queue; /* of struct queued */
  bool stop;
  struct err failure; /* why the thread ended by itself */

  struct queued *given; /* what the last `next` lent out */
};

static struct stream_mongo *self_of(struct stream *stream)
{
  return (struct stream_mongo *)stream;
}

static void queued_free(void *data)
{
  struct queued *queued = data;
  if (queued == NULL)
    return;
  g_free(queued->token);
  g_free(queued);
}

static void wake_up(struct stream_mongo *self)
{
  uint64_t one = 1;
  /* Only fails when the counter is full, and then the reader is awake. */
  ssize_t ignored = write(self->wake, &one, sizeof one);
  (void)ignored;
}

/* ---- the thread ---- */

/* Waits for room; false when the stream is being closed. */
static bool push(struct stream_mongo *self, struct queued *queued)
{
  pthread_mutex_lock(&self->lock);
  while (!self->stop && g_queue_get_length(self->queue) >= STREAM_QUEUE_MAX)
    pthread_cond_wait(&self->room, &self->lock);
  bool open = !self->stop;
  bool was_empty = g_queue_is_empty(self->queue);
  if (open)
    g_queue_push_tail(self->queue, queued);
  pthread_mutex_unlock(&self->lock);
  if (!open)
    queued_free(queued);
  else if (was_empty)
    wake_up(self);
  return open;
}

static void fail(struct stream_mongo *self, const struct err *why)
{
  pthread_mutex_lock(&self->lock);
  self->failure = *why;
  pthread_mutex_unlock(&self->lock);
  wake_up(self);
}

static bool stopping(struct stream_mongo *self)
{
  pthread_mutex_lock(&self->lock);
  bool stop = self->stop;
  pthread_mutex_unlock(&self->lock);
  return stop;
}

/* A key of the ledger that nobody of ours wrote: kept for a person to look at. Written again when the event
 * is repeated, hence by key. */
static void quarantine(struct stream_mongo *self, const struct event *event, const char *key)
{
  bson_error_t error;
  bson_t selector = BSON_INITIALIZER, update = BSON_INITIALIZER, set, opts = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&selector, "_id",
                   key != NULL && bson_utf8_validate(key, strlen(key), false) ? key : "(no text)");
  BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set);
  BSON_APPEND_UTF8(&set, "why", "the ledger key does not parse");
  BSON_APPEND_TIMESTAMP(&set, "at", cluster_time_seconds(event->at), cluster_time_increment(event->at));
  bson_append_document_end(&update, &set);
  BSON_APPEND_BOOL(&opts, "upsert", true);
  mongoc_collection_t *collection =
      mongoc_client_get_collection(self->client, mongo_people_database(self->mongo), COLLECTION_QUARANTINE);
  if (!mongoc_collection_update_one(collection, &selector, &update, &opts, NULL, &error))
    log_event(LOG_LEVEL_ERROR, "quarantine_failed", "why=\"%s\"", error.message);
  log_event(LOG_LEVEL_ERROR, "ledger_key_foreign", "at=%" PRI_CLUSTER_TIME, event->at);
  mongoc_collection_destroy(collection);
  bson_destroy(&selector);
  bson_destroy(&update);
  bson_destroy(&opts);
}

static bool take_document(struct stream_mongo *self, const bson_t *document)
{
  struct err why = ERR_NONE;
  struct queued *queued = g_new0(struct queued, 1);
  const char *key;
  if (event_bson_read(document, &queued->event, &queued->token, &key, &why) != RESULT_OK) {
    queued_free(queued);
    fail(self, &why);
    return false;
  }
  if (queued->event.kind == EVENT_FOREIGN)
    quarantine(self, &queued->event, key);
  return push(self, queued);
}

static struct err failure_of(const bson_error_t *error)
{
  struct err why = ERR_NONE;
  enum result r;
  if (error->code == CODE_TOKEN_UNKNOWN)
    r = err_set(&why, RESULT_NOT_FOUND, "the token is of another history");
  else if (error->code == CODE_HISTORY_LOST)
    r = err_set(&why, RESULT_STALE, "the oplog does not reach back to the position");
  else
    r = err_set(&why, RESULT_UNAVAILABLE, "change stream: %s", error->message);
  (void)r;
  return why;
}

static void *read_stream(void *arg)
{
  struct stream_mongo *self = arg;
  while (!stopping(self)) {
    const bson_t *document;
    bson_error_t error;
    if (mongoc_change_stream_next(self->cursor, &document)) {
      if (!take_document(self, document))
        break;
    } else if (mongoc_change_stream_error_document(self->cursor, &error, NULL)) {
      /* Sticky: this cursor says nothing else any more. */
      struct err why = failure_of(&error);
      fail(self, &why);
      break;
    }
  }
  return NULL;
}

/* ---- opening and closing ---- */

static void append_projection(bson_t *pipeline)
{
  bson_t stages, stage, project;
  BSON_APPEND_ARRAY_BEGIN(pipeline, "pipeline", &stages);
  BSON_APPEND_DOCUMENT_BEGIN(&stages, "0", &stage);
  BSON_APPEND_DOCUMENT_BEGIN(&stage, "$project", &project);
  static const char *const fields[] = {"documentKey",
                                       "ns",
                                       "operationType",
                                       "clusterTime",
                                       "wallTime",
                                       "fullDocument.bulk",
                                       "fullDocument.request_id"};
  for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
    BSON_APPEND_INT32(&project, fields[i], 1);
  bson_append_document_end(&stage, &project);
  bson_append_document_end(&stages, &stage);
  bson_append_array_end(pipeline, &stages);
}

void stream_mongo_pipeline(char out[STREAM_PIPELINE_SIZE])
{
  bson_t pipeline = BSON_INITIALIZER;
  unsigned char hash[crypto_generichash_BYTES_MIN];
  append_projection(&pipeline);
  crypto_generichash(hash, sizeof hash, bson_get_data(&pipeline), pipeline.len, NULL, 0);
  sodium_bin2hex(out, STREAM_PIPELINE_SIZE, hash, (STREAM_PIPELINE_SIZE - 1) / 2);
  bson_destroy(&pipeline);
}

static void append_position(bson_t *opts, const char *token)
{
  cluster_time at;
  bson_t resume;
  BSON_APPEND_INT64(opts, "maxAwaitTimeMS", STREAM_AWAIT_MS);
  if (position_is_at(token, &at)) {
    BSON_APPEND_TIMESTAMP(opts, "startAtOperationTime", cluster_time_seconds(at), cluster_time_increment(at));
    return;
  }
  BSON_APPEND_DOCUMENT_BEGIN(opts, "resumeAfter", &resume);
  BSON_APPEND_UTF8(&resume, "_data", token);
  bson_append_document_end(opts, &resume);
}

static mongoc_change_stream_t *watch(struct stream_mongo *self, const char *token)
{
  bson_t pipeline = BSON_INITIALIZER, opts = BSON_INITIALIZER;
  append_projection(&pipeline);
  append_position(&opts, token);
  mongoc_database_t *database = mongoc_client_get_database(self->client, mongo_database(self->mongo));
  mongoc_change_stream_t *cursor = mongoc_database_watch(database, &pipeline, &opts);
  mongoc_database_destroy(database);
  bson_destroy(&pipeline);
  bson_destroy(&opts);
  return cursor;
}

static void drop_client(struct stream_mongo *self)
{
  if (self->cursor != NULL)
    mongoc_change_stream_destroy(self->cursor);
  self->cursor = NULL;
  if (self->client != NULL)
    mongo_give(self->mongo, self->client);
  self->client = NULL;
}

MUST_CHECK static enum result start_thread(struct stream_mongo *self, struct err *e)
{
  self->stop = false;
  self->failure = ERR_NONE;
  if (pthread_create(&self->thread, NULL, read_stream, self) != 0)
    return err_set(e, RESULT_INTERNAL, "no thread for the stream: %s", strerror(errno));
  self->running = true;
  return RESULT_OK;
}

MUST_CHECK static enum result stream_open(struct stream *stream, const char *token, struct err *e)
{
  struct stream_mongo *self = self_of(stream);
  bson_error_t error;
  enum result r = mongo_take(self->mongo, &self->client, e);
  if (r != RESULT_OK)
    return r;
  self->cursor = watch(self, token);
  if (mongoc_change_stream_error_document(self->cursor, &error, NULL)) {
    struct err why = failure_of(&error);
    r = err_set(e, why.code, "%s", why.text);
  }
  if (r == RESULT_OK)
    r = start_thread(self, e);
  if (r != RESULT_OK)
    drop_client(self);
  return r;
}

static void stream_close(struct stream *stream)
{
  struct stream_mongo *self = self_of(stream);
  if (self->running) {
    pthread_mutex_lock(&self->lock);
    self->stop = true;
    pthread_cond_signal(&self->room);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    self->running = false;
  }
  g_queue_clear_full(self->queue, queued_free);
  g_clear_pointer(&self->given, queued_free);
  drop_client(self);
}

/* ---- reading ---- */

MUST_CHECK static enum result stream_next(struct stream *stream, bool *got, struct event *out, struct err *e)
{
  struct stream_mongo *self = self_of(stream);
  uint64_t count;
  ssize_t ignored = read(self->wake, &count, sizeof count); /* non-blocking: only clears it */
  (void)ignored;
  g_clear_pointer(&self->given, queued_free);
  pthread_mutex_lock(&self->lock);
  self->given = g_queue_pop_head(self->queue);
  struct err failure = self->failure;
  pthread_cond_signal(&self->room);
  pthread_mutex_unlock(&self->lock);
  *got = self->given != NULL;
  if (*got)
    *out = self->given->event;
  else if (failure.code != RESULT_OK)
    return err_set(e, failure.code, "%s", failure.text);
  return RESULT_OK;
}

/* ---- time ---- */

/* Writes the heartbeat document; `after` (may be NULL) gets the time of the write. */
MUST_CHECK static enum result write_heartbeat(struct stream_mongo *self, cluster_time *after, struct err *e)
{
  mongoc_client_t *client;
  enum result r = mongo_take(self->mongo, &client, e);
  if (r != RESULT_OK)
    return r;
  bson_error_t error;
  bson_t opts = BSON_INITIALIZER;
  bson_t *selector = BCON_NEW("_id", BCON_UTF8(HEARTBEAT_ID));
  bson_t *update = BCON_NEW("$set", "{", "at", BCON_DATE_TIME(self->clock->wall_ms(self->clock)), "}", "$inc",
                            "{", "beats", BCON_INT64(1), "}");
  mongoc_client_session_t *session = mongoc_client_start_session(client, NULL, &error);
  bool done = session != NULL && mongoc_client_session_append(session, &opts, &error);
  mongoc_collection_t *collection =
      mongoc_client_get_collection(client, mongo_database(self->mongo), COLLECTION_HEARTBEAT);
  done = done && mongoc_collection_update_one(collection, selector, update, &opts, NULL, &error);
  r = done ? RESULT_OK : mongo_failed(&error, "heartbeat", e);
  uint32_t seconds = 0, increment = 0;
  if (done && after != NULL) {
    mongoc_client_session_get_operation_time(session, &seconds, &increment);
    *after = cluster_time_make(seconds, increment);
  }
  mongoc_collection_destroy(collection);
  if (session != NULL)
    mongoc_client_session_destroy(session);
  bson_destroy(selector);
  bson_destroy(update);
  bson_destroy(&opts);
  mongo_give(self->mongo, client);
  return r;
}

MUST_CHECK static enum result stream_heartbeat(struct stream *stream, struct err *e)
{
  return write_heartbeat(self_of(stream), NULL, e);
}

/* The present time is that of a write of our own: it is majority committed, and everything acknowledged
 * before it is at or before it. */
MUST_CHECK static enum result stream_now(struct stream *stream, cluster_time *out, struct err *e)
{
  return write_heartbeat(self_of(stream), out, e);
}

struct stream *stream_mongo_new(struct mongo *mongo, struct clock *clock)
{
  struct stream_mongo *self = g_new0(struct stream_mongo, 1);
  self->stream = (struct stream){.now = stream_now,
                                 .open = stream_open,
                                 .close = stream_close,
                                 .next = stream_next,
                                 .heartbeat = stream_heartbeat};
  self->mongo = mongo;
  self->clock = clock;
  self->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  pthread_mutex_init(&self->lock, NULL);
  pthread_cond_init(&self->room, NULL);
  self->queue = g_queue_new();
  return &self->stream;
}

void stream_mongo_free(struct stream *stream)
{
  if (stream == NULL)
    return;
  struct stream_mongo *self = self_of(stream);
  stream_close(stream);
  g_queue_free(self->queue);
  pthread_cond_destroy(&self->room);
  pthread_mutex_destroy(&self->lock);
  close(self->wake);
  g_free(self);
}

int stream_mongo_fd(const struct stream *stream)
{
  return ((const struct stream_mongo *)stream)->wake;
}
