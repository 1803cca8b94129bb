/* ended_tell: tells takings-push at once that a session, a user's sessions or a key have ended, for the files
 * of lib/stores that end them. */
#pragma once

#include "stores/redis.h"
#include "translation/ended.h"

/* After the change, so that whoever comes again is judged by it. It is tried twice; a failure is
 * logged and counted and no more: what has ended has ended, and a stream goes on until its time is up at
 * most. */
void ended_tell(struct redis *redis, enum ended_kind kind, const char *id);
