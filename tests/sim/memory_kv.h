/* memory_kv: the aggregates' store in memory (stores/kv.h), which can lose a suffix of what was written, as
 * Redis with AOF everysec can. */
#pragma once

#include <glib.h>

#include "stores/kv.h"

/* What a call is about to do, so that the world can schedule, fail or kill there. */
enum memory_fate {
  MEMORY_DO,         /* do it and say so */
  MEMORY_FAIL,       /* do nothing and say "unavailable" */
  MEMORY_DO_NO_WORD, /* do it, and say "unavailable" (a lost reply) */
};
typedef enum memory_fate (*memory_gate)(void *arg, const char *step);

/* The server: its strings and the way back. */
struct memory_server {
  GHashTable *strings; /* key to GBytes */
  GHashTable *changes; /* key to number of its last change */
  guint64 changed;     /* counts changes */
  GPtrArray *undo;     /* of GHashTable: key to former GBytes (or NULL), one for each commit */
  guint64 commits;
  guint64 starts; /* a loss is a restart: what was watched before is forgotten, and the connection with it */
};

void memory_server_init(struct memory_server *server);
void memory_server_clear(struct memory_server *server);
/* Forgets the last `count` commits. */
void memory_server_lose(struct memory_server *server, guint count);
void memory_server_flush_all(struct memory_server *server);
/* Somebody else writes over a string, if there is one, what no program of ours would. */
void memory_server_garble(struct memory_server *server, const char *key);

/* A connection. Caller owns: memory_kv_free. */
struct kv *memory_kv_new(struct memory_server *server, memory_gate gate, void *gate_arg);
void memory_kv_free(struct kv *kv);
