#include "stores/quarantine.h"

#include <string.h>

#include <sodium.h>

#include "domain/entry.h"
#include "stores/audit.h"
#include "stores/mongo_change.h"
#include "stores/mongo_doc.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"

#define ID_PREFIX "qua_"
#define ID_BYTES 16

static struct mongo_place quarantine(const struct people *p)
{
  return (struct mongo_place){.mongo = p->mongo, .people = true, .collection = COLLECTION_QUARANTINE};
}

/* All keys that begin with "<merchant>/". */
static bson_t *filter_of(const char *merchant)
{
  char end[ENTRY_ID_SIZE];
  g_autofree char *from = g_strconcat(merchant, "/", NULL);
  return BCON_NEW("_id", "{", "$gte", BCON_UTF8(from), "$lt", BCON_UTF8(schema_entry_end(merchant, end)),
                  "}");
}

static void make_id(const char *key, size_t length, char out[QUARANTINE_ID_SIZE])
{
  uint8_t hash[ID_BYTES];
  crypto_generichash(hash, sizeof hash, (const unsigned char *)key, length, NULL, 0);
  g_strlcpy(out, ID_PREFIX, QUARANTINE_ID_SIZE);
  sodium_bin2hex(out + strlen(ID_PREFIX), QUARANTINE_ID_SIZE - strlen(ID_PREFIX), hash, sizeof hash);
}

void quarantined_clear(struct quarantined *item)
{
  g_free(item->key);
  g_free(item->why);
  *item = (struct quarantined){.key = NULL};
}

/* What is missing or of another type is left empty: the note of a fault is shown as far as it goes. */
static void read_item(const bson_t *document, struct quarantined *out)
{
  size_t length = 0;
  uint32_t seconds = 0, increment = 0;
  bson_iter_t at;
  const char *key = bson_fields_text(document, "_id", &length);
  *out = (struct quarantined){.key = g_strdup(key != NULL ? key : "")};
  make_id(out->key, strlen(out->key), out->id);
  const char *why = bson_fields_text(document, "why", &length);
  out->why = g_strdup(why != NULL ? why : "");
  if (bson_iter_init_find(&at, document, "at") && BSON_ITER_HOLDS_TIMESTAMP(&at))
    bson_iter_timestamp(&at, &seconds, &increment);
  out->seen_at_ms = (int64_t)seconds * 1000;
}

/* ---- the list ---- */

struct list {
  const struct quarantined *after;
  size_t keep;
  GArray *found; /* up to twice as many as are kept */
};

static int newest_first(const void *a, const void *b)
{
  const struct quarantined *one = a, *other = b;
  if (one->seen_at_ms != other->seen_at_ms)
    return one->seen_at_ms < other->seen_at_ms ? 1 : -1;
  return strcmp(one->id, other->id);
}

static void clear_item(gpointer item)
{
  quarantined_clear(item);
}

static void cut(const struct list *list)
{
  g_array_sort(list->found, newest_first);
  if (list->found->len > list->keep)
    g_array_set_size(list->found, (guint)list->keep);
}

MUST_CHECK static enum result add_to_list(const bson_t *document, void *arg, struct err *e)
{
  const struct list *list = arg;
  struct quarantined item;
  (void)e;
  read_item(document, &item);
  if (list->after != NULL && newest_first(&item, list->after) <= 0) {
    quarantined_clear(&item);
    return RESULT_OK;
  }
  g_array_append_val(list->found, item);
  if (list->found->len >= 2 * list->keep)
    cut(list);
  return RESULT_OK;
}

enum result quarantine_list(struct people *p, const char *merchant, const struct quarantined *after,
                            size_t limit, GArray *out, bool *more, struct err *e)
{
  g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct quarantined));
  struct list list = {.after = after, .keep = limit + 1, .found = found};
  g_array_set_clear_func(found, clear_item);
  bson_t *filter = filter_of(merchant);
  enum result r = mongo_doc_each(quarantine(p), filter, add_to_list, &list, e);
  bson_destroy(filter);
  if (r != RESULT_OK)
    return r;
  cut(&list);
  *more = found->len > limit;
  if (*more)
    g_array_set_size(found, (guint)limit);
  g_array_set_clear_func(found, NULL);
  g_array_append_vals(out, found->data, found->len);
  return RESULT_OK;
}

