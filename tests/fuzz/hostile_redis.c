#include "tests/fuzz/hostile_redis.h"

#include <string.h>

#include "stores/kv_redis.h"
#include "stores/redis.h"

#define ELEMENTS_MAX 100000

struct redis {
  redisReader *reader; /* NULL: not connected */
  uint64_t connections;
  struct kv *kv;
};

static hostile_redis_fn server;

void hostile_redis_is(hostile_redis_fn other)
{
  server = other;
}

enum result redis_new(const struct conf *conf, enum conf_program program, struct redis **out, struct err *e)
{
  (void)conf, (void)program, (void)e;
  *out = g_new0(struct redis, 1);
  return RESULT_OK;
}

static void disconnect(struct redis *redis)
{
  g_clear_pointer(&redis->reader, redisReaderFree);
}

void redis_free(struct redis *redis)
{
  disconnect(redis);
  kv_redis_free(redis->kv);
  g_free(redis);
}

uint64_t redis_connection(struct redis *redis)
{
  return redis->reader != NULL ? redis->connections : 0;
}

enum result redis_connect(struct redis *redis, uint64_t *connection, struct err *e)
{
  (void)e;
  if (redis->reader == NULL) {
    redis->reader = redisReaderCreate();
    redis->connections++;
  }
  *connection = redis->connections;
  return RESULT_OK;
}

/* hiredis allots as many elements as are announced before there is one: such an announcement costs it memory,
 * and finds nothing out about us. */
static bool announces_too_much(const GString *reply)
{
  for (const char *p = reply->str; (p = memchr(p, '*', reply->len - (size_t)(p - reply->str))) != NULL; p++)
    if (g_ascii_strtoull(p + 1, NULL, 10) > ELEMENTS_MAX)
      return true;
  return false;
}

MUST_CHECK static enum result lost(struct redis *redis, struct err *e)
{
  disconnect(redis);
  return err_set(e, RESULT_UNAVAILABLE, "Redis: the connection is lost");
}

enum result redis_send(struct redis *redis, int argc, const char **argv, const size_t *lengths, struct err *e)
{
  if (redis->reader == NULL)
    return lost(redis, e);
  g_autoptr(GString) reply = g_string_new(NULL);
  server(argc, argv, lengths, reply);
  if (announces_too_much(reply) || redisReaderFeed(redis->reader, reply->str, reply->len) != REDIS_OK)
    return lost(redis, e);
  return RESULT_OK;
}

/* A reply that is not complete never comes: the deadline passes. */
enum result redis_receive(struct redis *redis, redisReply **reply, struct err *e)
{
  void *got = NULL;
  if (redis->reader == NULL || redisReaderGetReply(redis->reader, &got) != REDIS_OK || got == NULL)
    return lost(redis, e);
  *reply = got;
  if ((*reply)->type != REDIS_REPLY_ERROR)
    return RESULT_OK;
  freeReplyObject(*reply);
  *reply = NULL;
  disconnect(redis);
  return err_set(e, RESULT_INTERNAL, "Redis: refused");
}

struct kv *redis_kv(struct redis *redis)
{
  if (redis->kv == NULL)
    redis->kv = kv_redis_new(redis);
  return redis->kv;
}

void redis_set_timeout(struct redis *redis, int64_t command_timeout_ms)
{
  (void)redis, (void)command_timeout_ms;
}
