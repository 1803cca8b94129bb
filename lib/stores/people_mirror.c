#include "stores/people_mirror.h"

#include <stdio.h>
#include <string.h>

/* Each time again somebody else has changed the record meanwhile. */
#define REFRESHES_MOST 20

static struct mongo_place place_of(const struct people *p, const struct people_record *record)
{
  return (struct mongo_place){.mongo = p->mongo, .people = record->people, .collection = record->collection};
}

/* `beside` may be NULL. */
MUST_CHECK static enum result read_mirror(struct people *p, const struct people_record *record,
                                          const char *beside, bson_t **out, char **value, struct err *e)
{
  redisReply *reply = NULL;
  enum result r = redis_call(p->redis, &reply, e, "MGET", record->key, beside, NULL);
  if (r != RESULT_OK)
    return r;
  const redisReply *mirror = reply->elements > 0 ? reply->element[0] : NULL;
  const redisReply *other = reply->elements > 1 ? reply->element[1] : NULL;
  if (mirror != NULL && mirror->type == REDIS_REPLY_STRING)
    *out = bson_new_from_data((const uint8_t *)mirror->str, mirror->len);
  if (other != NULL && other->type == REDIS_REPLY_STRING)
    *value = g_strndup(other->str, other->len);
  freeReplyObject(reply);
  return *out != NULL ? RESULT_OK : err_set(e, RESULT_NOT_FOUND, "no mirror");
}

MUST_CHECK static enum result write_mirror(struct people *p, const struct people_record *record,
                                           const bson_t *document, bool only_if_absent, struct err *e)
{
  char lifetime[16];
  snprintf(lifetime, sizeof lifetime, "%d", record->lifetime_s);
  const char *argv[] = {"SET", record->key, (const char *)bson_get_data(document), "EX", lifetime, "NX"};
  size_t lengths[G_N_ELEMENTS(argv)];
  for (size_t i = 0; i < G_N_ELEMENTS(argv); i++)
    lengths[i] = i == 2 ? document->len : strlen(argv[i]);
  redisReply *reply = NULL;
  enum result r = redis_command(p->redis, only_if_absent ? 6 : 5, argv, lengths, &reply, e);
  if (r == RESULT_OK)
    freeReplyObject(reply);
  return r;
}

MUST_CHECK static enum result read_record(struct people *p, const struct people_record *record, bson_t **out,
                                          struct err *e)
{
  bson_t *whole = NULL;
  enum result r = mongo_doc_find(place_of(p, record), record->filter, &whole, e);
  if (r != RESULT_OK || record->secret == NULL) {
    *out = whole;
    return r;
  }
  *out = bson_new();
  bson_copy_to_excluding_noinit(whole, *out, record->secret, NULL);
  bson_destroy(whole);
  return RESULT_OK;
}

enum result people_mirror_find(struct people *p, const struct people_record *record, bson_t **out,
                               struct err *e)
{
  char *nothing = NULL;
  return people_mirror_find_with(p, record, NULL, out, &nothing, e);
}

enum result people_mirror_find_with(struct people *p, const struct people_record *record, const char *beside,
                                    bson_t **out, char **value, struct err *e)
{
  *out = NULL;
  *value = NULL;
  if (read_mirror(p, record, beside, out, value, NULL) == RESULT_OK)
    return RESULT_OK;
  enum result r = read_record(p, record, out, e);
  if (r != RESULT_OK)
    return r;
  /* Without a mirror the next reader asks MongoDB again: slower, and as right. */
  enum result mirrored = write_mirror(p, record, *out, true, NULL);
  (void)mirrored;
  return RESULT_OK;
}

/* *stands: the mirror that was written is the document as it is behind the writing. */
MUST_CHECK static enum result read_and_write(struct people *p, const struct people_record *record,
                                             bool *stands, struct err *e)
{
  bson_t *before = NULL, *after = NULL;
  enum result r = read_record(p, record, &before, e);
  if (r == RESULT_OK)
    r = write_mirror(p, record, before, false, e);
  if (r == RESULT_OK)
    r = read_record(p, record, &after, e);
  *stands = r == RESULT_OK && bson_equal(before, after);
  bson_destroy(after);
  bson_destroy(before);
  return r;
}

enum result people_mirror_refresh(struct people *p, const struct people_record *record, struct err *e)
{
  bool stands = false;
  for (int i = 0; i < REFRESHES_MOST && !stands; i++) {
    enum result r = read_and_write(p, record, &stands, e);
    if (r != RESULT_OK)
      return r;
  }
  return stands ? RESULT_OK
                : err_set(e, RESULT_UNAVAILABLE, "%s: it changes all the time", record->collection);
}
