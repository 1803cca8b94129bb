/* scattered: which orders of a file have rows that do not stand together. The ledger is append-only, so this
 * must be known before the first row is stored. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/import/cells.h"
#include "cli/import/mapping.h"

/* A set of references, 64 bits of hash each (some 24 bytes of memory per order). */
struct scattered;

/* Reads `cells` to its end, or to where it cannot be read further (which the import will meet and report
 * again). Caller owns: scattered_free. */
struct scattered *scattered_scan(struct cells_reader *cells, const struct mapping *mapping);
void scattered_free(struct scattered *scattered);

bool scattered_has(const struct scattered *scattered, const char *reference); /* NULL set: false */
