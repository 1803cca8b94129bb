/* memory_ledger: the ledger in memory: entries and merchants' documents by cluster time, the change stream
 * over them, and the folds at any time (stores/fold.h, stores/stream.h). Its sums are its own arithmetic, not
 * the product's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "stores/fold.h"
#include "stores/stream.h"
#include "tests/sim/memory_kv.h"

enum memory_poison {
  POISON_NONE,
  POISON_GROUP, /* its group is known, its sums are not */
  POISON_RANGE, /* not even its currency can be read */
};

struct memory_entry {
  char merchant[MERCHANT_ID_SIZE];
  char currency[4];
  int64_t business_s;
  cluster_time at;
  enum memory_poison poison; /* memory_entry_poison says what it is at a time */
  cluster_time mended;       /* from then on it can be read; 0: never */
  int64_t columns[METRIC_ADDITIVE];
};

enum memory_document_state {
  DOCUMENT_PLAIN,
  DOCUMENT_GONE,       /* deleted */
  DOCUMENT_UNREADABLE, /* not written by the product */
};

/* A version of a merchant's document, from `at` on. */
struct memory_document {
  cluster_time at;
  enum memory_document_state state;
  struct merchant merchant;
};

struct memory_event {
  struct event event; /* its token is made when it is delivered */
};

struct memory_ledger {
  GArray *entries;            /* of struct memory_entry, by cluster time */
  GArray *documents;          /* of struct memory_document, by cluster time */
  GArray *events;             /* of struct memory_event */
  int64_t now_ms;             /* the world's wall clock */
  cluster_time last;          /* of the last write */
  guint first_event;          /* events before it have left the oplog */
  cluster_time changed_index; /* folds before it are refused */
  guint hidden;               /* the last so many events are not majority committed yet */
  guint fold_most;            /* a fold over more minutes with entries takes too long; 0: none does */
  bool misused_token;         /* a stream was opened at the token of another pipeline */
};

void memory_ledger_init(struct memory_ledger *ledger, int64_t now_ms);
void memory_ledger_clear(struct memory_ledger *ledger);

/* Writes. Several entries may share one cluster time (`bulk`). */
cluster_time memory_ledger_tick(struct memory_ledger *ledger);
void memory_ledger_add(struct memory_ledger *ledger, const struct memory_entry *entry, bool bulk);
void memory_ledger_put_merchant(struct memory_ledger *ledger, const struct merchant *merchant,
                                enum memory_document_state state);
/* Somebody mends a poisoned entry by hand: an event of its key. */
void memory_ledger_mend(struct memory_ledger *ledger, struct memory_entry *entry);
void memory_ledger_beat(struct memory_ledger *ledger);
enum memory_poison memory_entry_poison(const struct memory_entry *entry, cluster_time at);
/* The document's version at that time; NULL when there never was one. */
const struct memory_document *memory_ledger_document(const struct memory_ledger *ledger, const char *id,
                                                     cluster_time at);

/* Views of it. Callers own them. */
struct fold_source *memory_source_new(struct memory_ledger *ledger, memory_gate gate, void *gate_arg);
void memory_source_free(struct fold_source *source);
/* Its resume tokens are good for the same `pipeline` (borrowed) only. */
struct stream *memory_stream_new(struct memory_ledger *ledger, const char *pipeline, memory_gate gate,
                                 void *gate_arg);
void memory_stream_free(struct stream *stream);
