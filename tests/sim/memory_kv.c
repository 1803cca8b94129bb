#include "tests/sim/memory_kv.h"

#include <string.h>

struct memory_kv {
  struct kv kv;
  struct memory_server *server;
  memory_gate gate;
  void *gate_arg;
  GHashTable *watched; /* key to its change number then */
  guint64 start;       /* of the server, when the first of them was watched */
};

static struct memory_kv *self_of(struct kv *kv)
{
  return (struct memory_kv *)kv;
}

static void bytes_unref_or_null(void *data)
{
  if (data != NULL)
    g_bytes_unref(data);
}

/* ---- the server ---- */

void memory_server_init(struct memory_server *server)
{
  server->strings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, bytes_unref_or_null);
  server->changes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  server->changed = 0;
  server->undo = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
  server->commits = 0;
  server->starts = 0;
}

void memory_server_clear(struct memory_server *server)
{
  g_hash_table_unref(server->strings);
  g_hash_table_unref(server->changes);
  g_ptr_array_unref(server->undo);
}

static void note_change(struct memory_server *server, const char *key)
{
  g_hash_table_insert(server->changes, g_strdup(key), GSIZE_TO_POINTER(++server->changed));
}

static void set_string(struct memory_server *server, const char *key, GBytes *value)
{
  if (value != NULL)
    g_hash_table_insert(server->strings, g_strdup(key), g_bytes_ref(value));
  else
    g_hash_table_remove(server->strings, key);
  note_change(server, key);
}

/* Keeps what a key was before this commit touched it. */
static void keep_former(struct memory_server *server, GHashTable *former, const char *key)
{
  if (g_hash_table_contains(former, key))
    return;
  GBytes *value = g_hash_table_lookup(server->strings, key);
  g_hash_table_insert(former, g_strdup(key), value != NULL ? g_bytes_ref(value) : NULL);
}

static GHashTable *new_former(void)
{
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, bytes_unref_or_null);
}

void memory_server_lose(struct memory_server *server, guint count)
{
  server->starts++;
  for (; count > 0 && server->undo->len > 0; count--) {
    GHashTable *former = g_ptr_array_index(server->undo, server->undo->len - 1);
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, former);
    while (g_hash_table_iter_next(&iter, &key, &value))
      set_string(server, key, value);
    g_ptr_array_set_size(server->undo, (gint)server->undo->len - 1);
  }
}

void memory_server_flush_all(struct memory_server *server)
{
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init(&iter, server->strings);
  while (g_hash_table_iter_next(&iter, &key, NULL))
    note_change(server, key);
  g_hash_table_remove_all(server->strings);
  g_ptr_array_set_size(server->undo, 0);
}

void memory_server_garble(struct memory_server *server, const char *key)
{
  g_autoptr(GBytes) garbage = g_bytes_new_static("x", 1);
  if (g_hash_table_contains(server->strings, key))
    set_string(server, key, garbage);
}

static GBytes *with_range(GBytes *old, size_t offset, GBytes *data)
{
  gsize old_length = 0, length = 0;
  const uint8_t *old_bytes = old != NULL ? g_bytes_get_data(old, &old_length) : NULL;
  const uint8_t *bytes = g_bytes_get_data(data, &length);
  gsize size = MAX(old_length, offset + length);
  uint8_t *out = g_malloc0(size);
  if (old_length > 0)
    memcpy(out, old_bytes, old_length);
  memcpy(out + offset, bytes, length);
  return g_bytes_new_take(out, size);
}

static void apply(struct memory_server *server, const struct kv_op *op)
{
  if (op->kind == KV_SET || op->kind == KV_DELETE) {
    set_string(server, op->key, op->kind == KV_SET ? op->data : NULL);
  } else if (op->kind == KV_SET_RANGE) {
    g_autoptr(GBytes) value = with_range(g_hash_table_lookup(server->strings, op->key), op->offset, op->data);
    set_string(server, op->key, value);
  }
}

static void commit(struct memory_server *server, const struct kv_writes *writes)
{
  GHashTable *former = new_former();
  for (guint i = 0; i < writes->ops->len; i++) {
    const struct kv_op *op = &g_array_index(writes->ops, struct kv_op, i);
    if (op->kind == KV_PUBLISH)
      continue;
    keep_former(server, former, op->key);
    apply(server, op);
  }
  g_ptr_array_add(server->undo, former);
  server->commits++;
}

