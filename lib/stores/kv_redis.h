/* kv_redis: the aggregates' store on a Redis connection (stores/kv.h). Got and freed through redis_kv and
 * redis_free. */
#pragma once

#include "stores/kv.h"

struct redis;

struct kv *kv_redis_new(struct redis *redis);
void kv_redis_free(struct kv *kv);
