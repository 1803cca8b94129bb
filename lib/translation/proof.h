/* proof: what verify found last for a merchant (Redis key tk:{m}:proof; every one is also kept in MongoDB),
 * in text form. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "base/cluster_time.h"
#include "base/err.h"

struct proof {
  bool any;                 /* false: never verified */
  int64_t at_ms;            /* when */
  cluster_time as_of;       /* of the picture that was compared */
  int64_t from, to;         /* what was compared, seconds */
  int64_t differing;        /* buckets that differed */
  int64_t verified_through; /* seconds: end of the newest hour such that it and all before it equalled the
                               ledger; 0: no hour yet */
  int64_t drift;            /* differences ever found for this merchant; must be 0 */
};

char *proof_encode(const struct proof *proof); /* g_free */
MUST_CHECK enum result proof_decode(GBytes *bytes, struct proof *out,
                                    struct err *e); /* NULL bytes: any = false */
