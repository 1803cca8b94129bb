/* follow: what the tailer does: it keeps a stream open at the right place, gathers events, and hands flushes
 * and rebuilds to the batch, one at a time (docs/protocol.md, "Follow"). Stream, link and clock are
 * interfaces: the simulation runs the same code.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "batch/flush.h"
#include "batch/gather.h"
#include "batch/rebuild.h"
#include "stores/kv.h"
#include "stores/stream.h"

enum link_reply_kind { LINK_FLUSHED, LINK_REBUILT };

struct link_reply {
  enum link_reply_kind kind;
  enum flush_outcome flush;     /* LINK_FLUSHED */
  enum rebuild_outcome rebuild; /* LINK_REBUILT */
};

/* The batch at the other end of the pipe. RESULT_UNAVAILABLE: it died; what was sent may or may not have been
 * done. */
struct link {
  MUST_CHECK enum result (*flush)(struct link *self, const struct flush *flush, struct err *e);
  MUST_CHECK enum result (*rebuild)(struct link *self, const struct rebuild *rebuild, struct err *e);
  /* The reply, if one is there; never waits. */
  MUST_CHECK enum result (*receive)(struct link *self, bool *got, struct link_reply *out, struct err *e);
};

struct follow_options {
  struct gather_limits limits;
  int64_t heartbeat_ms;
  const char *pipeline; /* hash of what the stream projects */
};

struct follow;

/* All are borrowed for the follow's life. */
struct follow *follow_new(struct kv *kv, struct stream *stream, struct link *link, struct clock *clock,
                          const struct follow_options *options);
void follow_free(struct follow *follow);

/* One step: takes in what is there and sends what is due. Returns how long (ms) the caller may wait for
 * stream or link before the next step; 0: go on at once. Failures are logged and met by opening again, with
 * back-off. */
int64_t follow_step(struct follow *follow);
