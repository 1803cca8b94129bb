/* merchant_bson: merchants between structs and BSON (docs/data.md, "Merchants"). */
#pragma once

#include <bson/bson.h>

#include "base/err.h"
#include "domain/merchant.h"

/* Appends the whole document of a new merchant to an initialised `out`. RESULT_INVALID: a text is not UTF-8.
 */
MUST_CHECK enum result merchant_bson_write(const struct merchant *merchant, int64_t created_ms, bson_t *out,
                                           struct err *e);

/* RESULT_CORRUPT: wrong types, missing fields, an id, a currency or a locale that is none, too many
 * currencies. */
MUST_CHECK enum result merchant_bson_read(const bson_t *document, struct merchant *out, struct err *e);
