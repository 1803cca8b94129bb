/* Commands whole: over a connection that redis.c holds, or whatever stands in for it in a test. */
#include <stdarg.h>
#include <string.h>

#include "stores/redis.h"

#define ARGUMENTS_MAX 32

enum result redis_command(struct redis *redis, int argc, const char **argv, const size_t *lengths,
                          redisReply **reply, struct err *e)
{
  uint64_t connection = 0;
  enum result r = redis_connect(redis, &connection, e);
  if (r == RESULT_OK)
    r = redis_send(redis, argc, argv, lengths, e);
  if (r == RESULT_OK)
    r = redis_receive(redis, reply, e);
  return r;
}

enum result redis_call(struct redis *redis, redisReply **reply, struct err *e, const char *command, ...)
{
  const char *argv[ARGUMENTS_MAX];
  size_t lengths[ARGUMENTS_MAX];
  int argc = 0;
  va_list args;
  va_start(args, command);
  for (const char *arg = command; arg != NULL && argc < ARGUMENTS_MAX; arg = va_arg(args, const char *)) {
    argv[argc] = arg;
    lengths[argc++] = strlen(arg);
  }
  va_end(args);
  g_return_val_if_fail(argc < ARGUMENTS_MAX, RESULT_INTERNAL);
  return redis_command(redis, argc, argv, lengths, reply, e);
}

enum result redis_ping(struct redis *redis, struct err *e)
{
  redisReply *reply = NULL;
  enum result r = redis_call(redis, &reply, e, "PING", NULL);
  if (r == RESULT_OK)
    freeReplyObject(reply);
  return r;
}
