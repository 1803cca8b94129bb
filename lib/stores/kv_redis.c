#include "stores/kv_redis.h"

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "stores/redis.h"

#define SCAN_COUNT "1000"

struct kv_redis {
  struct kv kv;
  struct redis *redis;
  uint64_t watched_on; /* the connection that the watch belongs to; 0: nothing is watched */
};

static struct kv_redis *of(struct kv *self)
{
  return (struct kv_redis *)(void *)self;
}

/* One command with `count` keys behind its name. */
MUST_CHECK static enum result command_with_keys(struct kv_redis *kv, const char *name,
                                                const char *const *keys, size_t count, redisReply **reply,
                                                struct err *e)
{
  g_autofree const char **argv = g_new(const char *, count + 1);
  g_autofree size_t *lengths = g_new(size_t, count + 1);
  argv[0] = name;
  for (size_t i = 0; i < count; i++)
    argv[i + 1] = keys[i];
  for (size_t i = 0; i <= count; i++)
    lengths[i] = strlen(argv[i]);
  return redis_command(kv->redis, (int)count + 1, argv, lengths, reply, e);
}

/* A watch lives on one connection. What was watched on a lost one is watched no more, and to go on as if it
 * were would commit rows over somebody else's. */
static bool watch_lost(const struct kv_redis *kv)
{
  return kv->watched_on != 0 && redis_connection(kv->redis) != kv->watched_on;
}

MUST_CHECK static enum result watch(struct kv *self, const char *const *keys, size_t count, struct err *e)
{
  struct kv_redis *kv = of(self);
  if (count == 0)
    return RESULT_OK;
  bool was_lost = watch_lost(kv);
  uint64_t connection = kv->watched_on;
  kv->watched_on = 0;
  if (was_lost)
    return err_set(e, RESULT_UNAVAILABLE, "Redis: the connection was lost under a watch");
  enum result r = connection == 0 ? redis_connect(kv->redis, &connection, e) : RESULT_OK;
  redisReply *reply = NULL;
  if (r == RESULT_OK)
    r = command_with_keys(kv, "WATCH", keys, count, &reply, e);
  if (r != RESULT_OK)
    return r;
  freeReplyObject(reply);
  if (redis_connection(kv->redis) != connection)
    return err_set(e, RESULT_UNAVAILABLE, "Redis: the connection was lost under a watch");
  kv->watched_on = connection;
  return RESULT_OK;
}

MUST_CHECK static enum result get(struct kv *self, const char *const *keys, size_t count, kv_value *values,
                                  struct err *e)
{
  if (count == 0)
    return RESULT_OK;
  redisReply *reply = NULL;
  enum result r = command_with_keys(of(self), "MGET", keys, count, &reply, e);
  if (r != RESULT_OK)
    return r;
  bool complete = reply->elements == count || MUTANT("mget-believes-the-count");
  if (reply->type != REDIS_REPLY_ARRAY || !complete)
    r = err_set(e, RESULT_INTERNAL, "Redis: MGET: not an array of %zu", count);
  for (size_t i = 0; r == RESULT_OK && i < count; i++) {
    const redisReply *element = reply->element[i];
    values[i] = element->type == REDIS_REPLY_STRING ? g_bytes_new(element->str, element->len) : NULL;
  }
  freeReplyObject(reply);
  return r;
}

MUST_CHECK static enum result send_op(struct redis *redis, const struct kv_op *op, struct err *e)
{
  static const char *const names[] = {
      [KV_SET] = "SET", [KV_SET_RANGE] = "SETRANGE", [KV_DELETE] = "DEL", [KV_PUBLISH] = "PUBLISH"};
  char offset[24];
  const char *argv[4] = {names[op->kind], op->key};
  int argc = 2;
  if (op->kind == KV_SET_RANGE) {
    snprintf(offset, sizeof offset, "%zu", op->offset);
    argv[argc++] = offset;
  }
  size_t lengths[4];
  for (int i = 0; i < argc; i++)
    lengths[i] = strlen(argv[i]);
  if (op->kind != KV_DELETE) {
    size_t length = 0;
    const void *data = g_bytes_get_data(op->data, &length);
    argv[argc] = data != NULL ? data : "";
    lengths[argc++] = length;
  }
  return redis_send(redis, argc, argv, lengths, e);
}

MUST_CHECK static enum result send_word(struct redis *redis, const char *word, struct err *e)
{
  size_t length = strlen(word);
  return redis_send(redis, 1, &word, &length, e);
}

/* Replies to MULTI and to each queued command say nothing but that they were taken. */
MUST_CHECK static enum result receive_queued(struct redis *redis, size_t count, struct err *e)
{
  for (size_t i = 0; i < count; i++) {
    redisReply *reply = NULL;
    enum result r = redis_receive(redis, &reply, e);
    if (r != RESULT_OK)
      return r;
    freeReplyObject(reply);
  }
  return RESULT_OK;
}

