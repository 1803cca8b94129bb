#include <inttypes.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/text_fields.h"
#include "batch/close.h"
#include "batch/standing.h"
#include "stores/keys.h"

#define SWEEP_AGE_MS (INT64_C(3600) * 1000)

struct sweeping {
  struct batch *batch;
  const char *merchant;
  const char *scan_prefix; /* "tk:{m}:" */
  GHashTable *prefixes;    /* of the merchant's rows: text to GPtrArray of keys */
  GHashTable *since;       /* prefix to int64_t *: when it was first found unnamed, wall ms */
};

/* ---- what earlier runs found: "u1", then " <prefix>:<ms>" for each ---- */

static void remember(GHashTable *since, const char *prefix, int64_t ms)
{
  int64_t *value = g_new(int64_t, 1);
  *value = ms;
  g_hash_table_insert(since, g_strdup(prefix), value);
}

static void decode_since(GBytes *bytes, GHashTable *since)
{
  if (bytes == NULL)
    return;
  g_autofree char *text = text_fields_of_bytes(bytes);
  g_auto(GStrv) fields = g_strsplit(text != NULL ? text : "", " ", -1);
  for (char **field = fields; *field != NULL; field++) {
    char *colon = strchr(*field, ':');
    int64_t ms;
    if (colon == NULL || !text_fields_int64(colon + 1, &ms))
      continue; /* the version; or nothing that we wrote: then it is found again, and an hour later */
    *colon = '\0';
    remember(since, *field, ms);
  }
}

MUST_CHECK static enum result read_since(struct sweeping *sweeping, struct err *e)
{
  g_autofree char *key = key_unnamed(sweeping->merchant);
  const char *keys[] = {key};
  kv_value value = NULL;
  enum result r = sweeping->batch->kv->get(sweeping->batch->kv, keys, 1, &value, e);
  if (r == RESULT_OK)
    decode_since(value, sweeping->since);
  kv_values_clear(&value, 1);
  return r;
}

MUST_CHECK static enum result write_since(struct sweeping *sweeping, const GPtrArray *unnamed, struct err *e)
{
  g_autofree char *key = key_unnamed(sweeping->merchant);
  g_autoptr(GString) text = g_string_new("u1");
  for (guint i = 0; i < unnamed->len; i++) {
    const char *prefix = g_ptr_array_index(unnamed, i);
    const int64_t *since = g_hash_table_lookup(sweeping->since, prefix);
    g_string_append_printf(text, " %s:%" PRId64, prefix, *since);
  }
  struct kv_writes writes;
  kv_writes_init(&writes);
  if (unnamed->len > 0)
    kv_writes_set(&writes, key, text->str, text->len);
  else
    kv_writes_delete(&writes, key);
  enum result r = sweeping->batch->kv->exec(sweeping->batch->kv, &writes, e);
  kv_writes_clear(&writes);
  return r;
}

/* ---- what is there ---- */

static void note_key(const char *key, void *arg)
{
  struct sweeping *sweeping = arg;
  const char *begin = key + strlen(sweeping->scan_prefix);
  const char *colon = strchr(begin, ':');
  if (colon == NULL || colon - begin != CARD_PREFIX_SIZE - 1)
    return; /* the card, the proof */
  g_autofree char *prefix = g_strndup(begin, CARD_PREFIX_SIZE - 1);
  GPtrArray *keys = g_hash_table_lookup(sweeping->prefixes, prefix);
  if (keys == NULL) {
    keys = g_ptr_array_new_with_free_func(g_free);
    g_hash_table_insert(sweeping->prefixes, g_steal_pointer(&prefix), keys);
  }
  g_ptr_array_add(keys, g_strdup(key));
}

/* ---- deleting ---- */

static void add_deletes(const GPtrArray *keys, struct kv_writes *writes)
{
  for (guint i = 0; i < keys->len; i++)
    kv_writes_delete(writes, g_ptr_array_index(keys, i));
}

/* Under a watch of the card, which is read again: what it names now is never deleted. */
MUST_CHECK static enum result delete_rows(struct sweeping *sweeping, const char *prefix,
                                          const GPtrArray *rows, int64_t *deleted, struct err *e)
{
  struct kv *kv = sweeping->batch->kv;
  g_autofree char *card_key = key_card(sweeping->merchant);
  const char *keys[] = {card_key};
  kv_value value = NULL;
  struct card card = {.cut = false};
  struct kv_writes writes;
  kv_writes_init(&writes);
  enum result r = kv->watch(kv, keys, 1, e);
  if (r == RESULT_OK)
    r = kv->get(kv, keys, 1, &value, e);
  if (r == RESULT_OK && value != NULL)
    r = card_decode(value, &card, e);
  if (r == RESULT_OK && strcmp(card.prefix, prefix) != 0) {
    add_deletes(rows, &writes);
    FAILPOINT("batch.sweep_before_exec");
    r = kv->exec(kv, &writes, e);
    *deleted += r == RESULT_OK ? rows->len : 0;
  }
  kv->unwatch(kv);
  kv_values_clear(&value, 1);
  kv_writes_clear(&writes);
  return r;
}

/* Deletes what has been unnamed long enough, and collects the rest. */
MUST_CHECK static enum result sweep_prefixes(struct sweeping *sweeping, const char *named, GPtrArray *unnamed,
                                             int64_t *deleted, struct err *e)
{
  int64_t now = sweeping->batch->clock->wall_ms(sweeping->batch->clock);
  GHashTableIter iter;
  gpointer prefix, rows;
  g_hash_table_iter_init(&iter, sweeping->prefixes);
  while (g_hash_table_iter_next(&iter, &prefix, &rows)) {
    if (strcmp(prefix, named) == 0)
      continue;
    const int64_t *since = g_hash_table_lookup(sweeping->since, prefix);
    if (since == NULL)
      remember(sweeping->since, prefix, now);
    if (since == NULL || now - *since < SWEEP_AGE_MS) {
      g_ptr_array_add(unnamed, prefix);
      continue;
    }
    enum result r = delete_rows(sweeping, prefix, rows, deleted, e);
    if (r != RESULT_OK && r != RESULT_CONFLICT) /* a conflict: the next run will see */
      return r;
  }
  return RESULT_OK;
}

enum result close_sweep(struct batch *batch, const char *merchant, int64_t *deleted, struct err *e)
{
  struct standing standing;
  enum result r = standing_read(batch->kv, merchant, &standing, e);
  if (r != RESULT_OK)
    return r;
  g_autofree char *scan_prefix = key_merchant_prefix(merchant);
  struct sweeping sweeping = {.batch = batch, .merchant = merchant, .scan_prefix = scan_prefix};
  sweeping.prefixes =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  sweeping.since = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GPtrArray) unnamed = g_ptr_array_new();
  r = read_since(&sweeping, e);
  if (r == RESULT_OK)
    r = batch->kv->scan(batch->kv, scan_prefix, note_key, &sweeping, e);
  if (r == RESULT_OK)
    r = sweep_prefixes(&sweeping, standing.card.prefix, unnamed, deleted, e);
  if (r == RESULT_OK)
    r = write_since(&sweeping, unnamed, e);
  g_hash_table_unref(sweeping.since);
  g_hash_table_unref(sweeping.prefixes);
  return r;
}
