/* mongo_doc: single documents: found at majority, written at w:majority, each call with a client of its own.
 */
#pragma once

#include <stdbool.h>

#include "stores/mongo.h"

/* Where a document is. */
struct mongo_place {
  struct mongo *mongo;
  bool people; /* in the database of people, else in that of the ledger */
  const char *collection;
};

/* A copy of the first document that matches. The caller owns *out: bson_destroy. RESULT_NOT_FOUND. */
MUST_CHECK enum result mongo_doc_find(struct mongo_place place, const bson_t *filter, bson_t **out,
                                      struct err *e);

/* Calls `each` for every document that matches, by ascending _id, until it returns something other than
 * RESULT_OK. */
MUST_CHECK enum result mongo_doc_each(struct mongo_place place, const bson_t *filter,
                                      enum result (*each)(const bson_t *document, void *arg, struct err *e),
                                      void *arg, struct err *e);

/* The same for the `limit` (at least 1) greatest _id, descending. */
MUST_CHECK enum result mongo_doc_newest(struct mongo_place place, const bson_t *filter, int64_t limit,
                                        enum result (*each)(const bson_t *document, void *arg, struct err *e),
                                        void *arg, struct err *e);

/* Whether at least so many (1 or more) match. */
MUST_CHECK enum result mongo_doc_at_least(struct mongo_place place, const bson_t *filter, int64_t least,
                                          bool *there, struct err *e);

/* RESULT_CONFLICT: a unique index has it already. */
MUST_CHECK enum result mongo_doc_insert(struct mongo_place place, const bson_t *document, struct err *e);

/* RESULT_NOT_FOUND: nothing matches. */
MUST_CHECK enum result mongo_doc_update(struct mongo_place place, const bson_t *filter, const bson_t *update,
                                        struct err *e);

/* Removes the first document that matches; that there is none is all right. */
MUST_CHECK enum result mongo_doc_remove(struct mongo_place place, const bson_t *filter, struct err *e);
