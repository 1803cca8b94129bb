/* mongo_snapshot: reading MongoDB as it was at one pinned cluster time (readConcern snapshot, atClusterTime).
 * Results: RESULT_UNAVAILABLE: the store is away, or the node has not reached that time within the deadline.
 * RESULT_TOO_LONG: maxTimeMS was not enough for it. RESULT_STALE: that time is out of the snapshot window, or
 * a collection or index changed after it. Others as mongo_failed.
 */
#pragma once

#include "base/clock.h"
#include "stores/mongo.h"

/* One call: a client and a session of its own, which ties a cursor's batches together. Not causally
 * consistent: the time to read at is given. */
struct mongo_call {
  struct mongo *mongo;
  mongoc_client_t *client;
  mongoc_client_session_t *session;
  bson_t opts; /* the session's */
};

/* On success: mongo_call_end. */
MUST_CHECK enum result mongo_call_begin(struct mongo *mongo, struct mongo_call *call, struct err *e);
void mongo_call_end(struct mongo_call *call);

/* Documents per batch: as many as fit, in few round trips. */
#define MONGO_SNAPSHOT_BATCH 20000

struct mongo_snapshot {
  struct mongo *mongo;
  struct clock *clock;
  cluster_time at;
  const char *what; /* names the call in errors: "fold" */
};

/* Takes one document of an answer. */
typedef enum result (*mongo_document_fn)(const bson_t *document, void *arg, struct err *e);

/* Runs a command that answers with a cursor (find, aggregate) in the ledger's database at the pinned time,
 * and gives each document to `each` until that returns something other than RESULT_OK. Appends maxTimeMS and
 * readConcern to `command`. Some documents may have been given when it fails. */
MUST_CHECK enum result mongo_snapshot_read(const struct mongo_snapshot *snapshot, bson_t *command,
                                           mongo_document_fn each, void *arg, struct err *e);
