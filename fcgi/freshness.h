/* freshness: the two ways to ask for figures that are new enough: `after=<position>` waits for one's own
 * order, `max_staleness=2s` refuses older figures instead of showing them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cluster_time.h"
#include "fcgi/exchange.h"

struct freshness {
  bool has_after;
  cluster_time after;
  bool has_max_staleness;
  int64_t max_staleness_ms;
};

/* Reads `after` and `max_staleness` of the query; what is wrong goes into x->violations. */
void freshness_read(struct exchange *x, struct freshness *out);

/* Waits until the picture of x->merchant has passed `after`: at most limits.after_wait_ms, and in a place of
 * its own (fcgi/waiting.h) unless it has passed already. A position that lies in the future is not waited
 * for. Returns false after it has answered position_not_reached, or whatever kept it from reading. */
bool freshness_wait(struct exchange *x, const struct freshness *freshness);

/* Whether a picture that was read is new enough; false after it has answered position_not_reached or
 * too_stale. */
bool freshness_check(struct exchange *x, const struct freshness *freshness, cluster_time as_of,
                     int64_t lag_ms);
