/* orders_query: the parameters of the list of orders. */
#pragma once

#include "base/cluster_time.h"
#include "fcgi/cursor.h"
#include "fcgi/exchange.h"
#include "fcgi/list_query.h"

#define ORDERS_IDEM_SIZE 264

struct orders_query {
  struct merchant merchant;
  struct list_bounds bounds;
  struct ledger_filter filter;    /* its texts are borrowed from the request and from `idem` */
  const char *idempotency_key;    /* as asked; borrowed from the request */
  char idem[ORDERS_IDEM_SIZE];    /* as stored */
  uint8_t hash[CURSOR_HASH_SIZE]; /* of the cursors, which hold the id that a page ended with */
};

/* Reads the query. Returns false after it has answered. */
bool orders_query_read(struct orders_query *query, struct exchange *x);

/* The query as it was understood, and what belongs to every page, with what is to be said of this one. */
void orders_query_write(const struct orders_query *query, GString *out);
void orders_query_write_meta(const struct orders_query *query, const struct ledger_page *page, GString *out);
