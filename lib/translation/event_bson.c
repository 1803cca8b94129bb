#include "translation/event_bson.h"

#include <string.h>

#include <glib.h>

#include "domain/entry.h"

static const char *text_at(const bson_t *document, const char *path, uint32_t *length)
{
  bson_iter_t iter, found;
  if (!bson_iter_init(&iter, document) || !bson_iter_find_descendant(&iter, path, &found) ||
      !BSON_ITER_HOLDS_UTF8(&found))
    return NULL;
  return bson_iter_utf8(&found, length);
}

static bool times_of(const bson_t *document, struct event *out)
{
  bson_iter_t iter;
  uint32_t seconds, increment;
  if (!bson_iter_init_find(&iter, document, "clusterTime") || !BSON_ITER_HOLDS_TIMESTAMP(&iter))
    return false;
  bson_iter_timestamp(&iter, &seconds, &increment);
  out->at = cluster_time_make(seconds, increment);
  /* Servers before 6.0 send no wallTime: the second is all they know. */
  out->wall_ms = (int64_t)seconds * 1000;
  if (bson_iter_init_find(&iter, document, "wallTime") && BSON_ITER_HOLDS_DATE_TIME(&iter))
    out->wall_ms = bson_iter_date_time(&iter);
  return true;
}

/* It goes into logs and through a pipe of lines: what is none is not passed on. */
static void take_request_id(const bson_t *document, struct event *out)
{
  uint32_t length = 0;
  const char *id = text_at(document, "fullDocument.request_id", &length);
  if (id != NULL && entry_request_id_valid(id, length))
    g_strlcpy(out->request_id, id, sizeof out->request_id);
}

static enum event_kind kind_of_ledger(const bson_t *document, struct event *out, const char **key)
{
  uint32_t length = 0;
  struct ulid id;
  bson_iter_t iter, found;
  out->bulk = bson_iter_init(&iter, document) &&
              bson_iter_find_descendant(&iter, "fullDocument.bulk", &found) &&
              bson_iter_as_bool(&found); /* of a foreign key too: its neighbours may share its time */
  *key = text_at(document, "documentKey._id", &length);
  if (*key == NULL || !entry_id_parse(*key, length, out->merchant, &id))
    return EVENT_FOREIGN;
  out->business_ms = ulid_ms(&id);
  take_request_id(document, out);
  return EVENT_LEDGER;
}

static enum event_kind kind_of_merchant(const bson_t *document, const char *operation, struct event *out)
{
  uint32_t length = 0;
  const char *id = text_at(document, "documentKey._id", &length);
  if (id == NULL || !merchant_id_valid(id, length))
    return EVENT_TIME;
  g_strlcpy(out->merchant, id, sizeof out->merchant);
  out->made = strcmp(operation, "insert") == 0;
  return EVENT_MERCHANT;
}

static bool is_disaster(const char *operation, const char *collection)
{
  if (strcmp(operation, "invalidate") == 0 || strcmp(operation, "dropDatabase") == 0)
    return true;
  bool ours =
      collection != NULL && (strcmp(collection, "ledger") == 0 || strcmp(collection, "merchants") == 0);
  return ours && (strcmp(operation, "drop") == 0 || strcmp(operation, "rename") == 0);
}

static enum event_kind kind_of(const bson_t *document, struct event *out, const char **key)
{
  const char *operation = text_at(document, "operationType", NULL);
  const char *collection = text_at(document, "ns.coll", NULL);
  if (operation == NULL)
    return EVENT_DISASTER;
  if (is_disaster(operation, collection))
    return EVENT_DISASTER;
  bool has_key = strcmp(operation, "insert") == 0 || strcmp(operation, "update") == 0 ||
                 strcmp(operation, "replace") == 0 || strcmp(operation, "delete") == 0;
  if (!has_key || collection == NULL)
    return EVENT_TIME;
  if (strcmp(collection, "ledger") == 0)
    return kind_of_ledger(document, out, key);
  return strcmp(collection, "merchants") == 0 ? kind_of_merchant(document, operation, out) : EVENT_TIME;
}

enum result event_bson_read(const bson_t *document, struct event *out, char **token, const char **key,
                            struct err *e)
{
  *out = (struct event){.kind = EVENT_TIME};
  *key = NULL;
  const char *data = text_at(document, "_id._data", NULL);
  if (data == NULL || !times_of(document, out))
    return err_set(e, RESULT_CORRUPT, "a change event without token or time");
  out->kind = kind_of(document, out, key);
  *token = g_strdup(data);
  out->token = *token;
  return RESULT_OK;
}
