/* list_query: the parameters that lists have in common: how long a page is, and from when to when. What is
 * wrong with them is added to the violations. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/ulid.h"
#include "domain/zone.h"
#include "fcgi/cursor.h"
#include "fcgi/exchange.h"

#define LIST_LIMIT_DEFAULT 50
#define LIST_LIMIT_MAX 200

/* `limit`: 1 to LIST_LIMIT_MAX; LIST_LIMIT_DEFAULT when it is absent or wrong. */
size_t list_query_limit(struct exchange *x);

#define LIST_ID_SIZE (ULID_TEXT_SIZE + 4) /* "key_<ULID>", with NUL */

/* A page of a list that nothing chooses from, newest first: its length, and behind which id it begins. */
struct list_page {
  size_t limit;
  uint8_t hash[CURSOR_HASH_SIZE];
  bool has_before;
  char before[LIST_ID_SIZE];
};

/* Reads `limit` and `cursor`, whose place is an id that begins with `prefix` ("key_"). False after it has
 * answered. */
bool list_query_page(struct exchange *x, const char *prefix, struct list_page *page);

/* The end of the answer: `]`, has_more, next_cursor and `}`. `last`: the page's last id; NULL: nothing comes
 * behind it. */
void list_query_write_end(const struct list_page *page, const char *last, GString *out);

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
