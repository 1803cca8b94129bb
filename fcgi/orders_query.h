/* orders_query: the parameters of the list of orders, and its cursors.
 *
 * A cursor is opaque text: which order the page ended with, and a hash of the parameters that choose orders,
 * so that it cannot be used for another question.
 */
#pragma once

#include "fcgi/exchange.h"

#define ORDERS_QUERY_HASH_SIZE 16
#define ORDERS_IDEM_SIZE 264

struct orders_query {
  struct merchant merchant;
  struct ledger_filter filter; /* its texts are borrowed from the request and from `idem` */
  const char *idempotency_key; /* as asked; borrowed from the request */
  char idem[ORDERS_IDEM_SIZE]; /* as stored */
  uint8_t hash[ORDERS_QUERY_HASH_SIZE];
};

/* Reads the query. Returns false after it has answered. */
bool orders_query_read(struct orders_query *query, struct exchange *x);

/* The cursor of the page behind `last` as a JSON string; NULL: null. */
void orders_query_write_cursor(const struct orders_query *query, const struct ulid *last, GString *out);

/* The query as it was understood, and what belongs to every page. */
void orders_query_write(const struct orders_query *query, GString *out);
void orders_query_write_meta(const struct orders_query *query, GString *out);
