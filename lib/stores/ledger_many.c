#include "stores/ledger_many.h"

#include <string.h>

#include <glib.h>

#include "translation/bson_fields.h"
#include "translation/entry_bson.h"

#define ROUNDS 3

bool ledger_many_any(const struct ledger_many *many, enum ledger_fate fate)
{
  for (size_t i = 0; i < many->count; i++)
    if (many->fates[i] == fate)
      return true;
  return false;
}

/* ---- inserting: one round over everything that is still pending ---- */

struct round {
  struct ledger_many *many;
  GPtrArray *documents;
  size_t *positions; /* which entry the n-th document is */
};

MUST_CHECK static enum result make_documents(struct round *round, struct err *e)
{
  struct ledger_many *many = round->many;
  for (size_t i = 0; i < many->count; i++) {
    if (many->fates[i] != LEDGER_FATE_PENDING)
      continue;
    ledger_new_id(many->entries[i]);
    round->positions[round->documents->len] = i;
    bson_t *document = bson_new();
    g_ptr_array_add(round->documents, document);
    enum result r = entry_bson_write(many->entries[i], document, e);
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

/* Notes the clash that each of the reply's write errors names; false when one of them is none that can be
 * dealt with. */
static bool read_clashes(const struct round *round, const bson_t *reply, enum ledger_clash *clashes)
{
  bson_t errors, error;
  bson_iter_t iter;
  int64_t index = 0;
  if (!bson_fields_sub(reply, "writeErrors", BSON_TYPE_ARRAY, &errors))
    return true;
  if (!bson_iter_init(&iter, &errors))
    return false;
  while (bson_iter_next(&iter)) {
    if (!read_error(&iter, &error, &index) || index < 0 || index >= round->documents->len)
      return false;
    clashes[index] = ledger_clash_of(&error);
    if (clashes[index] != LEDGER_CLASH_KEY && clashes[index] != LEDGER_CLASH_ID)
      return false;
  }
  return true;
}

static bool has_write_concern_error(const bson_t *reply)
{
  bson_t errors;
  return bson_fields_sub(reply, "writeConcernErrors", BSON_TYPE_ARRAY, &errors) &&
         bson_count_keys(&errors) > 0;
}

/* Whether the reply accounts for every document: one that broke off between two commands would not. */
static bool accounts_for_all(const struct round *round, const bson_t *reply, const enum ledger_clash *clashes)
{
  bson_iter_t inserted;
  int64_t expected = round->documents->len;
  for (guint i = 0; i < round->documents->len; i++)
    expected -= clashes[i] != LEDGER_CLASH_NONE;
  return bson_iter_init_find(&inserted, reply, "insertedCount") && bson_iter_as_int64(&inserted) == expected;
}

/* An entry whose id clashed stays pending for the next round. */
MUST_CHECK static enum result read_outcome(const struct round *round, const bson_t *reply,
                                           const bson_error_t *error, struct err *e)
{
  g_autofree enum ledger_clash *clashes = g_new0(enum ledger_clash, round->documents->len);
  bson_t errors;
  if (has_write_concern_error(reply))
    return err_set(e, RESULT_UNAVAILABLE, "MongoDB: bulk insert: not acknowledged by the majority in time");
  if (error->code != 0 && !bson_fields_sub(reply, "writeErrors", BSON_TYPE_ARRAY, &errors))
    return mongo_failed(error, "bulk insert", e);
  if (!read_clashes(round, reply, clashes))
    return mongo_failed(error, "bulk insert", e);
  if (!accounts_for_all(round, reply, clashes))
    return err_set(e, RESULT_UNAVAILABLE, "MongoDB: bulk insert: it broke off");
  for (guint i = 0; i < round->documents->len; i++)
    if (clashes[i] != LEDGER_CLASH_ID)
      round->many->fates[round->positions[i]] =
          clashes[i] == LEDGER_CLASH_KEY ? LEDGER_FATE_KEY_TAKEN : LEDGER_FATE_STORED;
  return RESULT_OK;
}

MUST_CHECK static enum result send_documents(const struct round *round, struct err *e)
{
  struct ledger_call *call = round->many->call;
  bson_error_t error = {0};
  bson_t opts = BSON_INITIALIZER, reply;
  BSON_APPEND_BOOL(&opts, "ordered", false);
  if (!mongoc_client_session_append(call->session, &opts, &error)) {
    bson_destroy(&opts);
    return mongo_failed(&error, "session", e);
  }
  if (mongoc_collection_insert_many(call->collection, (const bson_t **)round->documents->pdata,
                                    round->documents->len, &opts, &reply, &error))
    error.code = 0;
  enum result r = read_outcome(round, &reply, &error, e);
  bson_destroy(&reply);
  bson_destroy(&opts);
  return r;
}

MUST_CHECK static enum result insert_round(struct ledger_many *many, struct err *e)
{
  g_autoptr(GPtrArray) documents = g_ptr_array_new_with_free_func((GDestroyNotify)bson_destroy);
  g_autofree size_t *positions = g_new0(size_t, many->count);
  struct round round = {.many = many, .documents = documents, .positions = positions};
  enum result r = make_documents(&round, e);
  return r == RESULT_OK ? send_documents(&round, e) : r;
}

enum result ledger_many_insert(struct ledger_many *many, struct err *e)
{
  for (int round = 0; ledger_many_any(many, LEDGER_FATE_PENDING); round++) {
    if (round == ROUNDS)
      return err_set(e, RESULT_INTERNAL, "random ids clash again and again");
    enum result r = insert_round(many, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

/* ---- finding ---- */

/* What is stored under a key. */
struct found {
  bool readable;
  uint8_t hash[ENTRY_HASH_SIZE];
  bool whole; /* then `entry` is there */
  struct entry entry;
};

static void found_free(void *arg)
{
  struct found *found = arg;
  if (found->whole)
    entry_clear(&found->entry);
  g_free(found);
}

static void append_keys(const struct ledger_many *many, enum ledger_fate fate, bson_t *filter)
{
  bson_t condition, keys;
  uint32_t n = 0;
  BSON_APPEND_UTF8(filter, "m", many->entries[0]->merchant);
  BSON_APPEND_DOCUMENT_BEGIN(filter, "idem", &condition);
  BSON_APPEND_ARRAY_BEGIN(&condition, "$in", &keys);
  for (size_t i = 0; i < many->count; i++) {
    if (many->fates[i] != fate)
      continue;
    bson_fields_append_text(&keys, n++, many->entries[i]->idem);
  }
  bson_append_array_end(&condition, &keys);
  bson_append_document_end(filter, &condition);
}

static bool read_hash(const bson_t *document, uint8_t out[ENTRY_HASH_SIZE])
{
  const uint8_t *hash = NULL;
  uint32_t size = 0;
  bson_iter_t iter;
  if (bson_iter_init_find(&iter, document, "hash") && BSON_ITER_HOLDS_BINARY(&iter))
    bson_iter_binary(&iter, NULL, &size, &hash);
  if (size != ENTRY_HASH_SIZE)
    return false;
  memcpy(out, hash, size);
  return true;
}

static void take_document(const bson_t *document, bool whole, GHashTable *table)
{
  size_t length = 0;
  struct err unsaid = ERR_NONE;
  const char *key = bson_fields_text(document, "idem", &length);
  if (key == NULL)
    return;
  struct found *found = g_new0(struct found, 1);
  found->readable = read_hash(document, found->hash);
  if (found->readable && whole)
    found->readable = found->whole = entry_bson_read(document, &found->entry, &unsaid) == RESULT_OK;
  g_hash_table_insert(table, g_strdup(key), found);
}

static void append_projection(bson_t *opts)
{
  bson_t projection;
  BSON_APPEND_DOCUMENT_BEGIN(opts, "projection", &projection);
  BSON_APPEND_INT32(&projection, "idem", 1);
  BSON_APPEND_INT32(&projection, "hash", 1);
  bson_append_document_end(opts, &projection);
}

MUST_CHECK static enum result read_keys(struct ledger_call *call, const bson_t *filter, bool whole,
                                        GHashTable *table, struct err *e)
{
  bson_t opts;
  bson_error_t error;
  const bson_t *document = NULL;
  enum result r = ledger_call_read_opts(call, &opts, e);
  if (r != RESULT_OK)
    return r;
  if (!whole)
    append_projection(&opts);
  mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(call->collection, filter, &opts, NULL);
  while (mongoc_cursor_next(cursor, &document))
    take_document(document, whole, table);
  if (mongoc_cursor_error(cursor, &error))
    r = mongo_failed(&error, "find keys in the ledger", e);
  mongoc_cursor_destroy(cursor);
  bson_destroy(&opts);
  return r;
}

/* A key is met once where whole entries are read: the stored one moves into the entry. */
static enum ledger_fate meet(struct entry *entry, struct found *found)
{
  if (!found->readable)
    return LEDGER_FATE_UNREADABLE;
  bool same = memcmp(found->hash, entry->body_hash, ENTRY_HASH_SIZE) == 0;
  if (found->whole) {
    same = same && found->entry.kind == entry->kind;
    entry_clear(entry);
    *entry = found->entry;
    found->whole = false;
  }
  return same ? LEDGER_FATE_SAME : LEDGER_FATE_OTHER;
}

enum result ledger_many_find(struct ledger_many *many, enum ledger_fate fate, bool whole, struct err *e)
{
  if (!ledger_many_any(many, fate))
    return RESULT_OK;
  g_autoptr(GHashTable) table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, found_free);
  bson_t filter = BSON_INITIALIZER;
  append_keys(many, fate, &filter);
  enum result r = read_keys(many->call, &filter, whole, table, e);
  bson_destroy(&filter);
  for (size_t i = 0; r == RESULT_OK && i < many->count; i++) {
    struct found *found = many->fates[i] == fate ? g_hash_table_lookup(table, many->entries[i]->idem) : NULL;
    if (found != NULL)
      many->fates[i] = meet(many->entries[i], found);
  }
  return r;
}
