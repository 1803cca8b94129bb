/* scrape: GET /metrics: the counters of all processes as Prometheus' text format 0.0.4, at the local
 * listener.
 */
#pragma once

#include "fcgi/exchange.h"

/* Asks both stores how they are. What cannot be known is left out, and a gauge ..._up says 0: a zero is never
 * made up. */
void scrape_get(struct exchange *x);
