/* Redis and the kv on it: reading strings, and the key of cursors, which is always there. */
#include <string.h>

#include "stores/cursor_key.h"
#include "tests/worker/world.h"

struct redis {
  struct kv kv;
};

static enum result away(struct err *e)
{
  return world.redis_away ? err_set(e, RESULT_UNAVAILABLE, "Redis is away") : RESULT_OK;
}

static enum result get(struct kv *self, const char *const *keys, size_t count, kv_value *values,
                       struct err *e)
{
  (void)self;
  pthread_mutex_lock(&world.lock);
  enum result r = away(e);
  for (size_t i = 0; i < count && r == RESULT_OK; i++) {
    values[i] = g_hash_table_lookup(world.strings, keys[i]);
    if (values[i] != NULL)
      g_bytes_ref(values[i]);
  }
  pthread_mutex_unlock(&world.lock);
  return r;
}

enum result redis_new(const struct conf *conf, enum conf_program program, struct redis **out, struct err *e)
{
  (void)conf, (void)program, (void)e;
  *out = g_new0(struct redis, 1);
  (*out)->kv.get = get;
  return RESULT_OK;
}

void redis_free(struct redis *redis)
{
  g_free(redis);
}

struct kv *redis_kv(struct redis *redis)
{
  return &redis->kv;
}

enum result redis_ping(struct redis *redis, struct err *e)
{
  (void)redis;
  pthread_mutex_lock(&world.lock);
  enum result r = away(e);
  pthread_mutex_unlock(&world.lock);
  return r;
}

enum result cursor_key_read(struct redis *redis, uint8_t out[CURSOR_KEY_SIZE], struct err *e)
{
  memset(out, 'k', CURSOR_KEY_SIZE);
  return redis_ping(redis, e);
}
