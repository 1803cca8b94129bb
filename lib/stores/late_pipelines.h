/* late_pipelines: the questions of the restatement log to the ledger's late entries. All are answered from
 * the index INDEX_LATE and must name it as their hint: where every entry of a merchant is late, any index
 * that begins with m looks as good to the server.
 *
 * Each returns the pipeline as {pipeline: [...]}, which the caller destroys. None meets an entry with a
 * stranger's key, except for late_pipeline_imports. For stores/ledger_restatements.c only.
 */
#pragma once

#include <bson/bson.h>

#include "stores/ledger_restatements.h"

/* What the documents of the answers hold: of a group of entries of one cause, currency and kind; and of all
 * groups of a cause ("_id": its key). */
#define LATE_FIRST                                                                                           \
  "first" /* the smallest key and the largest: the times of both are their business times                    \
           */
#define LATE_LAST "last"
#define LATE_RECORDED "recorded"
#define LATE_PARTS "parts" /* the groups, in the order of currencies */

/* Entries that are restatements by themselves, newest first, no more than the filter's limit and one. They
 * have no import, or (`strange`, which only a stranger writes) one that is no text or an empty one.
 * Answer: a document of a cause each. Costs about its own size; the strange ones, how many there are. */
bson_t *late_pipeline_singles(const char *merchant, const struct restatement_filter *filter, bool strange);

/* The imports with late entries that the filter selects, in no order and without its limit: "_id" and
 * LATE_RECORDED. The server skips from import to import, whatever number of entries they have. It does not
 * judge their keys, so that an import may be told that has none but a stranger's. */
bson_t *late_pipeline_imports(const char *merchant, const struct restatement_filter *filter);

/* What the late entries of these imports add up to. Answer: a document of a cause each. */
bson_t *late_pipeline_fold(const char *merchant, const char *const *imports, size_t count);

/* One document: "restatements" and "entries", or none where there are none. Reads keys of the index only. */
bson_t *late_pipeline_count(const char *merchant);
