/* writer: gathers checked entries and stores them in bulk. */
#pragma once

#include <stddef.h>

#include "base/clock.h"
#include "base/cluster_time.h"
#include "base/err.h"
#include "cli/import/bad.h"
#include "domain/entry.h"
#include "stores/ledger.h"

/* What an import has done; read = stored + skipped + bad, in orders (or rows that belong to none). */
struct tally {
  size_t rows;
  size_t read;
  size_t stored;
  size_t skipped; /* the ledger had them already */
  size_t bad;
  cluster_time position; /* of the last write; 0: none yet */
};

struct writer;

/* All borrowed; `ledger` NULL: nothing is stored (a dry run), and what would be counts as stored. Caller
 * owns: writer_free. */
struct writer *writer_new(struct ledger *ledger, struct clock *clock, struct bad *bad, struct tally *tally);
void writer_free(struct writer *writer);

/* Takes a checked entry, leaving `entry` fresh; stores when a batch is full. `line` is where the order stands
 * in the file. RESULT_UNAVAILABLE: the ledger is away, also after several tries. */
MUST_CHECK enum result writer_take(struct writer *writer, struct entry *entry, size_t line, struct err *e);

/* Stores what is left. */
MUST_CHECK enum result writer_flush(struct writer *writer, struct err *e);
