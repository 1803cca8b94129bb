/* kv: the aggregates' store as the protocol needs it: strings by key, one read of many keys at one instant,
 * and optimistic transactions (WATCH, read, MULTI ... EXEC).
 *
 * Two implementations: Redis (redis_kv in stores/redis.h) and memory (tests/sim). One kv belongs to one
 * thread. A failed call may have lost the watch: call unwatch and begin again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "base/err.h"

/* A value read: NULL when the key does not exist. */
typedef GBytes *kv_value;

enum kv_op_kind { KV_SET, KV_SET_RANGE, KV_DELETE, KV_PUBLISH };

struct kv_op {
  enum kv_op_kind kind;
  char *key;     /* of the string, or the channel */
  size_t offset; /* KV_SET_RANGE: bytes before it are kept, or zero where there were none */
  GBytes *data;  /* NULL for KV_DELETE */
};

/* What a transaction will write, in order. Owns what is put in. */
struct kv_writes {
  GArray *ops; /* of struct kv_op */
};

void kv_writes_init(struct kv_writes *writes);
void kv_writes_clear(struct kv_writes *writes);
void kv_writes_set(struct kv_writes *writes, const char *key, const void *data, size_t length);
void kv_writes_set_range(struct kv_writes *writes, const char *key, size_t offset, const void *data,
                         size_t length);
void kv_writes_delete(struct kv_writes *writes, const char *key);
void kv_writes_publish(struct kv_writes *writes, const char *channel, const void *data, size_t length);

struct kv {
  /* From here until exec or unwatch, a change of any of these keys by anybody makes exec refuse. Adds to what
   * is watched already. RESULT_UNAVAILABLE: nothing is watched any more. */
  MUST_CHECK enum result (*watch)(struct kv *self, const char *const *keys, size_t count, struct err *e);

  /* Reads all keys at one instant. values[count]; the caller owns each: kv_values_clear. */
  MUST_CHECK enum result (*get)(struct kv *self, const char *const *keys, size_t count, kv_value *values,
                                struct err *e);

  /* Writes all or nothing and ends the watch. RESULT_OK: written. RESULT_CONFLICT: nothing written, a watched
   * key had changed. RESULT_UNAVAILABLE: not known whether it was written; read again. */
  MUST_CHECK enum result (*exec)(struct kv *self, const struct kv_writes *writes, struct err *e);

  /* Ends the watch without writing. */
  void (*unwatch)(struct kv *self);

  /* Calls `each` for the name of every key that begins with `prefix`; a key may come twice, and one that is
   * made or deleted meanwhile may come or not. */
  MUST_CHECK enum result (*scan)(struct kv *self, const char *prefix,
                                 void (*each)(const char *key, void *arg), void *arg, struct err *e);
};

void kv_values_clear(kv_value *values, size_t count);
