/* standing: where a merchant's picture stands, as the operations of cron read it: head and card together, at
 * one instant with whatever else is read. */
#pragma once

#include "base/cluster_time.h"
#include "base/err.h"
#include "domain/zone.h"
#include "stores/kv.h"
#include "translation/card.h"

struct standing {
  struct card card;
  const struct zone *zone; /* borrowed from zone_cache */
  cluster_time as_of;      /* max(ck, base) */
};

/* From the values of head and card. RESULT_STALE: no head, no card, another epoch, another metric table,
 * other zone rules than this machine's, or a merchant that cannot be cut. */
MUST_CHECK enum result standing_of(kv_value head, kv_value card, struct standing *out, struct err *e);

/* Reads both. */
MUST_CHECK enum result standing_read(struct kv *kv, const char *merchant, struct standing *out,
                                     struct err *e);
