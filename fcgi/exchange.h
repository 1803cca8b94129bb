/* exchange: one request and its answer, with what the gates have found out: what every gate and every handler
 * gets. */
#pragma once

#include <glib.h>

#include "fcgi/auth.h"
#include "fcgi/context.h"
#include "fcgi/request.h"
#include "fcgi/response.h"

struct route;

struct exchange {
  struct context *context;
  struct request request;
  struct response response;
  const struct route *route;    /* NULL: no such path or method */
  const char *merchant_segment; /* `{merchant}` of the path, as it came; NULL when the route has none */
  const char *id_segment;       /* `{id}` of the path, as it came; NULL when the route has none */
  struct caller caller;
  char merchant[MERCHANT_ID_SIZE]; /* the path's, once the caller may enter it; "" before */
  struct violations violations;    /* collected by whoever checks; answered by exchange_refuse_all */
  int64_t started_us;              /* monotonic */
};

/* Takes a part of an answer; false when the caller has gone away. */
typedef bool (*exchange_write_fn)(void *arg, const char *bytes, size_t length);

/* Where a request's body comes from and where its answer goes. */
struct exchange_ends {
  request_read_fn read;
  void *read_arg;
  exchange_write_fn write;
  void *write_arg;
};

/* Serves one request, whose FastCGI parameters are `params`, and writes one line of access log. Nothing is
 * left open. */
void exchange_run(struct context *context, const char *const *params, const struct exchange_ends *ends);

/* Answers with a problem document. `detail` holds no raw input. */
void exchange_refuse(struct exchange *x, const char *code, const char *detail);

/* Adds what is wrong with a parameter of the query to the violations. `code` and `parameter` are static. */
void exchange_complain(struct exchange *x, const char *code, const char *parameter, const char *detail);

/* Answers with all violations collected. */
void exchange_refuse_all(struct exchange *x);

/* The same, in the order of the query's parameters. */
void exchange_refuse_query(struct exchange *x);

/* Answers for a failed call and logs why, under the name of what was being done ("order_put"). */
void exchange_fail(struct exchange *x, const char *doing, enum result result, const struct err *e);

/* The log line of a failed call whose answer is somebody else's; and what may be told of it. */
void exchange_log_failure(const struct exchange *x, const char *doing, enum result result,
                          const struct err *e);
const char *exchange_public_detail(enum result result);
