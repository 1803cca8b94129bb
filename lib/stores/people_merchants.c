
#include "base/clock.h"
#include "stores/audit.h"
#include "stores/people_mirror.h"
#include "stores/schema.h"
#include "translation/merchant_bson.h"

/* The mirror of a merchant's terms: short, so that a document that somebody edits by hand counts soon. */
#define TERMS_LIFETIME_S 60

static struct mongo_place merchants(const struct people *p)
{
  return (struct mongo_place){.mongo = p->mongo, .collection = COLLECTION_MERCHANTS};
}

static char *terms_key(const char *id)
{
  return g_strconcat("tk:terms:", id, NULL);
}

static struct people_record terms_record(const char *key, const bson_t *filter)
{
  return (struct people_record){
      .key = key, .lifetime_s = TERMS_LIFETIME_S, .collection = COLLECTION_MERCHANTS, .filter = filter};
}

struct adding {
  struct people *people;
  const struct people_actor *by;
  const struct merchant *merchant;
};

MUST_CHECK static enum result insert_merchant(struct mongo_change *change, void *arg, struct err *e)
{
  const struct adding *a = arg;
  struct clock *clock = clock_system();
  bson_t document = BSON_INITIALIZER;
  struct audit_record record = {.action = AUDIT_MERCHANT_ADD,
                                .who = a->by->who,
                                .request_id = a->by->request_id,
                                .merchant = a->merchant->id,
                                .subject = a->merchant->id};
  enum result r = merchant_bson_write(a->merchant, clock->wall_ms(clock), &document, e);
  if (r == RESULT_OK)
    r = mongo_change_insert(change, merchants(a->people), &document, e);
  if (r == RESULT_OK)
    r = audit_add_in(change, a->people, &record, e);
  bson_destroy(&document);
  return r;
}

enum result people_add_merchant(struct people *p, const struct people_actor *by,
                                const struct merchant *merchant, struct err *e)
{
  struct adding a = {.people = p, .by = by, .merchant = merchant};
  return mongo_change_run(p->mongo, insert_merchant, &a, e);
}

enum result people_get_merchant(struct people *p, const char *id, struct merchant *out, struct err *e)
{
  bson_t *document = NULL;
  bson_t filter = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&filter, "_id", id);
  enum result r = mongo_doc_find(merchants(p), &filter, &document, e);
  bson_destroy(&filter);
  if (r != RESULT_OK)
    return r;
  r = merchant_bson_read(document, out, e);
  bson_destroy(document);
  return r;
}

enum result people_merchant_terms(struct people *p, const char *id, struct merchant *out, struct err *e)
{
  bson_t *document = NULL;
  bson_t filter = BSON_INITIALIZER;
  g_autofree char *key = terms_key(id);
  BSON_APPEND_UTF8(&filter, "_id", id);
  struct people_record record = terms_record(key, &filter);
  enum result r = people_mirror_find(p, &record, &document, e);
  bson_destroy(&filter);
  if (r != RESULT_OK)
    return r;
  r = merchant_bson_read(document, out, e);
  bson_destroy(document);
  return r;
}

enum result people_refresh_merchant(struct people *p, const char *id, struct err *e)
{
  bson_t filter = BSON_INITIALIZER;
  g_autofree char *key = terms_key(id);
  BSON_APPEND_UTF8(&filter, "_id", id);
  struct people_record record = terms_record(key, &filter);
  enum result r = people_mirror_refresh(p, &record, e);
  bson_destroy(&filter);
  return r;
}

MUST_CHECK static enum result add_to_list(const bson_t *document, void *arg, struct err *e)
{
  struct merchant merchant;
  enum result r = merchant_bson_read(document, &merchant, e);
  if (r == RESULT_OK)
    g_array_append_val((GArray *)arg, merchant);
  return r;
}

enum result people_list_merchants(struct people *p, GArray *out, struct err *e)
{
  bson_t all = BSON_INITIALIZER;
  enum result r = mongo_doc_each(merchants(p), &all, add_to_list, out, e);
  bson_destroy(&all);
  return r;
}

MUST_CHECK static enum result count_one(const bson_t *document, void *arg, struct err *e)
{
  (void)document, (void)e;
  ++*(int64_t *)arg;
  return RESULT_OK;
}

enum result people_count_quarantine(struct people *p, const char *id, int64_t *out, struct err *e)
{
  struct mongo_place place = {.mongo = p->mongo, .people = true, .collection = COLLECTION_QUARANTINE};
  bson_t filter = BSON_INITIALIZER, range;
  g_autofree char *from = g_strconcat(id, "/", NULL);
  g_autofree char *to = g_strconcat(id, "0", NULL); /* what comes after '/' */
  BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &range);
  BSON_APPEND_UTF8(&range, "$gte", from);
  BSON_APPEND_UTF8(&range, "$lt", to);
  bson_append_document_end(&filter, &range);
  *out = 0;
  enum result r = mongo_doc_each(place, &filter, count_one, out, e);
  bson_destroy(&filter);
  return r;
}
