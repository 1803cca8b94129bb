/* redis: one hiredis connection with its time-outs, made anew after any error. Belongs to one thread.
 *
 * A call takes at most connect_timeout_ms + two command_timeout_ms, and 0.1 s more for each MB that it sends.
 */
#pragma once

#include <stdint.h>

#include <hiredis/hiredis.h>

#include "base/conf.h"
#include "base/err.h"
#include "stores/kv.h"

struct redis;

/* Opens no connection yet; the first command does. Ignores SIGPIPE in the whole process. Caller owns:
 * redis_free. RESULT_INVALID: a secret cannot be read. */
MUST_CHECK enum result redis_new(const struct conf *conf, enum conf_program program, struct redis **out,
                                 struct err *e);
void redis_free(struct redis *redis);

/* For programs nobody waits for (batch, cron, tools): a longer wait for each reply than the configured one.
 */
void redis_set_timeout(struct redis *redis, int64_t command_timeout_ms);

/* One command by lengths (never a format string). *reply is never NULL on RESULT_OK and never an error reply;
 * the caller owns it: freeReplyObject. Any failure closes the connection; the next call connects again,
 * though after a deadline that passed it fails at once for a moment. RESULT_UNAVAILABLE: Redis is away, too
 * slow, loading, full or refuses our user; RESULT_INTERNAL: it does not like the command. */
MUST_CHECK enum result redis_command(struct redis *redis, int argc, const char **argv, const size_t *lengths,
                                     redisReply **reply, struct err *e);
/* The same for plain strings, NULL-terminated list. */
MUST_CHECK enum result redis_call(struct redis *redis, redisReply **reply, struct err *e, const char *command,
                                  ...) __attribute__((sentinel));

/* The aggregates' store on this connection; borrowed, lives as long as `redis`. Commands of a transaction are
 * pipelined. */
struct kv *redis_kv(struct redis *redis);

MUST_CHECK enum result redis_ping(struct redis *redis, struct err *e);

/* ---- pipelines, for stores/kv_redis.c ---- */

/* Connects unless the connection is alive. *connection names it: another number later means that it was lost,
 * and with it what was watched. */
MUST_CHECK enum result redis_connect(struct redis *redis, uint64_t *connection, struct err *e);
/* The same number, without connecting; 0 when there is no connection or the server has hung up. */
uint64_t redis_connection(struct redis *redis);

/* On a connection: adds a command to what is sent; then fetches the replies in order, each as redis_command
 * does. */
MUST_CHECK enum result redis_send(struct redis *redis, int argc, const char **argv, const size_t *lengths,
                                  struct err *e);
MUST_CHECK enum result redis_receive(struct redis *redis, redisReply **reply, struct err *e);
