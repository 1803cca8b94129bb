#include "stores/mongo_snapshot.h"

/* How long to wait for a node that has not reached the asked-for time. */
#define FUTURE_WAIT_MS 2000
#define FUTURE_STEP_MS 10

/* Server error code InvalidOptions: atClusterTime is ahead of the node. */
#define CODE_FUTURE_TIME 72

/* MaxTimeMSExpired */
#define CODE_TIME_LIMIT 50

enum result mongo_call_begin(struct mongo *mongo, struct mongo_call *call, struct err *e)
{
  bson_error_t error;
  *call = (struct mongo_call){.mongo = mongo};
  enum result r = mongo_take(mongo, &call->client, e);
  if (r != RESULT_OK)
    return r;
  bson_init(&call->opts);
  mongoc_session_opt_t *options = mongoc_session_opts_new();
  mongoc_session_opts_set_causal_consistency(options, false);
  call->session = mongoc_client_start_session(call->client, options, &error);
  mongoc_session_opts_destroy(options);
  if (call->session != NULL && mongoc_client_session_append(call->session, &call->opts, &error))
    return RESULT_OK;
  bson_destroy(&call->opts);
  if (call->session != NULL)
    mongoc_client_session_destroy(call->session);
  mongo_give(mongo, call->client);
  return mongo_failed(&error, "session", e);
}

void mongo_call_end(struct mongo_call *call)
{
  bson_destroy(&call->opts);
  mongoc_client_session_destroy(call->session);
  mongo_give(call->mongo, call->client);
}

/* Into the command itself: from the options libmongoc takes the level only. */
static void append_snapshot(const struct mongo_snapshot *snapshot, bson_t *command)
{
  bson_t concern;
  BSON_APPEND_INT64(command, "maxTimeMS", mongo_max_time_ms(snapshot->mongo));
  BSON_APPEND_DOCUMENT_BEGIN(command, "readConcern", &concern);
  BSON_APPEND_UTF8(&concern, "level", "snapshot");
  BSON_APPEND_TIMESTAMP(&concern, "atClusterTime", cluster_time_seconds(snapshot->at),
                        cluster_time_increment(snapshot->at));
  bson_append_document_end(command, &concern);
}

MUST_CHECK static enum result failed(const bson_error_t *error, const char *what, struct err *e)
{
  if (error->domain == MONGOC_ERROR_SERVER && error->code == CODE_FUTURE_TIME)
    return err_set(e, RESULT_UNAVAILABLE, "MongoDB: %s: the node has not reached the time to read at", what);
  if (error->domain == MONGOC_ERROR_SERVER && error->code == CODE_TIME_LIMIT)
    return err_set(e, RESULT_TOO_LONG, "MongoDB: %s: more than its time limit allows", what);
  return mongo_failed(error, what, e);
}

/* Sends the command until the node has reached its time. `reply` is initialised on RESULT_OK only. */
MUST_CHECK static enum result run_command(const struct mongo_snapshot *snapshot, struct mongo_call *call,
                                          const bson_t *command, bson_t *reply, struct err *e)
{
  struct clock *clock = snapshot->clock;
  int64_t deadline = clock->monotonic_ms(clock) + FUTURE_WAIT_MS;
  for (;;) {
    bson_error_t error;
    if (mongoc_client_read_command_with_opts(call->client, mongo_database(call->mongo), command, NULL,
                                             &call->opts, reply, &error))
      return RESULT_OK;
    bson_destroy(reply);
    bool future = error.domain == MONGOC_ERROR_SERVER && error.code == CODE_FUTURE_TIME;
    if (!future || clock->monotonic_ms(clock) >= deadline)
      return failed(&error, snapshot->what, e);
    clock->sleep_ms(clock, FUTURE_STEP_MS);
  }
}

/* Takes the reply. */
MUST_CHECK static enum result read_cursor(const struct mongo_snapshot *snapshot, struct mongo_call *call,
                                          bson_t *reply, mongo_document_fn each, void *arg, struct err *e)
{
  const bson_t *document = NULL;
  bson_error_t error;
  enum result r = RESULT_OK;
  BSON_APPEND_INT32(&call->opts, "batchSize", MONGO_SNAPSHOT_BATCH);
  mongoc_cursor_t *cursor = mongoc_cursor_new_from_command_reply_with_opts(call->client, reply, &call->opts);
  while (r == RESULT_OK && mongoc_cursor_next(cursor, &document))
    r = each(document, arg, e);
  if (r == RESULT_OK && mongoc_cursor_error(cursor, &error))
    r = failed(&error, snapshot->what, e);
  mongoc_cursor_destroy(cursor);
  return r;
}

enum result mongo_snapshot_read(const struct mongo_snapshot *snapshot, bson_t *command,
                                mongo_document_fn each, void *arg, struct err *e)
{
  struct mongo_call call;
  bson_t reply;
  enum result r = mongo_call_begin(snapshot->mongo, &call, e);
  if (r != RESULT_OK)
    return r;
  mongo_expect_slow(call.mongo, call.client);
  append_snapshot(snapshot, command);
  r = run_command(snapshot, &call, command, &reply, e);
  if (r == RESULT_OK)
    r = read_cursor(snapshot, &call, &reply, each, arg, e);
  mongo_call_end(&call);
  return r;
}
