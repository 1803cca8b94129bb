/* stream: the change stream as the tailer sees it. An interface: stores/stream_mongo.h is the real one, the
 * simulation has its own. */
#pragma once

#include <stdbool.h>

#include "base/cluster_time.h"
#include "base/err.h"
#include "domain/event.h"

/* Failures: RESULT_STALE: the history after that position is gone; RESULT_NOT_FOUND: the position is of
 * another history (the database was restored); RESULT_UNAVAILABLE: open it again later. */
struct stream {
  MUST_CHECK enum result (*now)(struct stream *self, cluster_time *out, struct err *e);
  /* Opens at a position (translation/position.h). */
  MUST_CHECK enum result (*open)(struct stream *self, const char *position, struct err *e);
  void (*close)(struct stream *self);
  /* The next event, if one is there; never waits. What `out` borrows lives until the next call. */
  MUST_CHECK enum result (*next)(struct stream *self, bool *got, struct event *out, struct err *e);
  /* Makes an event that moves nothing but time. */
  MUST_CHECK enum result (*heartbeat)(struct stream *self, struct err *e);
};