/* A command that fails inside EXEC leaves those beside it done. Ours fail so only on a key of another type,
 * which none of our programs makes. */
MUST_CHECK static enum result receive_exec(struct redis *redis, struct err *e)
{
  redisReply *reply = NULL;
  enum result r = redis_receive(redis, &reply, e);
  if (r != RESULT_OK)
    return r;
  if (reply->type == REDIS_REPLY_NIL)
    r = err_set(e, RESULT_CONFLICT, "Redis: EXEC: a watched key has changed");
  else if (reply->type != REDIS_REPLY_ARRAY)
    r = err_set(e, RESULT_INTERNAL, "Redis: EXEC: not an array");
  for (size_t i = 0; r == RESULT_OK && i < reply->elements; i++)
    if (reply->element[i]->type == REDIS_REPLY_ERROR)
      r = err_set(e, RESULT_CORRUPT, "Redis: EXEC: command %zu of %zu failed", i + 1, reply->elements);
  freeReplyObject(reply);
  return r;
}

MUST_CHECK static enum result exec(struct kv *self, const struct kv_writes *writes, struct err *e)
{
  struct kv_redis *kv = of(self);
  bool was_lost = watch_lost(kv);
  uint64_t connection = kv->watched_on;
  kv->watched_on = 0;
  if (was_lost)
    return err_set(e, RESULT_CONFLICT, "Redis: the connection was lost under a watch");
  enum result r = connection == 0 ? redis_connect(kv->redis, &connection, e) : RESULT_OK;
  if (r == RESULT_OK)
    r = send_word(kv->redis, "MULTI", e);
  for (guint i = 0; r == RESULT_OK && i < writes->ops->len; i++)
    r = send_op(kv->redis, &g_array_index(writes->ops, struct kv_op, i), e);
  if (r == RESULT_OK)
    r = send_word(kv->redis, "EXEC", e);
  if (r == RESULT_OK)
    r = receive_queued(kv->redis, 1 + writes->ops->len, e);
  return r == RESULT_OK ? receive_exec(kv->redis, e) : r;
}

static void unwatch(struct kv *self)
{
  struct kv_redis *kv = of(self);
  bool live = kv->watched_on != 0 && !watch_lost(kv);
  kv->watched_on = 0;
  if (!live)
    return;
  /* A failure closes the connection, and that ends the watch as well. */
  redisReply *reply = NULL;
  if (redis_call(kv->redis, &reply, NULL, "UNWATCH", NULL) == RESULT_OK)
    freeReplyObject(reply);
}

/* The pattern that matches what begins with `prefix`, whatever it holds. */
static char *pattern_of(const char *prefix)
{
  GString *pattern = g_string_new(NULL);
  for (const char *p = prefix; *p != '\0'; p++) {
    if (strchr("*?[]\\", *p) != NULL)
      g_string_append_c(pattern, '\\');
    g_string_append_c(pattern, *p);
  }
  g_string_append_c(pattern, '*');
  return g_string_free(pattern, FALSE);
}

static bool is_page(const redisReply *reply)
{
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
      reply->element[0]->type != REDIS_REPLY_STRING || reply->element[1]->type != REDIS_REPLY_ARRAY)
    return false;
  const redisReply *names = reply->element[1];
  size_t texts = 0;
  while (texts < names->elements && names->element[texts]->type == REDIS_REPLY_STRING)
    texts++;
  return texts == names->elements;
}

MUST_CHECK static enum result scan(struct kv *self, const char *prefix,
                                   void (*each)(const char *key, void *arg), void *arg, struct err *e)
{
  g_autofree char *pattern = pattern_of(prefix);
  char cursor[24] = "0";
  do {
    redisReply *reply = NULL;
    enum result r =
        redis_call(of(self)->redis, &reply, e, "SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT, NULL);
    if (r != RESULT_OK)
      return r;
    if (!is_page(reply)) {
      freeReplyObject(reply);
      return err_set(e, RESULT_INTERNAL, "Redis: SCAN: not a page");
    }
    g_strlcpy(cursor, reply->element[0]->str, sizeof cursor);
    for (size_t i = 0; i < reply->element[1]->elements; i++)
      each(reply->element[1]->element[i]->str, arg);
    freeReplyObject(reply);
  } while (strcmp(cursor, "0") != 0);
  return RESULT_OK;
}

struct kv *kv_redis_new(struct redis *redis)
{
  struct kv_redis *kv = g_new0(struct kv_redis, 1);
  kv->kv = (struct kv){.watch = watch, .get = get, .exec = exec, .unwatch = unwatch, .scan = scan};
  kv->redis = redis;
  return &kv->kv;
}

void kv_redis_free(struct kv *kv)
{
  g_free(kv);
}
