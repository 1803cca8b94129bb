/* mongo: the pool of MongoDB clients with all time-outs set, and what every MongoDB store shares. */
#pragma once

#include <mongoc/mongoc.h>

#include "base/cluster_time.h"
#include "base/conf.h"
#include "base/err.h"

struct mongo;

/* Calls mongoc_init. Opens no connection yet. Caller owns *out: mongo_free (calls mongoc_cleanup). */
MUST_CHECK enum result mongo_open(const struct conf *conf, enum conf_program program, struct mongo **out, struct err *e);
void mongo_free(struct mongo *mongo);

/* A client from the pool within pool_wait_ms, else RESULT_UNAVAILABLE. Give back with mongo_give. */
MUST_CHECK enum result mongo_take(struct mongo *mongo, mongoc_client_t **out, struct err *e);
void mongo_give(struct mongo *mongo, mongoc_client_t *client);

const char *mongo_database(const struct mongo *mongo);        /* "takings" */
const char *mongo_people_database(const struct mongo *mongo); /* "takings_people" */

/* A bson_error_t (and the server's reply, may be NULL) to a result: server selection, network, time-outs, not primary,
 * write concern: RESULT_UNAVAILABLE; 239, 246, 72 as stores/fold.h says; others RESULT_INTERNAL. */
MUST_CHECK enum result mongo_failed(const bson_error_t *error, const bson_t *reply, const char *what, struct err *e);

/* Majority-committed ping, for readyz. */
MUST_CHECK enum result mongo_ping(struct mongo *mongo, struct err *e);
