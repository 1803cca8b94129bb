#include "batch/batch.h"

#include "stores/keys.h"

/* Writes the head as it is: a Redis that is full, or cannot save, still answers who reads. */
MUST_CHECK static enum result rewrite_head(struct kv *kv, struct err *e)
{
  const char *keys[] = {KEY_HEAD};
  kv_value value = NULL;
  struct kv_writes writes;
  kv_writes_init(&writes);
  enum result r = kv->watch(kv, keys, 1, e);
  if (r == RESULT_OK)
    r = kv->get(kv, keys, 1, &value, e);
  if (r == RESULT_OK && value == NULL)
    r = err_set(e, RESULT_NOT_FOUND, "there is no head");
  if (r == RESULT_OK) {
    gsize size;
    const void *bytes = g_bytes_get_data(value, &size);
    kv_writes_set(&writes, KEY_HEAD, bytes, size);
    r = kv->exec(kv, &writes, e);
  } else {
    kv->unwatch(kv);
  }
  kv_values_clear(&value, 1);
  kv_writes_clear(&writes);
  return r;
}

bool batch_stores_take_writes(struct batch *batch, cluster_time *now)
{
  if (batch->source->now(batch->source, now, NULL) != RESULT_OK) /* which is a write */
    return false;
  enum result r = rewrite_head(batch->kv, NULL);
  return r == RESULT_OK || r == RESULT_CONFLICT; /* somebody else has written it */
}
