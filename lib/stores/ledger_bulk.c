#include <string.h>

#include <glib.h>

#include "stores/ledger_call.h"
#include "translation/bson_fields.h"
#include "translation/entry_bson.h"

#define ROUNDS 3

/* What became of each entry. */
enum fate { FATE_PENDING, FATE_STORED, FATE_KEY_TAKEN };

struct bulk {
  struct ledger_call *call;
  struct entry *entries;
  size_t count;
  enum fate *fates;  /* [count] */
  size_t *positions; /* [count]: which entry the n-th document of this round is */
};

/* ---- one round: everything that is still pending ---- */

static enum result make_documents(struct bulk *bulk, GPtrArray *documents, struct err *e)
{
  for (size_t i = 0; i < bulk->count; i++) {
    if (bulk->fates[i] != FATE_PENDING)
      continue;
    ledger_new_id(&bulk->entries[i]);
    bulk->positions[documents->len] = i;
    bson_t *document = bson_new();
    g_ptr_array_add(documents, document);
    enum result r = entry_bson_write(&bulk->entries[i], document, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

static bool read_error(const bson_iter_t *iter, bson_t *error, int64_t *index)
{
  const uint8_t *bytes = NULL;
  uint32_t length = 0;
  bson_iter_t field;
  if (!BSON_ITER_HOLDS_DOCUMENT(iter))
    return false;
  bson_iter_document(iter, &length, &bytes);
  if (!bson_init_static(error, bytes, length) || !bson_iter_init_find(&field, error, "index"))
    return false;
  *index = bson_iter_as_int64(&field);
  return true;
}

/* Marks what the reply's write errors name; false when one of them is no clash that can be dealt with. */
static bool note_clashes(struct bulk *bulk, const bson_t *reply, size_t sent)
{
  bson_t errors, error;
  bson_iter_t iter;
  int64_t index = 0;
  if (!bson_fields_sub(reply, "writeErrors", BSON_TYPE_ARRAY, &errors))
    return true;
  if (!bson_iter_init(&iter, &errors))
    return false;
  while (bson_iter_next(&iter)) {
    if (!read_error(&iter, &error, &index) || index < 0 || (size_t)index >= sent)
      return false;
    enum ledger_clash clash = ledger_clash_of(&error);
    if (clash != LEDGER_CLASH_KEY && clash != LEDGER_CLASH_ID)
      return false;
    bulk->fates[bulk->positions[index]] = clash == LEDGER_CLASH_KEY ? FATE_KEY_TAKEN : FATE_PENDING;
  }
  return true;
}

static bool has_write_concern_error(const bson_t *reply)
{
  bson_t errors;
  return bson_fields_sub(reply, "writeConcernErrors", BSON_TYPE_ARRAY, &errors) &&
         bson_count_keys(&errors) > 0;
}

static enum result read_outcome(struct bulk *bulk, const bson_t *reply, size_t sent,
                                const bson_error_t *error, struct err *e)
{
  if (has_write_concern_error(reply))
    return err_set(e, RESULT_UNAVAILABLE, "MongoDB: bulk insert: not acknowledged by the majority in time");
  bson_t errors;
  if (error->code != 0 && !bson_fields_sub(reply, "writeErrors", BSON_TYPE_ARRAY, &errors))
    return mongo_failed(error, "bulk insert", e);
  for (size_t i = 0; i < sent; i++)
    bulk->fates[bulk->positions[i]] = FATE_STORED;
  return note_clashes(bulk, reply, sent) ? RESULT_OK : mongo_failed(error, "bulk insert", e);
}

static enum result insert_pending(struct bulk *bulk, struct err *e)
{
  g_autoptr(GPtrArray) documents = g_ptr_array_new_with_free_func((GDestroyNotify)bson_destroy);
  enum result r = make_documents(bulk, documents, e);
  if (r != RESULT_OK || documents->len == 0)
    return r;
  bson_error_t error = {0};
  bson_t opts = BSON_INITIALIZER, reply;
  BSON_APPEND_BOOL(&opts, "ordered", false);
  if (!mongoc_client_session_append(bulk->call->session, &opts, &error)) {
    bson_destroy(&opts);
    return mongo_failed(&error, "session", e);
  }
  if (mongoc_collection_insert_many(bulk->call->collection, (const bson_t **)documents->pdata, documents->len,
                                    &opts, &reply, &error))
    error.code = 0;
  r = read_outcome(bulk, &reply, documents->len, &error, e);
  bson_destroy(&reply);
  bson_destroy(&opts);
  return r;
}

/* ---- keys that were taken: by the same body, or by another ---- */

static void append_taken_keys(const struct bulk *bulk, bson_t *filter)
{
  bson_t condition, keys;
  uint32_t n = 0;
  BSON_APPEND_UTF8(filter, "m", bulk->entries[0].merchant);
  BSON_APPEND_DOCUMENT_BEGIN(filter, "idem", &condition);
  BSON_APPEND_ARRAY_BEGIN(&condition, "$in", &keys);
  for (size_t i = 0; i < bulk->count; i++) {
    char buffer[16];
    const char *index = NULL;
    if (bulk->fates[i] != FATE_KEY_TAKEN)
      continue;
    bson_uint32_to_string(n++, &index, buffer, sizeof buffer);
    BSON_APPEND_UTF8(&keys, index, bulk->entries[i].idem);
  }
  bson_append_array_end(&condition, &keys);
  bson_append_document_end(filter, &condition);
}

static enum result judge_taken(const struct bulk *bulk, GArray *stored, struct ledger_bulk_result *out,
                               struct err *e)
{
  g_autoptr(GHashTable) by_key = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < stored->len; i++) {
    struct entry *entry = &g_array_index(stored, struct entry, i);
    g_hash_table_insert(by_key, entry->idem, entry);
  }
  for (size_t i = 0; i < bulk->count; i++) {
    if (bulk->fates[i] != FATE_KEY_TAKEN)
      continue;
    const struct entry *holder = g_hash_table_lookup(by_key, bulk->entries[i].idem);
    if (holder == NULL)
      return err_set(e, RESULT_UNAVAILABLE,
                     "MongoDB: an entry whose key is taken is not visible at majority yet");
    out->clash[i] = memcmp(holder->body_hash, bulk->entries[i].body_hash, ENTRY_HASH_SIZE) != 0;
    out->clashed += out->clash[i];
    out->skipped += !out->clash[i];
  }
  return RESULT_OK;
}

static enum result resolve_taken(struct bulk *bulk, struct ledger_bulk_result *out, struct err *e)
{
  size_t taken = 0;
  for (size_t i = 0; i < bulk->count; i++)
    taken += bulk->fates[i] == FATE_KEY_TAKEN;
  out->stored = bulk->count - taken;
  if (taken == 0)
    return RESULT_OK;
  g_autoptr(GArray) stored = ledger_entries_new();
  bson_t filter = BSON_INITIALIZER;
  append_taken_keys(bulk, &filter);
  enum result r = ledger_call_find(bulk->call, &filter, NULL, 0, 0, stored, e);
  bson_destroy(&filter);
  return r == RESULT_OK ? judge_taken(bulk, stored, out, e) : r;
}

static bool any_pending(const struct bulk *bulk)
{
  for (size_t i = 0; i < bulk->count; i++)
    if (bulk->fates[i] == FATE_PENDING)
      return true;
  return false;
}

static enum result put_bulk(struct bulk *bulk, struct ledger_bulk_result *out, struct err *e)
{
  for (int round = 0; round < ROUNDS && any_pending(bulk); round++) {
    enum result r = insert_pending(bulk, e);
    if (r != RESULT_OK)
      return r;
  }
  if (any_pending(bulk))
    return err_set(e, RESULT_INTERNAL, "random ids clash again and again");
  return resolve_taken(bulk, out, e);
}

enum result ledger_put_bulk(struct ledger *ledger, struct entry *entries, size_t count,
                            struct ledger_bulk_result *out, cluster_time *position, struct err *e)
{
  struct ledger_call call;
  *out = (struct ledger_bulk_result){0};
  *position = 0;
  if (count > LEDGER_BULK_MAX)
    return err_set(e, RESULT_INVALID, "at most %d entries at once", LEDGER_BULK_MAX);
  enum result r = ledger_call_begin(ledger, &call, e);
  if (r != RESULT_OK)
    return r;
  g_autofree enum fate *fates = g_new0(enum fate, MAX(count, 1));
  g_autofree size_t *positions = g_new0(size_t, MAX(count, 1));
  struct bulk bulk = {
      .call = &call, .entries = entries, .count = count, .fates = fates, .positions = positions};
  for (size_t i = 0; i < count; i++)
    entries[i].bulk = true;
  out->clash = g_new0(bool, MAX(count, 1));
  r = put_bulk(&bulk, out, e);
  if (r != RESULT_OK)
    g_clear_pointer(&out->clash, g_free);
  *position = ledger_call_position(&call);
  ledger_call_end(&call);
  return r;
}
