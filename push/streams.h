/* streams: server-sent events over HTTP (libevent's evhttp), for nginx, which alone comes to the socket.
 *
 *   GET /live?merchant=<id>&asked=<ms>&lasts=<ms>&key=<id>
 *   GET /live?merchant=<id>&asked=<ms>&lasts=<ms>&user=<id>&session=<name>
 *
 * is what the worker has nginx ask when it has let somebody in (fcgi/live.c); `asked`: when it began with the
 * request (monotonic), `lasts`: for how long what they came with is good. 503: nobody can be admitted just
 * now; 400: none of the worker's addresses. What a stream says is told in push/hub.h.
 */
#pragma once

#include <event2/event.h>

#include "base/clock.h"
#include "base/err.h"
#include "push/hub.h"

struct streams;

/* Serves connections of a listening socket, which is the caller's and stays open. What it is given outlives
 * it. Caller owns *out: streams_free. */
MUST_CHECK enum result streams_new(struct event_base *base, struct hub *hub, struct clock *clock,
                                   int listen_fd, size_t buffer, struct streams **out, struct err *e);
void streams_free(struct streams *streams);

/* Takes no more connections. */
void streams_close(struct streams *streams);

/* Open ones, those that the hub has dropped and that are not sent to their end included. */
size_t streams_count(const struct streams *streams);
