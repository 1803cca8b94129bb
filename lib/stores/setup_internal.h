/* setup_internal: the parts of setup (stores/setup.h). */
#pragma once

#include <glib.h>
#include <mongoc/mongoc.h>

#include "base/conf.h"
#include "base/err.h"
#include "stores/redis.h"

struct setup {
  const struct conf *conf;
  mongoc_client_t *client;
  struct redis *redis;
  GPtrArray *report;
};

/* Adds a line to the report. */
void setup_report(struct setup *setup, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs a command of the administrator; `what` names it in errors. *code (may be NULL) gets the server's error
 * code, and `reply` (may be NULL) its answer, which the caller destroys in any case. */
MUST_CHECK enum result setup_command(struct setup *setup, const char *database, const bson_t *command,
                                     const char *what, bson_t *reply, uint32_t *code, struct err *e);

/* Collections, their validators and indexes, and the heartbeat's document. */
MUST_CHECK enum result setup_collections(struct setup *setup, struct err *e);

/* Roles and users of the programs in MongoDB. */
MUST_CHECK enum result setup_users(struct setup *setup, struct err *e);

/* Users of the programs in Redis. */
MUST_CHECK enum result setup_redis_users(struct setup *setup, struct err *e);
