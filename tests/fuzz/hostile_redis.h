/* hostile_redis: stores/redis.h with a server that answers what a target likes, linked before libtakings.a.
 * The replies go as bytes through hiredis' reader; nothing is sent anywhere. */
#pragma once

#include <stddef.h>

#include <glib.h>

/* Appends the bytes of the reply to a command. */
typedef void (*hostile_redis_fn)(int argc, const char **argv, const size_t *lengths, GString *reply);

/* The server, until another one is named. */
void hostile_redis_is(hostile_redis_fn server);
