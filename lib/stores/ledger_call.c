#include "stores/ledger_call.h"

#include <string.h>

#include <glib.h>
#include <sodium.h>

#include "base/clock.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"
#include "translation/entry_bson.h"

#define REPLAY_WAIT_MS 2000
#define REPLAY_STEP_MS 20

enum result ledger_call_begin(struct ledger *ledger, struct ledger_call *call, struct err *e)
{
  bson_error_t error;
  *call = (struct ledger_call){.mongo = ledger->mongo};
  enum result r = mongo_take(ledger->mongo, &call->client, e);
  if (r != RESULT_OK)
    return r;
  call->session = mongoc_client_start_session(call->client, NULL, &error);
  if (call->session == NULL) {
    mongo_give(ledger->mongo, call->client);
    return mongo_failed(&error, "session", e);
  }
  call->collection =
      mongoc_client_get_collection(call->client, mongo_database(ledger->mongo), COLLECTION_LEDGER);
  return RESULT_OK;
}

void ledger_call_end(struct ledger_call *call)
{
  mongoc_collection_destroy(call->collection);
  mongoc_client_session_destroy(call->session);
  mongo_give(call->mongo, call->client);
}

cluster_time ledger_call_position(const struct ledger_call *call)
{
  uint32_t seconds = 0, increment = 0;
  mongoc_client_session_get_operation_time(call->session, &seconds, &increment);
  return cluster_time_make(seconds, increment);
}

/* ---- reading ---- */

enum result ledger_call_read_opts(const struct ledger_call *call, bson_t *opts, struct err *e)
{
  bson_error_t error;
  bson_t concern;
  bson_init(opts);
  BSON_APPEND_INT64(opts, "maxTimeMS", mongo_max_time_ms(call->mongo));
  BSON_APPEND_DOCUMENT_BEGIN(opts, "readConcern", &concern);
  BSON_APPEND_UTF8(&concern, "level", "majority");
  bson_append_document_end(opts, &concern);
  if (mongoc_client_session_append(call->session, opts, &error))
    return RESULT_OK;
  bson_destroy(opts);
  return mongo_failed(&error, "session", e);
}

static void clear_entry(gpointer item)
{
  entry_clear(item);
}

GArray *ledger_entries_new(void)
{
  GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
  g_array_set_clear_func(entries, clear_entry);
  return entries;
}

MUST_CHECK static enum result read_cursor(mongoc_cursor_t *cursor, ledger_take_fn take, void *arg,
                                          struct err *e)
{
  const bson_t *document = NULL;
  bson_error_t error;
  while (mongoc_cursor_next(cursor, &document)) {
    enum result r = take(document, arg, e);
    if (r != RESULT_OK)
      return r;
  }
  return mongoc_cursor_error(cursor, &error) ? mongo_failed(&error, "find in the ledger", e) : RESULT_OK;
}

enum result ledger_call_each(struct ledger_call *call, const bson_t *filter, const char *sort, int direction,
                             int64_t limit, ledger_take_fn take, void *arg, struct err *e)
{
  bson_t opts;
  enum result r = ledger_call_read_opts(call, &opts, e);
  if (r != RESULT_OK)
    return r;
  if (sort != NULL) {
    bson_t order;
    BSON_APPEND_DOCUMENT_BEGIN(&opts, "sort", &order);
    BSON_APPEND_INT32(&order, sort, direction);
    bson_append_document_end(&opts, &order);
  }
  if (limit > 0)
    BSON_APPEND_INT64(&opts, "limit", limit);
  mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(call->collection, filter, &opts, NULL);
  r = read_cursor(cursor, take, arg, e);
  mongoc_cursor_destroy(cursor);
  bson_destroy(&opts);
  return r;
}

MUST_CHECK static enum result take_entry(const bson_t *document, void *arg, struct err *e)
{
  GArray *entries = arg;
  struct entry entry;
  enum result r = entry_bson_read(document, &entry, e);
  if (r == RESULT_OK)
    g_array_append_val(entries, entry);
  return r;
}

enum result ledger_call_find(struct ledger_call *call, const bson_t *filter, const char *sort, int direction,
                             int64_t limit, GArray *out, struct err *e)
{
  return ledger_call_each(call, filter, sort, direction, limit, take_entry, out, e);
}

/* ---- inserting ---- */

/* Servers before 4.4 name the index in the text only: "... index: idem dup key: ...". */
static bool clash_is_at(const bson_t *write_error, const char *field, const char *index)
{
  bson_t pattern;
  if (bson_fields_sub(write_error, "keyPattern", BSON_TYPE_DOCUMENT, &pattern))
    return bson_has_field(&pattern, field);
  size_t length = 0;
  const char *text = bson_fields_text(write_error, "errmsg", &length);
  g_autofree char *wanted = g_strdup_printf(" index: %s dup key", index);
  return text != NULL && strstr(text, wanted) != NULL;
}

