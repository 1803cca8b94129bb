/* mongo_door: which threads of a worker may be inside MongoDB, so that a server that hangs never holds all of
 * them and whatever needs no MongoDB goes on. A struct mongo_door is shared by threads.
 *
 * At most `places` callers are inside at once; others wait for `wait_ms`. MongoDB is ill when a caller is
 * inside, or the last one was, for longer than MONGO_DOOR_SLOW_MS, and none has been quick for as long: then
 * one caller at a time may try it, and the others are turned away after MONGO_DOOR_ILL_WAIT_MS. A call that
 * is quick again ends the illness, whatever its result: a failure that comes at once holds nobody. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

#define MONGO_DOOR_SLOW_MS 2000
#define MONGO_DOOR_ILL_WAIT_MS 20

struct mongo_door;

/* `places` >= 1. The clock is borrowed; it measures how long callers are inside. Caller owns it:
 * mongo_door_free. */
struct mongo_door *mongo_door_new(int places, int64_t wait_ms, struct clock *clock);
void mongo_door_free(struct mongo_door *door);

/* Whether `who` (any pointer that nobody else is inside under) is let in. If so: mongo_door_leave. */
MUST_CHECK bool mongo_door_enter(struct mongo_door *door, const void *who);
/* That one asks for so much that it may take long while MongoDB is well: how long tells nothing. */
void mongo_door_expect_slow(struct mongo_door *door, const void *who);
void mongo_door_leave(struct mongo_door *door, const void *who);
