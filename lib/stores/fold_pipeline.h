/* fold_pipeline: the aggregate that sums entries, made from the metric table, and what its answers mean. For
 * stores/fold_mongo.c.
 *
 * Entries are grouped by (merchant, currency, step) and by their kind, with the sums of stores/total_sums.h.
 */
#pragma once

#include <glib.h>
#include <mongoc/mongoc.h>

#include "stores/fold.h"
#include "stores/fold_ranges.h"

/* The lean form fails as a whole when an entry's total or time is of a type that cannot be added or cut into
 * steps; the careful one, a little slower, never does: such an entry spoils only its own group. */
enum fold_pipeline_form { FOLD_PIPELINE_LEAN, FOLD_PIPELINE_CAREFUL };

/* Appends the pipeline's stages to an initialised array. `step` in seconds. */
void fold_pipeline_append(bson_t *stages, const struct fold_ranges *ranges, int step,
                          enum fold_pipeline_form form);

/* Collects the answers: both kinds of one (merchant, currency, step) become one group. */
struct fold_sums {
  const struct fold_ranges *ranges;
  int step;
  GHashTable *groups; /* of struct fold_sum */
  GPtrArray *order;   /* the same, as they came; owns them */
};

void fold_sums_init(struct fold_sums *sums, const struct fold_ranges *ranges, int step);
void fold_sums_clear(struct fold_sums *sums);

/* Takes one document of the answer. RESULT_CORRUPT: it belongs to no (merchant, currency, step) that was
 * asked for. */
MUST_CHECK enum result fold_sums_add(struct fold_sums *sums, const bson_t *document, struct err *e);

/* Gives each group to `sink`. */
void fold_sums_emit(const struct fold_sums *sums, fold_sink sink, void *arg);
