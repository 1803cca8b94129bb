/* ledger: the append-only store of orders and refunds (MongoDB, database takings, collection ledger) for
 * those who write and list entries. A struct ledger is shared by threads; each call takes a client from the
 * pool.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cluster_time.h"
#include "base/err.h"
#include "domain/entry.h"
#include "stores/fold.h"
#include "stores/mongo.h"

struct ledger;

/* `mongo` is borrowed for the ledger's life. */
struct ledger *ledger_new(struct mongo *mongo);
void ledger_free(struct ledger *ledger);

enum ledger_outcome {
  LEDGER_STORED,     /* new */
  LEDGER_REPLAYED,   /* the same key and body were stored before: `entry` is now that one */
  LEDGER_KEY_REUSED, /* the same key with another body */
};

/* Stores an order (w:majority, j:true). The caller has filled all but `id`; ids that clash are made anew.
 * `position` is the cluster time of the write (of a replay: one at or after it). RESULT_UNAVAILABLE: not
 * known to be stored (never a 201). On LEDGER_REPLAYED the entry is replaced by the stored one. */
MUST_CHECK enum result ledger_put_order(struct ledger *ledger, struct entry *entry,
                                        enum ledger_outcome *outcome, cluster_time *position, struct err *e);

/* One of many orders that are put at once. */
struct ledger_item {
  struct entry *entry;         /* as for ledger_put_order */
  bool refused;                /* now: then it is only looked for, as by ledger_find_replay */
  enum result result;          /* RESULT_OK: `outcome` holds. RESULT_NOT_FOUND: refused, and the key is new */
  enum ledger_outcome outcome; /* the entry is in each case the one that is stored under the key now */
};
/* Puts at most LEDGER_BULK_MAX orders of one merchant, with different keys, in few calls, none of which
 * begins later than `within_ms` from now. Each item tells what became of it; one does not stop the others.
 * `position` is at or after each write. Anything but RESULT_OK: why some items were not settled; it is their
 * result. */
MUST_CHECK enum result ledger_put_many(struct ledger *ledger, struct ledger_item *items, size_t count,
                                       int64_t within_ms, cluster_time *position, struct err *e);

/* For an entry that is refused now: whether it was stored before. Answers as a put that finds the key used:
 * LEDGER_REPLAYED or LEDGER_KEY_REUSED. RESULT_NOT_FOUND: the key is new. */
MUST_CHECK enum result ledger_find_replay(struct ledger *ledger, struct entry *entry,
                                          enum ledger_outcome *outcome, cluster_time *position,
                                          struct err *e);

/* Stores a refund of `refund->refund_of`, numbered after the order's refunds so far; reads, checks and
 * inserts again until no other refund came between (bounded). The caller has filled merchant, recorded_at_ms,
 * idem, body_hash, request_id, refund and refund_of; `terms.placed_at_ms` and the rest of the entry are
 * filled from the order. Violations (refund_too_large ...) are added to `violations`: then RESULT_INVALID.
 * RESULT_NOT_FOUND: this merchant has no such order. */
MUST_CHECK enum result ledger_put_refund(struct ledger *ledger, struct entry *refund,
                                         const struct refund_terms *terms, struct violations *violations,
                                         enum ledger_outcome *outcome, cluster_time *position, struct err *e);

/* Checks a refund as ledger_put_refund does, without storing; fills what is computed. */
MUST_CHECK enum result ledger_try_refund(struct ledger *ledger, struct entry *refund,
                                         const struct refund_terms *terms, struct violations *violations,
                                         struct err *e);

/* An order with its refunds (by number). The caller owns both: ledger_order_clear. RESULT_NOT_FOUND. */
struct ledger_order {
  struct entry order;
  struct entry *refunds;
  size_t refund_count;
  struct refund_rest rest;
};
MUST_CHECK enum result ledger_get_order(struct ledger *ledger, const char *merchant, const struct ulid *id,
                                        struct ledger_order *out, struct err *e);
void ledger_order_clear(struct ledger_order *order);

/* Orders of a merchant, newest first. Fields without their flag, and NULL, do not filter. */
struct ledger_filter {
  bool has_from, has_to;
  int64_t from_ms, to_ms; /* half-open */
  const char *currency, *reference;
  const char *idempotency_key; /* as in entry.idem: "<route>/<key>" */
  bool has_before;
  struct ulid before; /* the cursor: only entries whose id is below it */
  size_t limit;       /* 1 .. 200 */
};
struct ledger_page {
  struct entry *orders;
  size_t count;
  size_t unreadable; /* that should stand among them, and that nobody can read */
  struct ulid last;  /* where the next page goes on, if there are more */
  bool has_more;
  cluster_time position; /* of the reading: figures that include it include all these orders */
};
MUST_CHECK enum result ledger_list_orders(struct ledger *ledger, const char *merchant,
                                          const struct ledger_filter *filter, struct ledger_page *out,
                                          struct err *e);
void ledger_page_clear(struct ledger_page *page);

/* Bulk insert of at most LEDGER_BULK_MAX orders of one merchant that an import has prepared; marks them bulk
 * and makes their ids. Entries whose key is stored already are skipped when the body is the same. After a
 * failure some may be stored: the same call again skips those. */
#define LEDGER_BULK_MAX 1000
struct ledger_bulk_result {
  size_t stored, skipped, clashed;
  bool *clash; /* [count]: same key, other body; g_free, after RESULT_OK only */
};
MUST_CHECK enum result ledger_put_bulk(struct ledger *ledger, struct entry *entries, size_t count,
                                       struct ledger_bulk_result *out, cluster_time *position, struct err *e);
