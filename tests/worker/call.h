/* call: one request to a worker's routes, without a socket or over one, and the answer taken apart. */
#pragma once

#include <glib.h>
#include <json-c/json.h>

#include "fcgi/context.h"

struct call {
  const char *method, *uri; /* the uri with its query */
  const char *secret;       /* of a key; NULL: none */
  const char *body;         /* NULL: none */
  const char *address;      /* NULL: 192.0.2.1 */
  const char *type;         /* of the body; NULL: JSON */
  const char *const *more;  /* further FastCGI parameters, NULL-terminated; NULL: none */
};

struct answer {
  int status;
  char *head; /* all header lines */
  char *body;
  struct json_object *json; /* NULL when the body is none */
};

/* The FastCGI parameters of a call: strings in a new, NULL-terminated list: g_strfreev. A body is announced
 * as what it is. */
char **call_params(const struct call *call);

/* Serves the call in this thread. Caller owns the answer: answer_clear. */
struct answer call_run(struct context *context, const struct call *call);

/* Sends the call to a worker's unix socket as FastCGI and waits for the answer. */
struct answer call_send(const char *socket_path, const struct call *call);

/* Takes apart what a worker wrote; status 0 when it is no answer. */
struct answer answer_of_text(const GString *text);
void answer_clear(struct answer *answer);

/* The value of a header, or NULL: g_free. */
char *answer_header(const struct answer *answer, const char *name);
/* The member "code" of a problem; "" when it is none. Borrowed. */
const char *answer_code(const struct answer *answer);
