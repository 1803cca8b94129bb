/* batch: what every operation on the aggregates works with. The stores are interfaces, so that the same code
 * runs over MongoDB and Redis and in the simulation. */
#pragma once

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

/* How often a commit is tried again after somebody else changed what it had read, before it counts as
 * transient. */
#define BATCH_CONFLICTS_MAX 20
