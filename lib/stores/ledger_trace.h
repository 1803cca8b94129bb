/* ledger_trace: the entries behind a figure, read from the ledger as it was at the time at which the figure
 * is true.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "domain/stretch.h"
#include "stores/ledger.h"

struct trace_filter {
  cluster_time at;
  const GArray *stretches; /* of struct stretch */
  const char *currency;
  int metric; /* one that adds up: an additive one, or net_sales */
  bool has_after;
  struct ulid after; /* the cursor: only entries whose id is above it */
  size_t limit;
};

struct trace_item {
  enum entry_kind kind;
  struct ulid id;
  struct ulid order; /* its own id, or that of the order that it gives back */
  int64_t at_ms;
  int64_t value; /* what it adds to the metric: not 0 */
};

struct trace_page {
  GArray *items;     /* of struct trace_item, in order of time; at most `limit` */
  size_t unreadable; /* entries that should stand here and cannot be read */
  bool has_more;
  struct ulid last; /* behind which the next page begins; when has_more */
};

/* A page may have fewer items than `limit` though more follow: those whose parts cancel out are left out
 * after reading. On success the caller owns the page: trace_page_clear. Results as stores/mongo_snapshot.h.
 */
MUST_CHECK enum result ledger_trace(struct ledger *ledger, const char *merchant,
                                    const struct trace_filter *filter, struct trace_page *out, struct err *e);
void trace_page_clear(struct trace_page *page);
