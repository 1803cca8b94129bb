/* zone: an IANA time zone: what a merchant's clock shows. Rules come from tzdata through GLib's GTimeZone;
 * C's TZ is never touched. A zone is immutable and may be shared by threads. */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct zone;

/* Opens a zone by its IANA name ("Europe/Berlin", "UTC"). Names that are not plain (slashes between words of
 * [A-Za-z0-9_+-], no "..", no leading slash, <= 64 bytes) or unknown: RESULT_INVALID. Caller owns *out:
 * zone_free. */
MUST_CHECK enum result zone_open(const char *name, struct zone **out, struct err *e);
void zone_free(struct zone *zone);
const char *zone_name(const struct zone *zone);

/* Seconds east of UTC at that instant (seconds since the epoch, 1970 .. 2100). */
int32_t zone_offset(const struct zone *zone, int64_t t);

/* The run of instants around t with one offset: [start, end). */
struct zone_run {
  int64_t start; /* INT64_MIN when no earlier change is known */
  int64_t end;   /* INT64_MAX when no later one is */
  int32_t offset;
};
struct zone_run zone_run_at(const struct zone *zone, int64_t t);

/* The coarsest of 3600, 900, 60 and 1 seconds such that within [from, to) every offset and every change of
 * offset is a multiple of it: entries grouped by UTC steps of that size fall wholly into one local hour. */
int zone_grain(const struct zone *zone, int64_t from, int64_t to);

/* 16 hex digits over all changes of offset 1970 .. 2100: tells when tzdata changed under stored rows.
 * Borrowed. */
const char *zone_rules_hash(const struct zone *zone);
