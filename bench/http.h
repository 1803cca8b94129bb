/* http: one kept HTTP/1.1 connection to a server on 127.0.0.1, for the load generator. */
#pragma once

#include <stddef.h>

#include <glib.h>

struct http {
  int port;
  int fd;            /* -1: not connected */
  GString *received; /* the last answer: head and body */
};

/* Connects at the first request. */
void http_init(struct http *http, int port);
void http_clear(struct http *http);

/* Sends a request and reads the whole answer, which must have a Content-Length. Returns the status, or 0 when
 * there was no complete answer. *body is NUL-terminated, and borrowed until the next call. */
int http_ask(struct http *http, const GString *request, const char **body);
