/* zone_cache: opened zones, kept for the life of the process and shared by its threads; there are some
 * hundred names. */
#pragma once

#include "base/err.h"
#include "domain/zone.h"

/* As zone_open; *out is borrowed and lives for ever. A name that is unknown is asked for again each time. */
MUST_CHECK enum result zone_cache_get(const char *name, const struct zone **out, struct err *e);
