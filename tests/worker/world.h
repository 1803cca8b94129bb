/* world: the stores of a worker in memory, for driving a whole worker in one process. The files beside this
 * one define the functions of stores/ledger.h, people.h, session.h, redis.h and mongo.h that the worker
 * calls, and are linked before libtakings.a. One world per process; every access holds its lock, so that the
 * thread sanitizer may watch the worker.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include <glib.h>

#include "base/clock.h"
#include "fcgi/context.h"
#include "stores/audit.h"
#include "stores/session.h"
#include "translation/card.h"

#define WORLD_NOW_MS INT64_C(1795435200000) /* 2026-11-23T12:00:00Z */

struct ledger {
  GPtrArray *entries; /* of struct entry */
};

struct mongo {
  bool away;
  bool leaves;    /* after the next time that many orders are put */
  bool forgetful; /* no snapshot is old enough */
};

struct world_key {
  char *secret;
  struct api_key key;
};

struct world_user {
  struct user user;
  char *password;
};

struct world_session {
  char token[SESSION_TOKEN_SIZE];
  struct session session;
};

struct world_audit {
  char merchant[MERCHANT_ID_SIZE];
  struct audit_entry entry;
};

struct world {
  pthread_mutex_t lock;
  struct clock_fixed clock;
  struct conf conf;
  struct ledger ledger;
  struct mongo mongo;
  bool redis_away;
  GHashTable *strings;  /* of Redis: name to GBytes */
  GArray *merchants;    /* of struct merchant */
  GArray *keys;         /* of struct world_key */
  GArray *users;        /* of struct world_user */
  GArray *sessions;     /* of struct world_session */
  GArray *audit;        /* of struct world_audit */
  GHashTable *attempts; /* to log in: subject to how many; "known:<place>" */
  struct service service;
};

extern struct world world;

/* A world at WORLD_NOW_MS, with nobody in it. */
void world_init(void);
void world_clear(void);

/* A merchant of that zone that sells in EUR and JPY, with a card cut just now and no rows. */
void world_add_merchant(const char *id, const char *zone);
/* Gives the merchant another zone and a card cut for it. */
void world_set_zone(const char *id, const char *zone);
/* The rows of that merchant were cut under other rules of its zone: `rules` is a rules hash. */
void world_set_zone_rules(const char *id, const char *rules);
void world_add_key(const char *secret, const char *merchant, unsigned scopes);
/* The user's id is "usr_<email>". */
void world_add_user(const char *email, const char *password, const char *merchant, const char *role);

/* Writes the head with that checkpoint, and sets a string of Redis. */
void world_set_checkpoint(cluster_time ck, int64_t wall_ms);
void world_set_string(const char *name, GBytes *value); /* takes value; NULL deletes */

/* The first key that begins with this prefix under a merchant's card. */
extern const char world_prefix[CARD_PREFIX_SIZE];
