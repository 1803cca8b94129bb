/* recut: folds a merchant's whole history at one cluster time and puts it in place of what was served
 * (docs/protocol.md, "Re-cut"). */
#pragma once

#include "batch/batch.h"

/* Cuts the merchant at the present cluster time, which is at least `not_before`. RESULT_OK: its card's base
 * is past `not_before` (also when somebody else did it). RESULT_NOT_FOUND: no such merchant.
 * RESULT_UNAVAILABLE: try again later (a store is away, there is no head to belong to); nothing was written,
 * or it is not known. RESULT_CONFLICT: nothing was written, for the checkpoint, which another tailer moves,
 * was past the cut each time. */
MUST_CHECK enum result recut_merchant(struct batch *batch, const char *merchant, cluster_time not_before,
                                      struct err *e);

/* The zone's rules on this machine as a card has them: the hash, or "-" for a zone that is unknown here. */
const char *recut_zone_rules(const char *zone);
