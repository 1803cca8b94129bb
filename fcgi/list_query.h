/* list_query: the parameters that lists have in common: how long a page is, and from when to when. What is
 * wrong with them is added to the violations. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/zone.h"
#include "fcgi/exchange.h"

#define LIST_LIMIT_DEFAULT 50
#define LIST_LIMIT_MAX 200

/* `limit`: 1 to LIST_LIMIT_MAX; LIST_LIMIT_DEFAULT when it is absent or wrong. */
size_t list_query_limit(struct exchange *x);

/* The merchant whose list it is, and the zone in which dates are meant; the zone is the cache's. False after
 * it has answered. */
bool list_query_terms(struct exchange *x, struct merchant *merchant, const struct zone **zone);

/* `from` and `to`, half-open, each a date, which means its local start, or an instant; each may be absent. */
struct list_bounds {
  bool has_from, has_to;
  int64_t from_ms, to_ms; /* 0 where absent */
};
void list_query_bounds(struct exchange *x, const struct zone *zone, struct list_bounds *out);

/* Their members in the answer's `query`, each with a comma in front. */
void list_query_write_bounds(const struct list_bounds *bounds, GString *out);