enum ledger_clash ledger_clash_of(const bson_t *write_error)
{
  bson_iter_t code;
  if (!bson_iter_init_find(&code, write_error, "code") ||
      bson_iter_as_int64(&code) != MONGOC_ERROR_DUPLICATE_KEY)
    return LEDGER_CLASH_NONE;
  if (clash_is_at(write_error, "idem", INDEX_IDEM))
    return LEDGER_CLASH_KEY;
  if (clash_is_at(write_error, "n", INDEX_REFUND_NUMBER))
    return LEDGER_CLASH_REFUND_NUMBER;
  return clash_is_at(write_error, "_id", "_id_") ? LEDGER_CLASH_ID : LEDGER_CLASH_NONE;
}

static enum ledger_clash clash_of_reply(const bson_t *reply)
{
  bson_t errors, first;
  if (!bson_fields_sub(reply, "writeErrors", BSON_TYPE_ARRAY, &errors) ||
      !bson_fields_sub(&errors, "0", BSON_TYPE_DOCUMENT, &first))
    return LEDGER_CLASH_NONE;
  return ledger_clash_of(&first);
}

void ledger_new_id(struct entry *entry)
{
  uint8_t random[ULID_RANDOM_SIZE];
  randombytes_buf(random, sizeof random);
  entry->id = ulid_make(entry->at_ms, random);
}

MUST_CHECK static enum result insert_document(struct ledger_call *call, const bson_t *document,
                                              enum ledger_clash *clash, struct err *e)
{
  bson_error_t error;
  bson_t opts = BSON_INITIALIZER, reply;
  if (!mongoc_client_session_append(call->session, &opts, &error)) {
    bson_destroy(&opts);
    return mongo_failed(&error, "session", e);
  }
  enum result r = RESULT_OK;
  if (!mongoc_collection_insert_one(call->collection, document, &opts, &reply, &error)) {
    *clash = clash_of_reply(&reply);
    r = *clash != LEDGER_CLASH_NONE
            ? err_set(e, RESULT_CONFLICT, "MongoDB: insert: a unique index refuses it")
            : mongo_failed(&error, "insert into the ledger", e);
  }
  bson_destroy(&reply);
  bson_destroy(&opts);
  return r;
}

enum result ledger_call_insert(struct ledger_call *call, struct entry *entry, enum ledger_clash *clash,
                               struct err *e)
{
  bson_t document = BSON_INITIALIZER;
  *clash = LEDGER_CLASH_NONE;
  ledger_new_id(entry);
  enum result r = entry_bson_write(entry, &document, e);
  if (r == RESULT_OK)
    r = insert_document(call, &document, clash, e);
  bson_destroy(&document);
  return r;
}

/* ---- replaying ---- */

MUST_CHECK static enum result find_by_key(struct ledger_call *call, const struct entry *entry, GArray *found,
                                          struct err *e)
{
  bson_t filter = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&filter, "m", entry->merchant);
  BSON_APPEND_UTF8(&filter, "idem", entry->idem);
  enum result r = ledger_call_find(call, &filter, NULL, 0, 1, found, e);
  bson_destroy(&filter);
  return r;
}

enum result ledger_call_key_used(struct ledger_call *call, const struct entry *entry, bool *used,
                                 struct err *e)
{
  g_autoptr(GArray) found = ledger_entries_new();
  enum result r = find_by_key(call, entry, found, e);
  *used = found->len > 0;
  return r;
}

/* Moves the stored entry out of its array. */
static void replace_entry(struct entry *entry, GArray *found)
{
  entry_clear(entry);
  *entry = g_array_index(found, struct entry, 0);
  entry_init(&g_array_index(found, struct entry, 0), entry->kind);
}

enum result ledger_call_replay(struct ledger_call *call, struct entry *entry, enum ledger_outcome *outcome,
                               struct err *e)
{
  struct clock *clock = clock_system();
  int64_t deadline = clock->monotonic_ms(clock) + REPLAY_WAIT_MS;
  g_autoptr(GArray) found = ledger_entries_new();
  enum result r = find_by_key(call, entry, found, e);
  while (r == RESULT_OK && found->len == 0 && clock->monotonic_ms(clock) < deadline) {
    clock->sleep_ms(clock, REPLAY_STEP_MS);
    r = find_by_key(call, entry, found, e);
  }
  if (r != RESULT_OK)
    return r;
  if (found->len == 0)
    return err_set(e, RESULT_UNAVAILABLE, "MongoDB: the entry with this key is not visible at majority yet");
  const struct entry *stored = &g_array_index(found, struct entry, 0);
  if (stored->kind != entry->kind || memcmp(stored->body_hash, entry->body_hash, ENTRY_HASH_SIZE) != 0) {
    *outcome = LEDGER_KEY_REUSED;
    return RESULT_OK;
  }
  replace_entry(entry, found);
  *outcome = LEDGER_REPLAYED;
  return RESULT_OK;
}
