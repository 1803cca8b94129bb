/* query: the parameters of a query string, read strictly: name=value joined by '&', percent-encoded. A
 * parameter that a route does not know, or one given twice, is refused, never ignored. */
#pragma once

#include <stddef.h>

#include <glib.h>

#include "base/err.h"
#include "domain/violations.h"

struct query {
  GArray *items; /* of struct query_parameter, in the order given */
};

struct query_parameter {
  char *name;
  char *value;
};

void query_init(struct query *query);
void query_clear(struct query *query);

/* "" and NULL are an empty query. RESULT_INVALID: an empty part, a part without '=' or name, a bad escape.
 * `query` must be initialised. */
MUST_CHECK enum result query_parse(struct query *query, const char *text, struct err *e);

/* The value of the first parameter of that name, or NULL. Borrowed. */
const char *query_get(const struct query *query, const char *name);

/* Adds unknown_parameter and duplicate_parameter for whatever is not in `allowed` (NULL-terminated; NULL:
 * nothing is) or comes again. */
void query_check(const struct query *query, const char *const *allowed, struct violations *violations);
