/* people_mirror: records of people that are kept in MongoDB and mirrored in Redis. For the files of
 * stores/people.h only.
 *
 * A mirror is the record's document without its secrets. It is filled on a miss by SET NX EX, and overwritten
 * by SET EX after every change in MongoDB: a reader that read the older document before the change cannot put
 * it back, because NX finds the newer one, which lives longer than any reader takes. Of two changes at once
 * the one that writes the older document last sees, when it reads again, that it did, and writes the newer
 * one.
 */
#pragma once

#include <bson/bson.h>

#include "stores/mongo_doc.h"
#include "stores/people.h"

struct people_record {
  const char *key; /* in Redis */
  int lifetime_s;  /* of the mirror */
  bool people;     /* which database, as in struct mongo_place */
  const char *collection;
  const bson_t *filter;
  const char *secret; /* the field that is left out of the mirror, or NULL */
};

/* The record from Redis, or else from MongoDB. The caller owns *out: bson_destroy. RESULT_NOT_FOUND: MongoDB
 * has none. RESULT_UNAVAILABLE: neither could tell. */
MUST_CHECK enum result people_mirror_find(struct people *p, const struct people_record *record, bson_t **out,
                                          struct err *e);

/* The same together with another key of Redis, in one go: *value (g_free) is what that holds, NULL: nothing,
 * or Redis could not tell. */
MUST_CHECK enum result people_mirror_find_with(struct people *p, const struct people_record *record,
                                               const char *beside, bson_t **out, char **value, struct err *e);

/* After a change of a merchant or a user: overwrites the mirror, as people_mirror_refresh. */
MUST_CHECK enum result people_refresh_merchant(struct people *p, const char *id, struct err *e);
MUST_CHECK enum result people_refresh_user(struct people *p, const char *user_id, struct err *e);

/* After a change: reads the record from MongoDB and overwrites the mirror. RESULT_UNAVAILABLE: an older
 * mirror may be left; the change is to be made again. */
MUST_CHECK enum result people_mirror_refresh(struct people *p, const struct people_record *record,
                                             struct err *e);
