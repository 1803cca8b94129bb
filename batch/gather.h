/* gather: turns the events of the change stream into flushes (docs/protocol.md, "Gather"). Pure: no I/O, no
 * clock.
 *
 * A flush never splits the events of one cluster time: what came last is held back until it is known to be
 * whole.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "base/cluster_time.h"
#include "batch/flush.h"
#include "domain/event.h"

struct gather_limits {
  guint buckets; /* gather no more than this while a flush is in flight */
  guint bound;   /* beyond this the dirty set widens: minutes to hours, hours to re-cuts */
};

struct gather;

/* Begins after `from`: every event at or before it is known to be counted. */
struct gather *gather_new(const struct gather_limits *limits, cluster_time from, const char *pipeline);
void gather_free(struct gather *gather);

/* Takes in an event. Repeated ones (at <= from) are ignored. */
void gather_add(struct gather *gather, const struct event *event);

/* Whether there is something that a flush would move: at least time. */
bool gather_ready(const struct gather *gather);

/* Whether the gathered flush should go now: `idle`: nothing is in flight; `now_ms`: wall time. Nothing goes
 * that is older than the snapshot window allows, while newer events may still come. */
bool gather_due(const struct gather *gather, bool idle, int64_t now_ms);

/* Whether no more events should be taken in before a flush has gone: enough for one is there, and it is
 * recent enough to go. While catching up it is never full; the dirty set widens instead. */
bool gather_full(const struct gather *gather, int64_t now_ms);

/* Moves what is ready into a new flush, whose `from` is where the last one that was done ended. The caller
 * owns it, and must say how it went: gather_done or gather_failed. */
void gather_take(struct gather *gather, struct flush *out);

/* The flush was written (or was written before): `from` moves to its end. */
void gather_done(struct gather *gather, const struct flush *flush);

/* It was not: its events are merged into the next, and `from` stays. `stale`: its end cannot be read any
 * more, so that the next must end later. */
void gather_failed(struct gather *gather, const struct flush *flush, bool stale);
