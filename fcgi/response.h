/* response: an answer before it is sent: status, headers, body. Built whole, so that nothing goes out before
 * it is known to be right. nginx adds the security headers, the same for pages and answers (etc/nginx). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct response {
  int status;
  const char *content_type; /* static; NULL: no body */
  bool secret;              /* shows something that is shown once: nobody on the way may keep it */
  GString *headers;         /* further ones, each ended by CR LF */
  GString *body;
};

void response_init(struct response *response);
void response_clear(struct response *response);

/* Adds a header. A value with a control character would start a header of its own: it is left out whole. */
void response_header(struct response *response, const char *name, const char *value);
void response_header_int(struct response *response, const char *name, int64_t value);

/* Begins a JSON answer over whatever was there, and returns its body, to be appended to. */
GString *response_json(struct response *response, int status);
/* The same with another media type (static), 200. */
GString *response_begin(struct response *response, const char *content_type);

/* The answer's head as FastCGI sends it, with the empty line. Every answer has Request-Id and Cache-Control.
 * The body follows as it is, but for a HEAD request. */
void response_write_head(const struct response *response, const char *request_id, GString *out);
