/* mongo: the pool of MongoDB clients with all time-outs set, and what every MongoDB store shares. A struct
 * mongo of mongo_open is shared by threads. */
#pragma once

#include <mongoc/mongoc.h>

#include "base/cluster_time.h"
#include "base/conf.h"
#include "base/err.h"

struct mongo;

/* Opens no connection yet. Writes are w:majority, j:true within wtimeout_ms unless a call says otherwise. A
 * worker's time-outs are shortened so that one call, the driver's second try and all waiting included, ends
 * within a request's 8 s even when the server hangs.
 * Caller owns *out: mongo_free. RESULT_INVALID: the URI does not parse or a secret cannot be read. */
MUST_CHECK enum result mongo_open(const struct conf *conf, enum conf_program program, struct mongo **out,
                                  struct err *e);
/* The same for a program that has one thread, which every mongo_take then gives the same client. Nothing
 * watches the servers in the background, so that mongo_free need not wait until the watching ends, which is
 * half a second; but a server that refused a connection is tried again only 5 s later. */
MUST_CHECK enum result mongo_open_alone(const struct conf *conf, enum conf_program program,
                                        struct mongo **out, struct err *e);
void mongo_free(struct mongo *mongo);

/* A client from the pool within pool_wait_ms, else RESULT_UNAVAILABLE; a worker's threads are let in as
 * stores/mongo_door.h says. Give back with mongo_give. */
MUST_CHECK enum result mongo_take(struct mongo *mongo, mongoc_client_t **out, struct err *e);
/* That the client is taken for a question which may take long while MongoDB is well. */
void mongo_expect_slow(struct mongo *mongo, mongoc_client_t *client);
void mongo_give(struct mongo *mongo, mongoc_client_t *client);

const char *mongo_database(const struct mongo *mongo);        /* "takings" */
const char *mongo_people_database(const struct mongo *mongo); /* "takings_people" */

/* How long one command may run at the server (maxTimeMS): shorter than the socket's time-out, so that the
 * server ends it before we hang up. */
int64_t mongo_max_time_ms(const struct mongo *mongo);

/* A bson_error_t to a result: server selection, network, log-in, time-outs, not primary, write concern:
 * RESULT_UNAVAILABLE; snapshot too old (239) or made unreadable by a newer index (246), stream history lost
 * (286): RESULT_STALE; others RESULT_INTERNAL. `what` names the call: "insert". The text never has a
 * document's content. */
MUST_CHECK enum result mongo_failed(const bson_error_t *error, const char *what, struct err *e);

/* Whether there is a primary that answers, for readyz. A primary that has lost its majority steps down by
 * itself within the election time-out, and then there is none. */
MUST_CHECK enum result mongo_ping(struct mongo *mongo, struct err *e);