/* ---- once more ---- */

struct search {
  const char *id;
  char *key; /* NULL: not found yet; owned */
};

MUST_CHECK static enum result compare_id(const bson_t *document, void *arg, struct err *e)
{
  struct search *search = arg;
  struct quarantined item;
  (void)e;
  read_item(document, &item);
  if (search->key == NULL && strcmp(item.id, search->id) == 0)
    search->key = g_steal_pointer(&item.key);
  quarantined_clear(&item);
  return RESULT_OK;
}

enum result quarantine_find(struct people *p, const char *merchant, const char *id, char **key, struct err *e)
{
  struct search search = {.id = id};
  bson_t *filter = filter_of(merchant);
  enum result r = mongo_doc_each(quarantine(p), filter, compare_id, &search, e);
  bson_destroy(filter);
  *key = search.key;
  if (r == RESULT_OK && search.key == NULL)
    return err_set(e, RESULT_NOT_FOUND, "merchant %s has no such key in quarantine", merchant);
  return r;
}

struct retry {
  struct people *people;
  const struct people_actor *by;
  const char *merchant, *id;
};

MUST_CHECK static enum result ask_recut(struct mongo_change *change, void *arg, struct err *e)
{
  const struct retry *retry = arg;
  struct mongo_place merchants = {.mongo = retry->people->mongo, .collection = COLLECTION_MERCHANTS};
  struct audit_record record = {.action = AUDIT_QUARANTINE_RETRY,
                                .who = retry->by->who,
                                .subject = retry->id,
                                .merchant = retry->merchant,
                                .request_id = retry->by->request_id};
  bson_t *filter = BCON_NEW("_id", BCON_UTF8(retry->merchant));
  bson_t *update = BCON_NEW("$inc", "{", "recut", BCON_INT64(1), "}");
  enum result r = mongo_change_update(change, merchants, filter, update, e);
  bson_destroy(filter);
  bson_destroy(update);
  return r == RESULT_OK ? audit_add_in(change, retry->people, &record, e) : r;
}

/* Whether the key is none of a stranger's any more: it parses, or the ledger does not have it. */
MUST_CHECK static enum result is_settled(struct people *p, const char *key, bool *settled, struct err *e)
{
  char merchant[MERCHANT_ID_SIZE];
  struct ulid id;
  bson_t *entry = NULL;
  struct err unsaid = ERR_NONE;
  *settled = entry_id_parse(key, strlen(key), merchant, &id);
  if (*settled)
    return RESULT_OK;
  struct mongo_place ledger = {.mongo = p->mongo, .collection = COLLECTION_LEDGER};
  bson_t *filter = BCON_NEW("_id", BCON_UTF8(key));
  enum result r = mongo_doc_find(ledger, filter, &entry, &unsaid);
  bson_destroy(filter);
  bson_destroy(entry);
  *settled = r == RESULT_NOT_FOUND;
  return r == RESULT_OK || *settled ? RESULT_OK : err_set(e, r, "%s", unsaid.text);
}

MUST_CHECK static enum result forget(struct people *p, const char *key, struct err *e)
{
  bson_t *filter = BCON_NEW("_id", BCON_UTF8(key));
  enum result r = mongo_doc_remove(quarantine(p), filter, e);
  bson_destroy(filter);
  return r;
}

enum result quarantine_retry(struct people *p, const struct people_actor *by, const char *merchant,
                             const char *id, const char *key, struct err *e)
{
  bool settled = false;
  struct retry retry = {.people = p, .by = by, .merchant = merchant, .id = id};
  enum result r = mongo_change_run(p->mongo, ask_recut, &retry, e);
  if (r == RESULT_OK)
    r = is_settled(p, key, &settled, e);
  return r == RESULT_OK && settled ? forget(p, key, e) : r;
}
