/* stream_mongo: the change stream on database takings (stores/stream.h), read by a thread of its own into a
 * bounded queue.
 *
 * No $match (a resume point must never be hidden): every event comes, projected to its key, name space, type,
 * times, the bulk mark and the request's id. A ledger key that does not parse is written to quarantine and
 * counted.
 */
#pragma once

#include "base/clock.h"
#include "stores/mongo.h"
#include "stores/stream.h"

/* 16 hex digits over what the stream projects: a token is good for the same pipeline only. */
#define STREAM_PIPELINE_SIZE 17
void stream_mongo_pipeline(char out[STREAM_PIPELINE_SIZE]);

/* `mongo` and `clock` are borrowed. Caller owns: stream_mongo_free. */
struct stream *stream_mongo_new(struct mongo *mongo, struct clock *clock);
void stream_mongo_free(struct stream *stream);

/* Becomes readable when an event or a failure is there; cleared by `next`. */
int stream_mongo_fd(const struct stream *stream);
