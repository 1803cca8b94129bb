#include "batch/picture.h"

#include "base/log.h"
#include "stores/keys.h"

void picture_init(struct picture *picture)
{
  head_init(&picture->head);
  picture->ids = g_ptr_array_new_with_free_func(g_free);
  picture->values = NULL;
}

void picture_clear(struct picture *picture)
{
  head_clear(&picture->head);
  if (picture->values != NULL)
    kv_values_clear(picture->values, picture->ids->len + 1);
  g_clear_pointer(&picture->values, g_free);
  g_clear_pointer(&picture->ids, g_ptr_array_unref);
}

static void collect_id(const char *id, void *arg)
{
  g_ptr_array_add(arg, g_strdup(id));
}

enum result picture_list(struct batch *batch, GPtrArray *ids, struct err *e)
{
  cluster_time now;
  enum result r = batch->source->now(batch->source, &now, e);
  return r == RESULT_OK ? batch->source->merchants(batch->source, now, collect_id, ids, e) : r;
}

MUST_CHECK static enum result watch(struct kv *kv, GHashTable *watched, struct err *e)
{
  GHashTableIter iter;
  gpointer id;
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(keys, g_strdup(KEY_HEAD));
  g_hash_table_iter_init(&iter, watched);
  while (g_hash_table_iter_next(&iter, &id, NULL))
    g_ptr_array_add(keys, key_card(id));
  return kv->watch(kv, (const char *const *)keys->pdata, keys->len, e);
}

enum result picture_read(struct picture *picture, struct batch *batch, GHashTable *watched, struct err *e)
{
  struct kv *kv = batch->kv;
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(keys, g_strdup(KEY_HEAD));
  for (guint i = 0; i < picture->ids->len; i++)
    g_ptr_array_add(keys, key_card(g_ptr_array_index(picture->ids, i)));
  picture->values = g_new0(kv_value, keys->len);
  enum result r = watch(kv, watched, e);
  if (r == RESULT_OK)
    r = kv->get(kv, (const char *const *)keys->pdata, keys->len, picture->values, e);
  if (r == RESULT_OK)
    picture_take_head(picture->values[0], &picture->head);
  return r;
}

GBytes *picture_card(const struct picture *picture, guint i)
{
  return picture->values[i + 1];
}

void picture_take_head(GBytes *bytes, struct head *head)
{
  head_clear(head);
  if (bytes != NULL && head_decode(bytes, head, NULL) != RESULT_OK)
    log_event(LOG_LEVEL_ERROR, "head_unreadable", "key=%s", KEY_HEAD);
}
