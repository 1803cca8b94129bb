/* drafts_rows: files with one row per order line, grouped into orders by their reference.
 *
 * The rows of one order stand together. The first says what belongs to the order; the later ones may repeat
 * it or leave it empty. A row that cannot be read makes its neighbours' orders bad too, because it may be a
 * line of theirs, and the ledger never forgets an order that was stored with a line missing.
 */
#pragma once

#include "cli/import/cells.h"
#include "cli/import/draft.h"
#include "cli/import/mapping.h"
#include "cli/import/scattered.h"
#include "cli/import/times.h"

struct rows_terms {
  const struct mapping *mapping; /* bound */
  struct times *times;
  size_t header_width;  /* cells that every row must have; 0: the file has no header */
  const char *currency; /* for rows that name none; NULL: they are bad rows */
  const char
      *row_prefix; /* rows without a reference are orders "<row_prefix>-<line number>"; NULL: bad rows */
  const struct scattered *scattered; /* orders whose rows do not stand together; NULL: none */
};

/* Takes `cells`; what `terms` points to is borrowed. Caller owns: drafts_free. */
struct drafts *drafts_rows_new(struct cells_reader *cells, const struct rows_terms *terms);
