/* mongo_change: a change of several documents as one transaction: all of it or nothing, w:majority, j:true.
 *
 * Of two changes at the same time that write the same document one is undone and run again: it then reads
 * what the other has written. What a change has only read may be written by others meanwhile: a rule over
 * several documents holds only when the change also writes one of those that it rests on.
 */
#pragma once

#include "stores/mongo_doc.h"

struct mongo_change;

/* What a change consists of: begun anew on each call, for it may be called several times. Anything but
 * RESULT_OK: nothing is written. */
typedef enum result (*mongo_change_fn)(struct mongo_change *change, void *arg, struct err *e);

/* Runs `work` and commits; the result is `work`'s unless that succeeds. RESULT_UNAVAILABLE: a store is away,
 * too many wanted the same document, or whether it was committed cannot be known. */
MUST_CHECK enum result mongo_change_run(struct mongo *mongo, mongo_change_fn work, void *arg, struct err *e);

/* Within a change, as in stores/mongo_doc.h. RESULT_CONFLICT of an insert: a unique index has it already;
 * the change cannot go on. */
MUST_CHECK enum result mongo_change_find(struct mongo_change *change, struct mongo_place place,
                                         const bson_t *filter, bson_t **out, struct err *e);
MUST_CHECK enum result mongo_change_insert(struct mongo_change *change, struct mongo_place place,
                                           const bson_t *document, struct err *e);
MUST_CHECK enum result mongo_change_update(struct mongo_change *change, struct mongo_place place,
                                           const bson_t *filter, const bson_t *update, struct err *e);
