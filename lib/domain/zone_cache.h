/* zone_cache: opened zones, kept for the life of the process and shared by its threads; there are some
 * hundred names. */
#pragma once

#include "base/err.h"
#include "domain/zone.h"

/* As zone_open; *out is borrowed and lives for ever. A name that is unknown is asked for again each time. */
MUST_CHECK enum result zone_cache_get(const char *name, const struct zone **out, struct err *e);

/* The zone with exactly these rules (zone_rules_hash), as rows were cut under them. When tzdata changed since
 * the zone was opened it is opened anew. RESULT_STALE: this machine has other rules; RESULT_INVALID: no such
 * zone. */
MUST_CHECK enum result zone_cache_get_of(const char *name, const char *rules, const struct zone **out,
                                         struct err *e);
