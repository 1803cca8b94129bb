/* entry_bson: ledger entries between structs and BSON, built and read field by field (docs/data.md,
 * "Ledger"). */
#pragma once

#include <bson/bson.h>

#include "domain/entry.h"

/* Appends the whole document to an initialised `out`. RESULT_INVALID when it would not fit BSON. */
MUST_CHECK enum result entry_bson_write(const struct entry *entry, bson_t *out, struct err *e);

/* Reads a document of the ledger; stores are not trusted: wrong types, missing fields, texts that are not
 * UTF-8 are RESULT_CORRUPT. `out` must be fresh; on success the caller owns its parts: entry_clear. */
MUST_CHECK enum result entry_bson_read(const bson_t *document, struct entry *out, struct err *e);

/* Reads no more of a document than figures are made of, and whose it is: _id, m, kind, at, currency, the
 * totals and, of a refund, its order. The rest of `out` stays as entry_init leaves it: nothing is owned. */
MUST_CHECK enum result entry_bson_read_folded(const bson_t *document, struct entry *out, struct err *e);
