/* bare_stream: a change stream and nothing else: says when it saw each entry of the ledger.
 *
 *     bare_stream CONFIG     prints "ready", then a line for each event: the time (bench/ticks.h), and its
 * cluster time in hex; ends by a signal
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mongoc/mongoc.h>

#include "base/conf.h"
#include "bench/ticks.h"
#include "stores/mongo.h"
#include "stores/schema.h"

#define AWAIT_MS 250

static bool is_of_ledger(const bson_t *event)
{
  bson_iter_t iter, collection;
  return bson_iter_init(&iter, event) && bson_iter_find_descendant(&iter, "ns.coll", &collection) &&
         BSON_ITER_HOLDS_UTF8(&collection) &&
         strcmp(bson_iter_utf8(&collection, NULL), COLLECTION_LEDGER) == 0;
}

static void tell(const bson_t *event, int64_t seen_ns)
{
  bson_iter_t iter;
  uint32_t seconds = 0, increment = 0;
  if (!is_of_ledger(event) || !bson_iter_init_find(&iter, event, "clusterTime"))
    return;
  bson_iter_timestamp(&iter, &seconds, &increment);
  printf("%" PRId64 " %" PRI_CLUSTER_TIME "\n", seen_ns, cluster_time_make(seconds, increment));
}

/* Returns when the stream has failed. */
static void follow(mongoc_change_stream_t *stream)
{
  const bson_t *event = NULL;
  bson_error_t error;
  while (!mongoc_change_stream_error_document(stream, &error, NULL))
    if (mongoc_change_stream_next(stream, &event))
      tell(event, ticks_now_ns());
  fprintf(stderr, "bare_stream: %s\n", error.message);
}

MUST_CHECK static enum result run(struct mongo *mongo, struct err *e)
{
  mongoc_client_t *client = NULL;
  enum result r = mongo_take(mongo, &client, e);
  if (r != RESULT_OK)
    return r;
  bson_t *pipeline = bson_new();
  bson_t *opts = BCON_NEW("maxAwaitTimeMS", BCON_INT64(AWAIT_MS));
  mongoc_database_t *database = mongoc_client_get_database(client, mongo_database(mongo));
  mongoc_change_stream_t *stream = mongoc_database_watch(database, pipeline, opts);
  puts("ready");
  follow(stream);
  mongoc_change_stream_destroy(stream);
  mongoc_database_destroy(database);
  bson_destroy(opts);
  bson_destroy(pipeline);
  mongo_give(mongo, client);
  return err_set(e, RESULT_UNAVAILABLE, "the stream has ended");
}

int main(int argc, char **argv)
{
  struct conf *conf = NULL;
  struct mongo *mongo = NULL;
  struct err e = ERR_NONE;
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc != 2) {
    fprintf(stderr, "usage: bare_stream CONFIG\n");
    return EXIT_FAILURE;
  }
  enum result r = conf_load(argv[1], &conf, &e);
  if (r == RESULT_OK)
    r = mongo_open(conf, CONF_TAILER, &mongo, &e);
  if (r == RESULT_OK)
    r = run(mongo, &e);
  fprintf(stderr, "bare_stream: %s\n", e.text);
  mongo_free(mongo);
  conf_free(conf);
  return EXIT_FAILURE;
}
