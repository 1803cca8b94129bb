/* router: every route of the worker in one table, and the gates that a request passes before its handler sees
 * it.
 *
 * The gates run in this order, each from the route's line of the table:
 *   path and method (404, 405 with Allow), Accept (406), length (411, 413), Content-Type (415),
 *   parameters (400 unknown_parameter, duplicate_parameter), caller (401), merchant (404), scope (403), csrf
 * (403), Idempotency-Key (400), body (400 truncated_body).
 */
#pragma once

#include <stddef.h>

#include "fcgi/exchange.h"

enum route_flag {
  ROUTE_PUBLIC = 1 << 0,     /* nobody is asked who they are */
  ROUTE_BODY = 1 << 1,       /* a JSON body is required */
  ROUTE_IDEMPOTENT = 1 << 2, /* Idempotency-Key is required, but for a dry run */
  ROUTE_CSRF = 1 << 3,       /* changes something: a session must show that our own page sent it */
  ROUTE_ORIGIN = 1 << 4,     /* a browser's Origin must be ours, though there is no session yet */
  ROUTE_SESSION = 1 << 5,    /* for people only: a key gets 403 */
  ROUTE_NDJSON = 1 << 6,     /* the body is JSON by lines, up to REQUEST_LINES_MAX */
  ROUTE_FORMAT = 1 << 7,     /* the parameter format=csv asks for text/csv */
  ROUTE_LOCAL = 1 << 8,      /* exists only at the listener that is not public */
  ROUTE_CSV = 1 << 9,        /* answers text/csv */
  ROUTE_SEARCH = 1 << 10,    /* may go through a whole history: few at once (fcgi/searching.h) */
  ROUTE_EVENTS = 1 << 11,    /* answers text/event-stream, and goes on without the worker */
};

struct route {
  enum method method;
  const char *pattern;           /* "/v1/merchants/{merchant}/orders/{id}" */
  unsigned scope;                /* needed at {merchant}; 0 when the pattern has none */
  unsigned flags;                /* of enum route_flag */
  const char *const *parameters; /* allowed in the query, NULL-terminated; NULL: none */
  void (*handler)(struct exchange *x);
};

extern const struct route router_table[];
extern const size_t router_count;

/* The table's routes as labels of counters, and one for what is none of them. */
void router_routes_make(struct counters_routes *out);
void router_routes_clear(struct counters_routes *routes);

/* Leads a parsed request through the gates to its handler. The answer is in x->response. */
void router_serve(struct exchange *x, request_read_fn read, void *arg);
