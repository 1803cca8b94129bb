/* ledger_call: one call on the ledger: a client from the pool, the collection, and a causally consistent
 * session, so that what a call reads is never older than what it has met before. For the files of
 * stores/ledger.h only. */
#pragma once

#include <glib.h>
#include <mongoc/mongoc.h>

#include "domain/entry.h"
#include "stores/ledger.h"
#include "stores/mongo.h"

struct ledger {
  struct mongo *mongo;
};

struct ledger_call {
  struct mongo *mongo;
  mongoc_client_t *client;
  mongoc_client_session_t *session;
  mongoc_collection_t *collection;
};

/* RESULT_UNAVAILABLE: no client. After RESULT_OK: ledger_call_end. */
MUST_CHECK enum result ledger_call_begin(struct ledger *ledger, struct ledger_call *call, struct err *e);
void ledger_call_end(struct ledger_call *call);

/* The newest cluster time that the session has met: after a write, the write's. */
cluster_time ledger_call_position(const struct ledger_call *call);

/* Options of a majority read on the session. The caller destroys *opts. */
MUST_CHECK enum result ledger_call_read_opts(const struct ledger_call *call, bson_t *opts, struct err *e);

/* Hands each document that matches, read at majority, to `take`, whose failure ends it. `sort` (a field and 1
 * or -1 for its direction) may be NULL; `limit` 0: all. */
typedef enum result (*ledger_take_fn)(const bson_t *document, void *arg, struct err *e);
MUST_CHECK enum result ledger_call_each(struct ledger_call *call, const bson_t *filter, const char *sort,
                                        int direction, int64_t limit, ledger_take_fn take, void *arg,
                                        struct err *e);
/* The same, as entries appended to `out` (of struct entry, whose clear function is entry_clear). One that
 * cannot be read is a failure. */
MUST_CHECK enum result ledger_call_find(struct ledger_call *call, const bson_t *filter, const char *sort,
                                        int direction, int64_t limit, GArray *out, struct err *e);
GArray *ledger_entries_new(void);

/* Which unique index refused an insert. */
enum ledger_clash { LEDGER_CLASH_NONE, LEDGER_CLASH_ID, LEDGER_CLASH_KEY, LEDGER_CLASH_REFUND_NUMBER };

/* Which one a write error (an element of writeErrors) names; LEDGER_CLASH_NONE when it is none of them. */
enum ledger_clash ledger_clash_of(const bson_t *write_error);

/* Gives the entry a new id at its business time and stores it (w:majority, j:true). RESULT_CONFLICT: an index
 * refused it, and *clash says which: nothing was stored. */
MUST_CHECK enum result ledger_call_insert(struct ledger_call *call, struct entry *entry,
                                          enum ledger_clash *clash, struct err *e);

/* A new random id at the entry's business time. */
void ledger_new_id(struct entry *entry);

/* Whether any entry has this entry's merchant and key. */
MUST_CHECK enum result ledger_call_key_used(struct ledger_call *call, const struct entry *entry, bool *used,
                                            struct err *e);

/* After LEDGER_CLASH_KEY: reads the entry that has the key; same kind and hash: LEDGER_REPLAYED, and `entry`
 * is replaced by it; otherwise LEDGER_KEY_REUSED. RESULT_UNAVAILABLE: not visible at majority within the
 * deadline; the clash alone does not prove that it is stored. */
MUST_CHECK enum result ledger_call_replay(struct ledger_call *call, struct entry *entry,
                                          enum ledger_outcome *outcome, struct err *e);
