#include "stores/kv.h"

static void op_clear(gpointer item)
{
  struct kv_op *op = item;
  g_free(op->key);
  g_clear_pointer(&op->data, g_bytes_unref);
}

void kv_writes_init(struct kv_writes *writes)
{
  writes->ops = g_array_new(FALSE, FALSE, sizeof(struct kv_op));
  g_array_set_clear_func(writes->ops, op_clear);
}

void kv_writes_clear(struct kv_writes *writes)
{
  g_clear_pointer(&writes->ops, g_array_unref);
}

static void put(struct kv_writes *writes, enum kv_op_kind kind, const char *key, size_t offset, GBytes *data)
{
  struct kv_op op = {.kind = kind, .key = g_strdup(key), .offset = offset, .data = data};
  g_array_append_val(writes->ops, op);
}

void kv_writes_set(struct kv_writes *writes, const char *key, const void *data, size_t length)
{
  put(writes, KV_SET, key, 0, g_bytes_new(data, length));
}

void kv_writes_set_range(struct kv_writes *writes, const char *key, size_t offset, const void *data,
                         size_t length)
{
  put(writes, KV_SET_RANGE, key, offset, g_bytes_new(data, length));
}

void kv_writes_delete(struct kv_writes *writes, const char *key)
{
  put(writes, KV_DELETE, key, 0, NULL);
}

void kv_writes_publish(struct kv_writes *writes, const char *channel, const void *data, size_t length)
{
  put(writes, KV_PUBLISH, channel, 0, g_bytes_new(data, length));
}

void kv_values_clear(kv_value *values, size_t count)
{
  for (size_t i = 0; i < count; i++)
    g_clear_pointer(&values[i], g_bytes_unref);
}
