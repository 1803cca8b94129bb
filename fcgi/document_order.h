/* document_order: violations in the order in which what they point at stands in the request, whoever found
 * them. */
#pragma once

#include <json-c/json.h>

#include "domain/violations.h"
#include "fcgi/query.h"

/* By JSON pointers into `body`. What points at something that is not there (a member that is missing) comes
 * behind its neighbours; equal places, and places outside the body, keep their order. */
void document_order_sort(struct violations *violations, struct json_object *body);

/* By the parameters of the query; those that were not given come last. */
void document_order_sort_query(struct violations *violations, const struct query *query);
