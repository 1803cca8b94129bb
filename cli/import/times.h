/* times: when a row of a file says that its order was placed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/zone.h"

struct times;

/* `zone` is borrowed; dates are meant in it. Caller owns: times_free. */
struct times *times_new(const struct zone *zone);
void times_free(struct times *times);

/* "2026-03-29T01:30:00Z" (RFC 3339), or a date alone, "2026-03-29" or "20260329": the start of that local
 * day. RESULT_INVALID: not one of them, or a date that the zone skipped. */
MUST_CHECK enum result times_parse(struct times *times, const char *text, int64_t *ms, struct err *e);
