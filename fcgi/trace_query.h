/* trace_query: the parameters of a trace, and what all its pages have in common. */
#pragma once

#include "fcgi/meta.h"
#include "fcgi/metrics_query.h"
#include "fcgi/trace_cursor.h"

/* Most entries that come as one CSV. */
#define TRACE_CSV_MAX 50000

struct trace_query {
  struct metrics_query metrics; /* range, currency, freshness */
  int metric;                   /* one that adds up */
  size_t limit;
  bool csv;
  bool later; /* a page behind another one */
  uint8_t hash[CURSOR_HASH_SIZE];
  uint8_t key[CURSOR_KEY_SIZE];
  struct card card; /* of the picture; of a later page: today's, cut for the same hours */
  struct trace_cursor pin;
  struct meta meta; /* points to card and pin */
};

/* Reads the query and pins the picture: of the first page the one that is served now, else the cursor's. On
 * true: trace_query_clear. False after it has answered. */
bool trace_query_read(struct trace_query *query, struct exchange *x);
void trace_query_clear(struct trace_query *query);

/* `has_more` and the cursor of the page behind this one; and the query as it was understood. */
void trace_query_write_more(const struct trace_query *query, bool more, GString *out);
void trace_query_write(const struct trace_query *query, GString *out);
