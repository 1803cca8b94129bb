/* posting: what POSTs of orders and of refunds share: reading the body, what the server adds to an entry, the
 * receipt. */
#pragma once

#include <stdbool.h>

#include <json-c/json.h>

#include "fcgi/exchange.h"

/* What the idempotency keys of the two routes begin with in the ledger. */
#define ORDERS_KEY_PREFIX "orders"
#define REFUNDS_KEY_PREFIX "refunds"

struct posting {
  struct exchange *x;
  int64_t now_ms;
  bool dry_run; /* validate and total only */
  struct json_object *body;
  struct merchant merchant;
  struct entry entry;
};

/* Reads `dry_run`, the body as JSON and the merchant's terms, and fills what the server knows of the entry.
 * `prefix` is one of the two above. Returns false after it has answered. In any case: posting_clear. */
bool posting_init(struct posting *posting, struct exchange *x, enum entry_kind kind, const char *prefix);
void posting_clear(struct posting *posting);

/* The parameter `dry_run`; a violation is added when it is neither true nor false. */
bool posting_read_dry_run(struct exchange *x);

/* What an order is checked against. */
struct posting_rules {
  const struct merchant *merchant;
  int64_t now_ms;
  bool may_import;
};
struct posting_rules posting_rules_of(const struct exchange *x, const struct merchant *merchant,
                                      int64_t now_ms);

enum posting_verdict {
  POSTING_ACCEPTED,    /* the entry is complete but for its id */
  POSTING_REFUSED,     /* violations say why */
  POSTING_REFUSED_NOW, /* the same, but it can be read, and body_hash is there: it may be the second try of
                           one that was stored when the rules, the merchant's currencies, the caller's scopes
                           or the clock still allowed it */
};

/* Reads an order from a body and checks it. `entry` holds what the server knows of it. */
enum posting_verdict posting_read_order(const struct posting_rules *rules, struct json_object *body,
                                        struct entry *entry, struct violations *violations);

/* What the server knows of any entry of this request; `idem` is taken. */
void posting_fill(const struct exchange *x, int64_t now_ms, char *idem, struct entry *entry);

/* 1 to POSTING_KEY_MAX visible ASCII characters. */
#define POSTING_KEY_MAX 255
bool posting_key_valid(const char *key);

/* A member `bucket` with a comma in front: the local date and hour in which the entry counts; null: the zone
 * is not known on this machine, and nobody can say. */
void posting_write_bucket(const struct merchant *merchant, const struct entry *entry, GString *out);

/* Answers with all violations, in the order of the body. */
void posting_refuse(struct posting *posting);

/* 201 with the receipt, or what a key used before gets. */
void posting_answer(struct posting *posting, enum ledger_outcome outcome, cluster_time position);

/* 200 with the entry as it would be stored. */
void posting_answer_dry_run(struct posting *posting);
