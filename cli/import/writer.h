/* writer: gathers checked entries, sorts them by business time and stores them in bulk. */
#pragma once

#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "cli/import/bad.h"
#include "cli/import/progress.h"
#include "cli/import/tally.h"
#include "domain/entry.h"
#include "stores/ledger.h"

struct writer;

/* All borrowed; `ledger` NULL: nothing is stored (a dry run), and what would be counts as stored. Caller
 * owns: writer_free. */
struct writer *writer_new(struct ledger *ledger, struct clock *clock, struct bad *bad, struct tally *tally,
                          struct progress *progress);
void writer_free(struct writer *writer);

/* Takes a checked entry, leaving `entry` fresh; stores when enough are gathered. `line` is where the order
 * stands in the file. RESULT_UNAVAILABLE: the ledger is away, also after several tries. */
MUST_CHECK enum result writer_take(struct writer *writer, struct entry *entry, size_t line, struct err *e);

/* Stores what is left. */
MUST_CHECK enum result writer_flush(struct writer *writer, struct err *e);
