/* redis: one hiredis connection with its time-outs, made anew after any error. Belongs to one thread. */
#pragma once

#include <hiredis/hiredis.h>

#include "base/conf.h"
#include "base/err.h"
#include "stores/kv.h"

struct redis;

/* Opens no connection yet; the first command does. Caller owns: redis_free. RESULT_INVALID: a secret cannot be read. */
MUST_CHECK enum result redis_new(const struct conf *conf, enum conf_program program, struct redis **out, struct err *e);
void redis_free(struct redis *redis);

/* One command by lengths (never a format string). *reply is never NULL on RESULT_OK and never an error reply; the caller
 * owns it: freeReplyObject. Any failure closes the connection; the next call connects again. */
MUST_CHECK enum result redis_command(struct redis *redis, int argc, const char **argv, const size_t *lengths,
                                     redisReply **reply, struct err *e);
/* The same for plain strings, NULL-terminated list. */
MUST_CHECK enum result redis_call(struct redis *redis, redisReply **reply, struct err *e, const char *command, ...)
    __attribute__((sentinel));

/* The aggregates' store on this connection; borrowed, lives as long as `redis`. Commands of a transaction are pipelined. */
struct kv *redis_kv(struct redis *redis);

MUST_CHECK enum result redis_ping(struct redis *redis, struct err *e);
