#include "stores/mongo_change.h"

#include <glib.h>

#include "base/clock.h"

/* Another change is in the way for as long as its commit takes. */
#define AGAIN_FOR_MS 2000
#define AGAIN_AFTER_MS 5
#define AGAIN_AFTER_MS_MOST 80

struct mongo_change {
  struct mongo *mongo;
  mongoc_client_t *client;
  mongoc_client_session_t *session;
  bool again; /* the server undid it, and says that it may well succeed now */
};

/* ---- its parts ---- */

MUST_CHECK static enum result failed(struct mongo_change *change, const bson_error_t *error,
                                     const bson_t *reply, const char *what, struct err *e)
{
  change->again = error->domain == MONGOC_ERROR_SERVER && reply != NULL &&
                  mongoc_error_has_label(reply, "TransientTransactionError");
  return mongo_failed(error, what, e);
}

static mongoc_collection_t *collection_of(struct mongo_change *change, struct mongo_place place)
{
  const char *database = place.people ? mongo_people_database(change->mongo) : mongo_database(change->mongo);
  return mongoc_client_get_collection(change->client, database, place.collection);
}

MUST_CHECK static enum result append_session(const struct mongo_change *change, bson_t *opts, struct err *e)
{
  bson_error_t error;
  return mongoc_client_session_append(change->session, opts, &error) ? RESULT_OK
                                                                     : mongo_failed(&error, "session", e);
}

MUST_CHECK static enum result find(struct mongo_change *change, struct mongo_place place,
                                   const bson_t *filter, const bson_t *opts, bson_t **out, struct err *e)
{
  enum result r = RESULT_OK;
  bson_error_t error;
  const bson_t *document = NULL, *reply = NULL;
  mongoc_collection_t *collection = collection_of(change, place);
  mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, filter, opts, NULL);
  if (mongoc_cursor_next(cursor, &document))
    *out = bson_copy(document);
  else if (mongoc_cursor_error_document(cursor, &error, &reply))
    r = failed(change, &error, reply, place.collection, e);
  else
    r = err_set(e, RESULT_NOT_FOUND, "%s: no such document", place.collection);
  mongoc_cursor_destroy(cursor);
  mongoc_collection_destroy(collection);
  return r;
}

enum result mongo_change_find(struct mongo_change *change, struct mongo_place place, const bson_t *filter,
                              bson_t **out, struct err *e)
{
  *out = NULL;
  bson_t *opts = BCON_NEW("limit", BCON_INT64(1), "maxTimeMS", BCON_INT64(mongo_max_time_ms(change->mongo)));
  enum result r = append_session(change, opts, e);
  if (r == RESULT_OK)
    r = find(change, place, filter, opts, out, e);
  bson_destroy(opts);
  return r;
}

enum result mongo_change_insert(struct mongo_change *change, struct mongo_place place, const bson_t *document,
                                struct err *e)
{
  bson_error_t error;
  bson_t opts = BSON_INITIALIZER, reply = BSON_INITIALIZER;
  mongoc_collection_t *collection = collection_of(change, place);
  enum result r = append_session(change, &opts, e);
  if (r == RESULT_OK) {
    bson_destroy(&reply);
    if (!mongoc_collection_insert_one(collection, document, &opts, &reply, &error))
      r = error.code == MONGOC_ERROR_DUPLICATE_KEY
              ? err_set(e, RESULT_CONFLICT, "%s: there is one already", place.collection)
              : failed(change, &error, &reply, place.collection, e);
  }
  bson_destroy(&reply);
  bson_destroy(&opts);
  mongoc_collection_destroy(collection);
  return r;
}

enum result mongo_change_update(struct mongo_change *change, struct mongo_place place, const bson_t *filter,
                                const bson_t *update, struct err *e)
{
  bson_error_t error;
  bson_iter_t matched;
  bson_t opts = BSON_INITIALIZER, reply = BSON_INITIALIZER;
  mongoc_collection_t *collection = collection_of(change, place);
  enum result r = append_session(change, &opts, e);
  if (r == RESULT_OK) {
    bson_destroy(&reply);
    if (!mongoc_collection_update_one(collection, filter, update, &opts, &reply, &error))
      r = failed(change, &error, &reply, place.collection, e);
    else if (!bson_iter_init_find(&matched, &reply, "matchedCount") || bson_iter_as_int64(&matched) == 0)
      r = err_set(e, RESULT_NOT_FOUND, "%s: no such document", place.collection);
  }
  bson_destroy(&reply);
  bson_destroy(&opts);
  mongoc_collection_destroy(collection);
  return r;
}

/* ---- the whole ---- */

MUST_CHECK static enum result start(struct mongo_change *change, struct err *e)
{
  bson_error_t error;
  mongoc_transaction_opt_t *opts = mongoc_transaction_opts_new();
  mongoc_read_concern_t *snapshot = mongoc_read_concern_new();
  mongoc_read_concern_set_level(snapshot, MONGOC_READ_CONCERN_LEVEL_SNAPSHOT);
  mongoc_transaction_opts_set_read_concern(opts, snapshot);
  mongoc_transaction_opts_set_max_commit_time_ms(opts, mongo_max_time_ms(change->mongo));
  bool started = mongoc_client_session_start_transaction(change->session, opts, &error);
  mongoc_read_concern_destroy(snapshot);
  mongoc_transaction_opts_destroy(opts);
  return started ? RESULT_OK : mongo_failed(&error, "transaction", e);
}

MUST_CHECK static enum result run_once(struct mongo_change *change, mongo_change_fn work, void *arg,
                                       struct err *e)
{
  bson_error_t error;
  bson_t reply;
  change->again = false;
  enum result r = start(change, e);
  if (r != RESULT_OK)
    return r;
  r = work(change, arg, e);
  if (r != RESULT_OK) {
    /* one that is not ended here the server ends by itself */
    mongoc_client_session_abort_transaction(change->session, NULL);
    return r;
  }
  if (!mongoc_client_session_commit_transaction(change->session, &reply, &error))
    r = failed(change, &error, &reply, "commit", e);
  bson_destroy(&reply);
  return r;
}

MUST_CHECK static enum result run(struct mongo_change *change, mongo_change_fn work, void *arg, struct err *e)
{
  struct clock *clock = clock_system();
  int64_t until_ms = clock->monotonic_ms(clock) + AGAIN_FOR_MS;
  for (int64_t pause_ms = AGAIN_AFTER_MS;; pause_ms = MIN(2 * pause_ms, AGAIN_AFTER_MS_MOST)) {
    struct err why = ERR_NONE;
    enum result r = run_once(change, work, arg, &why);
    if (r == RESULT_OK)
      return r;
    if (!change->again || clock->monotonic_ms(clock) >= until_ms)
      return err_set(e, r, "%s", why.text);
    /* two that were in the way of each other must not meet again */
    clock->sleep_ms(clock, g_random_int_range(1, (gint32)pause_ms + 1));
  }
}

enum result mongo_change_run(struct mongo *mongo, mongo_change_fn work, void *arg, struct err *e)
{
  bson_error_t error;
  struct mongo_change change = {.mongo = mongo};
  enum result r = mongo_take(mongo, &change.client, e);
  if (r != RESULT_OK)
    return r;
  change.session = mongoc_client_start_session(change.client, NULL, &error);
  if (change.session != NULL)
    r = run(&change, work, arg, e);
  else
    r = mongo_failed(&error, "session", e);
  if (change.session != NULL)
    mongoc_client_session_destroy(change.session);
  mongo_give(mongo, change.client);
  return r;
}
