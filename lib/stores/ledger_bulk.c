#include <string.h>

#include <glib.h>

#include "stores/ledger_call.h"
#include "translation/bson_fields.h"
#include "translation/entry_bson.h"

#define ROUNDS 3

/* What became of each entry. */
enum fate {
  FATE_PENDING,
  FATE_STORED,
  FATE_KEY_TAKEN, /* by an entry that was not read yet */
  FATE_SKIPPED,   /* stored before, with the same body */
  FATE_CLASHED,   /* stored before, with another body */
};

struct bulk {
  struct ledger_call *call;
  struct entry *entries;
  size_t count;
  enum fate *fates;  /* [count] */
  size_t *positions; /* [count]: which entry the n-th document of this round is */
};

/* ---- one round: everything that is still pending ---- */

MUST_CHECK static enum result make_documents(struct bulk *bulk, GPtrArray *documents, struct err *e)
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

MUST_CHECK static enum result read_outcome(struct bulk *bulk, const bson_t *reply, size_t sent,
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

MUST_CHECK static enum result insert_pending(struct bulk *bulk, struct err *e)
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

/* ---- keys that are taken: by the same body, or by another ---- */

static void append_keys(const struct bulk *bulk, enum fate fate, bson_t *filter)
{
  bson_t condition, keys;
  uint32_t n = 0;
  BSON_APPEND_UTF8(filter, "m", bulk->entries[0].merchant);
  BSON_APPEND_DOCUMENT_BEGIN(filter, "idem", &condition);
  BSON_APPEND_ARRAY_BEGIN(&condition, "$in", &keys);
  for (size_t i = 0; i < bulk->count; i++) {
    char buffer[16];
    const char *index = NULL;
    if (bulk->fates[i] != fate)
      continue;
    bson_uint32_to_string(n++, &index, buffer, sizeof buffer);
    BSON_APPEND_UTF8(&keys, index, bulk->entries[i].idem);
  }
  bson_append_array_end(&condition, &keys);
  bson_append_document_end(filter, &condition);
}

/* Key and hash of one stored entry into `hashes`. */
MUST_CHECK static enum result take_hash(const bson_t *document, GHashTable *hashes, struct err *e)
{
  size_t length = 0;
  const char *key = bson_fields_text(document, "idem", &length);
  const uint8_t *hash = NULL;
  uint32_t size = 0;
  bson_iter_t iter;
  if (bson_iter_init_find(&iter, document, "hash") && BSON_ITER_HOLDS_BINARY(&iter))
    bson_iter_binary(&iter, NULL, &size, &hash);
  if (key == NULL || size != ENTRY_HASH_SIZE)
    return err_set(e, RESULT_CORRUPT, "MongoDB: an entry of the ledger without key or hash");
  g_hash_table_insert(hashes, g_strdup(key), g_memdup2(hash, size));
  return RESULT_OK;
}

/* Only keys and hashes are read: a second run of an import meets each of its orders here. */
MUST_CHECK static enum result read_hashes(const struct bulk *bulk, const bson_t *filter, GHashTable *hashes,
                                          struct err *e)
{
  bson_t opts, projection;
  bson_error_t error;
  const bson_t *document = NULL;
  enum result r = ledger_call_read_opts(bulk->call, &opts, e);
  if (r != RESULT_OK)
    return r;
  BSON_APPEND_DOCUMENT_BEGIN(&opts, "projection", &projection);
  BSON_APPEND_INT32(&projection, "idem", 1);
  BSON_APPEND_INT32(&projection, "hash", 1);
  bson_append_document_end(&opts, &projection);
  mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(bulk->call->collection, filter, &opts, NULL);
  while (r == RESULT_OK && mongoc_cursor_next(cursor, &document))
    r = take_hash(document, hashes, e);
  if (r == RESULT_OK && mongoc_cursor_error(cursor, &error))
    r = mongo_failed(&error, "find keys in the ledger", e);
  mongoc_cursor_destroy(cursor);
  bson_destroy(&opts);
  return r;
}

/* Finds the entries of that fate whose key is stored, and compares the bodies. */
MUST_CHECK static enum result find_stored(struct bulk *bulk, enum fate fate, struct err *e)
{
  g_autoptr(GHashTable) hashes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  bson_t filter = BSON_INITIALIZER;
  append_keys(bulk, fate, &filter);
  enum result r = read_hashes(bulk, &filter, hashes, e);
  bson_destroy(&filter);
  for (size_t i = 0; r == RESULT_OK && i < bulk->count; i++) {
    const uint8_t *hash = bulk->fates[i] == fate ? g_hash_table_lookup(hashes, bulk->entries[i].idem) : NULL;
    if (hash != NULL)
      bulk->fates[i] =
          memcmp(hash, bulk->entries[i].body_hash, ENTRY_HASH_SIZE) == 0 ? FATE_SKIPPED : FATE_CLASHED;
  }
  return r;
}

static bool any(const struct bulk *bulk, enum fate fate)
{
  for (size_t i = 0; i < bulk->count; i++)
    if (bulk->fates[i] == fate)
      return true;
  return false;
}

static void count_fates(const struct bulk *bulk, struct ledger_bulk_result *out)
{
  for (size_t i = 0; i < bulk->count; i++) {
    out->stored += bulk->fates[i] == FATE_STORED;
    out->skipped += bulk->fates[i] == FATE_SKIPPED;
    out->clashed += bulk->fates[i] == FATE_CLASHED;
    out->clash[i] = bulk->fates[i] == FATE_CLASHED;
  }
}

MUST_CHECK static enum result put_bulk(struct bulk *bulk, struct ledger_bulk_result *out, struct err *e)
{
  /* An insert that is refused costs the server far more than a key looked up. */
  enum result r = bulk->count > 0 ? find_stored(bulk, FATE_PENDING, e) : RESULT_OK;
  for (int round = 0; r == RESULT_OK && round < ROUNDS && any(bulk, FATE_PENDING); round++)
    r = insert_pending(bulk, e);
  if (r == RESULT_OK && any(bulk, FATE_PENDING))
    r = err_set(e, RESULT_INTERNAL, "random ids clash again and again");
  if (r == RESULT_OK && any(bulk, FATE_KEY_TAKEN))
    r = find_stored(bulk, FATE_KEY_TAKEN, e);
  if (r == RESULT_OK && any(bulk, FATE_KEY_TAKEN))
    r = err_set(e, RESULT_UNAVAILABLE, "MongoDB: an entry whose key is taken is not visible at majority yet");
  if (r == RESULT_OK)
    count_fates(bulk, out);
  return r;
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
