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