/* ---- a connection ---- */

static guint64 change_of(struct memory_server *server, const char *key)
{
  return GPOINTER_TO_SIZE(g_hash_table_lookup(server->changes, key));
}

MUST_CHECK static enum result memory_watch(struct kv *kv, const char *const *keys, size_t count,
                                           struct err *e)
{
  struct memory_kv *self = self_of(kv);
  if (self->gate(self->gate_arg, "watch") != MEMORY_DO)
    return err_set(e, RESULT_UNAVAILABLE, "store away");
  if (g_hash_table_size(self->watched) == 0)
    self->start = self->server->starts;
  for (size_t i = 0; i < count; i++)
    if (!g_hash_table_contains(self->watched, keys[i]))
      g_hash_table_insert(self->watched, g_strdup(keys[i]),
                          GSIZE_TO_POINTER(change_of(self->server, keys[i])));
  return RESULT_OK;
}

MUST_CHECK static enum result memory_get(struct kv *kv, const char *const *keys, size_t count,
                                         kv_value *values, struct err *e)
{
  struct memory_kv *self = self_of(kv);
  if (self->gate(self->gate_arg, "get") != MEMORY_DO)
    return err_set(e, RESULT_UNAVAILABLE, "store away");
  for (size_t i = 0; i < count; i++) {
    GBytes *value = g_hash_table_lookup(self->server->strings, keys[i]);
    values[i] = value != NULL ? g_bytes_ref(value) : NULL;
  }
  return RESULT_OK;
}

static bool watch_holds(const struct memory_kv *self)
{
  GHashTableIter iter;
  gpointer key, change;
  g_hash_table_iter_init(&iter, self->watched);
  while (g_hash_table_iter_next(&iter, &key, &change))
    if (change_of(self->server, key) != GPOINTER_TO_SIZE(change))
      return false;
  return true;
}

MUST_CHECK static enum result memory_exec(struct kv *kv, const struct kv_writes *writes, struct err *e)
{
  struct memory_kv *self = self_of(kv);
  enum memory_fate fate = self->gate(self->gate_arg, "exec");
  bool connected = g_hash_table_size(self->watched) == 0 || self->start == self->server->starts;
  bool holds = watch_holds(self);
  g_hash_table_remove_all(self->watched);
  if (!connected)
    return err_set(e, RESULT_UNAVAILABLE, "the connection was lost");
  if (fate != MEMORY_FAIL && holds)
    commit(self->server, writes);
  if (fate != MEMORY_DO)
    return err_set(e, RESULT_UNAVAILABLE, "no word from the store");
  return holds ? RESULT_OK : err_set(e, RESULT_CONFLICT, "changed meanwhile");
}

static void memory_unwatch(struct kv *kv)
{
  g_hash_table_remove_all(self_of(kv)->watched);
}

MUST_CHECK static enum result memory_scan(struct kv *kv, const char *prefix,
                                          void (*each)(const char *key, void *arg), void *arg, struct err *e)
{
  struct memory_kv *self = self_of(kv);
  if (self->gate(self->gate_arg, "scan") != MEMORY_DO)
    return err_set(e, RESULT_UNAVAILABLE, "store away");
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init(&iter, self->server->strings);
  while (g_hash_table_iter_next(&iter, &key, NULL))
    if (g_str_has_prefix(key, prefix))
      each(key, arg);
  return RESULT_OK;
}

struct kv *memory_kv_new(struct memory_server *server, memory_gate gate, void *gate_arg)
{
  struct memory_kv *self = g_new0(struct memory_kv, 1);
  self->kv = (struct kv){.watch = memory_watch,
                         .get = memory_get,
                         .exec = memory_exec,
                         .unwatch = memory_unwatch,
                         .scan = memory_scan};
  self->server = server;
  self->gate = gate;
  self->gate_arg = gate_arg;
  self->watched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return &self->kv;
}

void memory_kv_free(struct kv *kv)
{
  if (kv == NULL)
    return;
  g_hash_table_unref(self_of(kv)->watched);
  g_free(self_of(kv));
}
