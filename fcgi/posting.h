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

/* Fills what follows from the business time and the currency, once they are known. */
void posting_complete(struct posting *posting, int64_t at_ms, const char *currency);

/* Answers with all violations, in the order of the body. */
void posting_refuse(struct posting *posting);

/* 201 with the receipt, or what a key used before gets. */
void posting_answer(struct posting *posting, enum ledger_outcome outcome, cluster_time position);

/* 200 with the entry as it would be stored. */
void posting_answer_dry_run(struct posting *posting);
