/* rebuild: finds a position for the stream where there is none, and re-cuts everybody (docs/protocol.md,
 * "Rebuild"). */
#pragma once

#include <stdbool.h>

#include "base/cluster_time.h"
#include "batch/batch.h"

/* The position that the tailer opened its stream at, before this was asked. */
struct rebuild {
  cluster_time mark; /* T0 */
  const char *token; /* the stream's position at T0 */
  const char *pipeline;
  bool new_epoch; /* the token's history is gone (a restored database): all cards are unknown at once */
  bool resume;    /* the mark is in the head already: go on */
};

enum rebuild_outcome {
  REBUILD_DONE,  /* ck >= mark, and the mark is gone */
  REBUILD_LOST,  /* another rebuild took over: open the stream again at what the head says */
  REBUILD_RETRY, /* transient: ask again with resume */
};

enum rebuild_outcome rebuild_run(struct batch *batch, const struct rebuild *rebuild, struct err *e);

const char *rebuild_outcome_name(enum rebuild_outcome outcome);

/* Re-cuts merchants whose cards were cut under another metric table or other zone rules (after an upgrade),
 * one after the other, until `budget_ms` have passed. *all: none is left. One that cannot be cut does not
 * keep the others from it; the first failure is the result. */
MUST_CHECK enum result rebuild_outdated(struct batch *batch, int64_t budget_ms, bool *all, struct err *e);
