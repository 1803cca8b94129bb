#include "tests/fuzz/memory_mongo.h"

#include <glib.h>

#include "stores/mongo_change.h"

bool memory_mongo_away;
static GHashTable *last; /* of each collection: its name to bson_t */

MUST_CHECK static enum result reach(struct err *e)
{
  return memory_mongo_away ? err_set(e, RESULT_UNAVAILABLE, "MongoDB is away") : RESULT_OK;
}

enum result mongo_ping(struct mongo *mongo, struct err *e)
{
  (void)mongo;
  return reach(e);
}

enum result mongo_doc_find(struct mongo_place place, const bson_t *filter, bson_t **out, struct err *e)
{
  (void)filter;
  enum result r = reach(e);
  const bson_t *found = last != NULL ? g_hash_table_lookup(last, place.collection) : NULL;
  if (r == RESULT_OK && found == NULL)
    r = err_set(e, RESULT_NOT_FOUND, "there is none");
  *out = r == RESULT_OK ? bson_copy(found) : NULL;
  return r;
}

enum result mongo_doc_each(struct mongo_place place, const bson_t *filter,
                           enum result (*each)(const bson_t *document, void *arg, struct err *e), void *arg,
                           struct err *e)
{
  (void)place, (void)filter, (void)each, (void)arg;
  return reach(e);
}

enum result mongo_doc_insert(struct mongo_place place, const bson_t *document, struct err *e)
{
  if (last == NULL)
    last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)bson_destroy);
  g_hash_table_replace(last, g_strdup(place.collection), bson_copy(document));
  return reach(e);
}

enum result mongo_doc_update(struct mongo_place place, const bson_t *filter, const bson_t *update,
                             struct err *e)
{
  (void)place, (void)filter, (void)update;
  return reach(e);
}

enum result mongo_doc_newest(struct mongo_place place, const bson_t *filter, int64_t limit,
                             enum result (*each)(const bson_t *document, void *arg, struct err *e), void *arg,
                             struct err *e)
{
  (void)limit;
  return mongo_doc_each(place, filter, each, arg, e);
}

enum result mongo_doc_at_least(struct mongo_place place, const bson_t *filter, int64_t least, bool *are,
                               struct err *e)
{
  (void)place, (void)filter, (void)least;
  *are = false;
  return reach(e);
}

enum result mongo_doc_remove(struct mongo_place place, const bson_t *filter, struct err *e)
{
  (void)place, (void)filter;
  return reach(e);
}

/* ---- changes: nobody else is there, and none is undone ---- */

enum result mongo_change_run(struct mongo *mongo, mongo_change_fn work, void *arg, struct err *e)
{
  (void)mongo;
  enum result r = reach(e);
  return r == RESULT_OK ? work(NULL, arg, e) : r;
}

enum result mongo_change_find(struct mongo_change *change, struct mongo_place place, const bson_t *filter,
                              bson_t **out, struct err *e)
{
  (void)change;
  return mongo_doc_find(place, filter, out, e);
}

enum result mongo_change_insert(struct mongo_change *change, struct mongo_place place, const bson_t *document,
                                struct err *e)
{
  (void)change;
  return mongo_doc_insert(place, document, e);
}

enum result mongo_change_update(struct mongo_change *change, struct mongo_place place, const bson_t *filter,
                                const bson_t *update, struct err *e)
{
  (void)change;
  return mongo_doc_update(place, filter, update, e);
}
