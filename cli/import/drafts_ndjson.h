/* drafts_ndjson: a file with one order body per line. */
#pragma once

#include <stdio.h>

#include "cli/import/draft.h"

/* `stream` is borrowed. `row_prefix`: orders without a reference get "<row_prefix>-<line number>"; NULL: they
 * are bad rows. Caller owns: drafts_free. */
struct drafts *drafts_ndjson_new(FILE *stream, const char *row_prefix);
