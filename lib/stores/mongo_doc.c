#include "stores/mongo_doc.h"

struct call {
  mongoc_client_t *client;
  mongoc_collection_t *collection;
};

MUST_CHECK static enum result begin(struct mongo_place place, struct call *call, struct err *e)
{
  enum result r = mongo_take(place.mongo, &call->client, e);
  if (r != RESULT_OK)
    return r;
  const char *database = place.people ? mongo_people_database(place.mongo) : mongo_database(place.mongo);
  call->collection = mongoc_client_get_collection(call->client, database, place.collection);
  return RESULT_OK;
}

static void end(struct mongo_place place, struct call *call)
{
  mongoc_collection_destroy(call->collection);
  mongo_give(place.mongo, call->client);
}

/* By _id, in the direction 1 or -1; at most `limit`, 0: all. */
MUST_CHECK static enum result find(struct mongo_place place, const bson_t *filter, int direction,
                                   int64_t limit,
                                   enum result (*each)(const bson_t *document, void *arg, struct err *e),
                                   void *arg, struct err *e)
{
  struct call call;
  enum result r = begin(place, &call, e);
  if (r != RESULT_OK)
    return r;
  bson_t *opts =
      BCON_NEW("sort", "{", "_id", BCON_INT32(direction), "}", "limit", BCON_INT64(limit), "readConcern", "{",
               "level", "majority", "}", "maxTimeMS", BCON_INT64(mongo_max_time_ms(place.mongo)));
  mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(call.collection, filter, opts, NULL);
  const bson_t *document = NULL;
  while (r == RESULT_OK && mongoc_cursor_next(cursor, &document))
    r = each(document, arg, e);
  bson_error_t error;
  if (r == RESULT_OK && mongoc_cursor_error(cursor, &error))
    r = mongo_failed(&error, place.collection, e);
  mongoc_cursor_destroy(cursor);
  bson_destroy(opts);
  end(place, &call);
  return r;
}

enum result mongo_doc_each(struct mongo_place place, const bson_t *filter,
                           enum result (*each)(const bson_t *document, void *arg, struct err *e), void *arg,
                           struct err *e)
{
  return find(place, filter, 1, 0, each, arg, e);
}

enum result mongo_doc_newest(struct mongo_place place, const bson_t *filter, int64_t limit,
                             enum result (*each)(const bson_t *document, void *arg, struct err *e), void *arg,
                             struct err *e)
{
  return find(place, filter, -1, limit, each, arg, e);
}

MUST_CHECK static enum result count_one(const bson_t *document, void *arg, struct err *e)
{
  int64_t *count = arg;
  (void)document, (void)e;
  ++*count;
  return RESULT_OK;
}

enum result mongo_doc_at_least(struct mongo_place place, const bson_t *filter, int64_t least, bool *there,
                               struct err *e)
{
  int64_t count = 0;
  enum result r = find(place, filter, 1, least, count_one, &count, e);
  *there = r == RESULT_OK && count >= least;
  return r;
}

/* Keeps the first and ends the search: the result is not a failure here. */
MUST_CHECK static enum result keep_first(const bson_t *document, void *arg, struct err *e)
{
  bson_t **out = arg;
  (void)e;
  *out = bson_copy(document);
  return RESULT_CONFLICT;
}

enum result mongo_doc_find(struct mongo_place place, const bson_t *filter, bson_t **out, struct err *e)
{
  *out = NULL;
  enum result r = mongo_doc_each(place, filter, keep_first, out, e);
  if (*out != NULL)
    return RESULT_OK;
  return r == RESULT_OK ? err_set(e, RESULT_NOT_FOUND, "%s: no such document", place.collection) : r;
}

enum result mongo_doc_insert(struct mongo_place place, const bson_t *document, struct err *e)
{
  struct call call;
  bson_error_t error;
  enum result r = begin(place, &call, e);
  if (r != RESULT_OK)
    return r;
  if (!mongoc_collection_insert_one(call.collection, document, NULL, NULL, &error))
    r = error.code == MONGOC_ERROR_DUPLICATE_KEY
            ? err_set(e, RESULT_CONFLICT, "%s: there is one already", place.collection)
            : mongo_failed(&error, place.collection, e);
  end(place, &call);
  return r;
}

enum result mongo_doc_update(struct mongo_place place, const bson_t *filter, const bson_t *update,
                             struct err *e)
{
  struct call call;
  bson_error_t error;
  bson_t reply;
  bson_iter_t matched;
  enum result r = begin(place, &call, e);
  if (r != RESULT_OK)
    return r;
  if (!mongoc_collection_update_one(call.collection, filter, update, NULL, &reply, &error))
    r = mongo_failed(&error, place.collection, e);
  else if (!bson_iter_init_find(&matched, &reply, "matchedCount") || bson_iter_as_int64(&matched) == 0)
    r = err_set(e, RESULT_NOT_FOUND, "%s: no such document", place.collection);
  bson_destroy(&reply);
  end(place, &call);
  return r;
}

enum result mongo_doc_remove(struct mongo_place place, const bson_t *filter, struct err *e)
{
  struct call call;
  bson_error_t error;
  enum result r = begin(place, &call, e);
  if (r != RESULT_OK)
    return r;
  if (!mongoc_collection_delete_one(call.collection, filter, NULL, NULL, &error))
    r = mongo_failed(&error, place.collection, e);
  end(place, &call);
  return r;
}
