/* context: what serving a request needs beside the request: the stores, the clock, the configuration.
 *
 * Nothing here knows FastCGI, so a whole worker can be driven in one process (tests, fuzzing, the thread
 * sanitizer). The aggregates are an interface already (stores/kv.h). The ledger, people, sessions and
 * connections are replaced when a test program is linked: its own ledger.c, people.c ... stand before
 * libtakings.a and define every function of those headers that the worker calls.
 */
#pragma once

#include "base/clock.h"
#include "base/conf.h"
#include "base/counters.h"
#include "fcgi/waiting.h"
#include "stores/ledger.h"
#include "stores/mongo.h"
#include "stores/people.h"
#include "stores/redis.h"
#include "stores/view.h"

/* Shared by all threads; what it points to is borrowed. */
struct service {
  const struct conf *conf;
  struct clock *clock;
  struct mongo *mongo;
  struct ledger *ledger;
  struct waiting waiting;        /* for positions */
  struct waiting searching;      /* for whole histories */
  struct counters_routes routes; /* router_routes_make */
};

/* One thread's. */
struct context {
  struct service *service;
  struct redis *redis;      /* owned */
  struct kv *kv;            /* borrowed from redis */
  struct view_cards *cards; /* owned */
  struct people people;
};

MUST_CHECK enum result context_init(struct context *context, struct service *service, struct err *e);
void context_clear(struct context *context);

/* Milliseconds since the epoch. */
int64_t context_now_ms(const struct context *context);
