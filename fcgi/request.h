/* request: one request as FastCGI's parameters tell it, read strictly. Knows no route and no FastCGI. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/entry.h"
#include "fcgi/query.h"

#define REQUEST_BODY_MAX (64 * 1024)
#define REQUEST_LINES_MAX (1024 * 1024) /* of a body that holds many of them */

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_OTHER };

struct request {
  char id[REQUEST_ID_SIZE]; /* the front door's, or a new one */
  enum method method;       /* HEAD counts as GET */
  bool head;
  char **path; /* decoded segments, NULL-terminated: "/v1/merchants" is "v1", "merchants" */
  struct query query;
  bool has_length;
  int64_t content_length;
  char *body; /* NULL until request_read_body; NUL-terminated */
  size_t body_length;
  const char *const *params; /* FastCGI's, "NAME=value", NULL-terminated; borrowed for the request's life */
};

void request_init(struct request *request, const char *const *params);
void request_clear(struct request *request);

/* Reads method, path, query, length and the headers. RESULT_INVALID: malformed_request, the text says why.
 * The id is there in any case. */
MUST_CHECK enum result request_parse(struct request *request, struct err *e);

/* Reads up to `size` bytes of the body; fewer only at its end or when it broke off. */
typedef size_t (*request_read_fn)(void *arg, char *buffer, size_t size);

/* Takes the whole body, content_length bytes and no more, as many as the route allows (the caller has
 * checked). RESULT_INVALID: it broke off or goes on. */
MUST_CHECK enum result request_read_body(struct request *request, request_read_fn read, void *arg,
                                         struct err *e);

/* A header by its FastCGI name ("HTTP_ORIGIN", "CONTENT_TYPE"); NULL when absent or empty. Borrowed. */
const char *request_header(const struct request *request, const char *name);

/* Whether a header comes more than once. Those that decide something and do are refused by request_parse, but
 * for HTTP_IDEMPOTENCY_KEY, which has a refusal of its own. */
bool request_header_repeated(const struct request *request, const char *name);

/* All values of a header that may come several times, joined by ", "; NULL when absent. Caller owns: g_free.
 */
char *request_header_all(const struct request *request, const char *name);

/* "GET"; "other" for a method that is not ours. */
const char *request_method_name(const struct request *request);
