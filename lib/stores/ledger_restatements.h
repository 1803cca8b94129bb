/* ledger_restatements: the restatement log: which entries came late, into hours that were over, and what they
 * changed. It is a query over the ledger's late entries and kept nowhere. The late entries of one import are
 * one restatement; any other late entry is one by itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/metric.h"
#include "stores/ledger.h"

enum restatement_cause { RESTATEMENT_ORDER, RESTATEMENT_REFUND, RESTATEMENT_IMPORT };

/* What it changed in one currency: what its entries add to the rows of their buckets. */
struct restatement_change {
  char currency[4]; /* "": an entry's cannot be told */
  bool known;       /* false: an entry's totals cannot be summed, or are out of balance; columns undefined */
  int64_t columns[METRIC_ADDITIVE];
};

struct restatement {
  enum restatement_cause cause;
  char *id;  /* of the cause, as people know it: "ord_...", "rfd_...", or the import's; owned */
  char *key; /* of the cause, as the log is ordered by; owned */
  int64_t entries;
  int64_t first_ms, last_ms;          /* business times of the first and the last entry */
  int64_t recorded_at_ms;             /* when the last of them was recorded */
  struct restatement_change *changes; /* by currency; owned */
  size_t change_count;
};

/* Zero / NULL fields do not filter. */
struct restatement_filter {
  int64_t from_ms, to_ms; /* when they were recorded; half-open */
  /* The cursor: only what comes after the restatement with this recorded_at_ms and key. */
  int64_t before_ms;
  const char *before_key;
  size_t limit; /* 1 .. RESTATEMENTS_MAX */
};
#define RESTATEMENTS_MAX 1000

struct restatement_page {
  struct restatement *items;
  size_t count;
  bool has_more;
};

/* Newest first: by the time of record, and by key where that is the same. An import records all its entries
 * at one time, so that no bound of the filter cuts one in two. Costs what is on the page, with all entries of
 * its imports, and a look at one key of the index for each import that the merchant ever had late entries of.
 * Of what no program of this project wrote: an entry whose import is no text, or an empty one, is one by
 * itself, with unknown changes; one whose time of record is no time is in no page and no count. */
MUST_CHECK enum result ledger_list_restatements(struct ledger *ledger, const char *merchant,
                                                const struct restatement_filter *filter,
                                                struct restatement_page *out, struct err *e);
void restatement_page_clear(struct restatement_page *page);

/* How many there are, and of how many entries they consist. The server walks through the keys of its index
 * for that (a million in about two seconds) and reads no document. */
struct restatement_count {
  int64_t restatements;
  int64_t entries;
};
MUST_CHECK enum result ledger_count_restatements(struct ledger *ledger, const char *merchant,
                                                 struct restatement_count *out, struct err *e);
