/* wire: the lines that tailer and batch exchange over their pipes: requests down, one reply line for each up.
 * Both ends are of one build; a line that does not parse is a bug, and ends the conversation. */
#pragma once

#include <stdio.h>

#include <glib.h>

#include "batch/follow.h"

/* Appends a request's lines to `out`. */
void wire_put_flush(GString *out, const struct flush *flush);
void wire_put_rebuild(GString *out, const struct rebuild *rebuild);
void wire_put_reply(GString *out, const struct link_reply *reply);

enum wire_request_kind { WIRE_END, WIRE_FLUSH, WIRE_REBUILD };

struct wire_request {
  enum wire_request_kind kind;
  struct flush flush;     /* WIRE_FLUSH */
  struct rebuild rebuild; /* WIRE_REBUILD; its texts point into `texts` */
  char *texts[2];
};

/* Waits for the next request; WIRE_END when the other end has closed. RESULT_INVALID: a line does not parse.
 * The caller owns what is in `out`: wire_request_clear. */
MUST_CHECK enum result wire_read_request(FILE *in, struct wire_request *out, struct err *e);
void wire_request_clear(struct wire_request *request);

/* A reply line (without its newline); writes NULs into it. RESULT_INVALID: it does not parse. */
MUST_CHECK enum result wire_read_reply(char *line, struct link_reply *out, struct err *e);
