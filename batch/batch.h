/* batch: what every operation on the aggregates works with. The stores are interfaces, so that the same code
 * runs over MongoDB and Redis and in the simulation. */
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "stores/fold.h"
#include "stores/kv.h"

struct backlog;

struct batch {
  struct kv *kv;
  struct fold_source *source;
  struct clock *clock;
  struct backlog *backlog; /* of whoever flushes or rebuilds (backlog.h); NULL in cron's programs */
};

/* So long after its re-cut has begun to fail a merchant may be given up, when the others have waited for it
 * as long. */
#define BATCH_PATIENCE_MS 60000

/* Whether both stores can be written to, and there is a head: then a re-cut that failed did so for its
 * merchant's sake. *now is MongoDB's time then. Ends any watch. */
bool batch_stores_take_writes(struct batch *batch, cluster_time *now);

/* How often a commit is tried again after somebody else changed what it had read, before it counts as
 * transient. */
#define BATCH_CONFLICTS_MAX 20
