/* cursor_key: the key under which cursors are sealed that a caller must not be able to make: random, made by
 * the first worker that needs it, kept in Redis for all workers. When Redis has lost it, there is another,
 * and cursors from before cannot be used. */
#pragma once

#include <stdint.h>

#include "stores/redis.h"

#define CURSOR_KEY_SIZE 32

/* RESULT_CORRUPT: what is stored is no key. */
MUST_CHECK enum result cursor_key_read(struct redis *redis, uint8_t out[CURSOR_KEY_SIZE], struct err *e);
