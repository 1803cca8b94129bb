/* hour_rows: what replacing hours means for the stored rows: which dense strings are read, which slots are
 * written, and that every hour written re-sums its day. Shared by every operation that writes under a card
 * that stays. */
#pragma once

#include <glib.h>

#include "batch/sheet.h"
#include "stores/kv.h"

/* Adds the keys that must be watched and read before the sheet can be written, in the order in which
 * hour_rows_commit takes their values. The sheet's hours must not be added to in between. */
void hour_rows_add_keys(struct sheet *sheet, const char *merchant, const char *prefix, GPtrArray *keys);

struct hour_rows_commit {
  struct sheet *sheet;
  const char *merchant;
  const char *prefix;
  cluster_time at;            /* what the sheet was folded at */
  struct parked_list *parked; /* as stored; changed here */
  struct kv_writes *writes;
};

/* Completes the sheet with the stored rows (`values`, one for each key added) and adds the writes. Hours that
 * are poison are parked instead; hours that were folded whole are no longer parked, and their minutes are
 * dropped. RESULT_CORRUPT: a stored row cannot be read. */
MUST_CHECK enum result hour_rows_commit(struct hour_rows_commit *commit, kv_value *values, struct err *e);

/* Writes the parked list when it differs from what was stored. */
void hour_rows_write_parked(const struct hour_rows_commit *commit, kv_value stored);

/* Tells listeners which hours changed: a hint to ask again, never a figure. */
void hour_rows_publish(const struct hour_rows_commit *commit);

/* Counts the rows of a transaction that has been executed. */
void hour_rows_count_written(const struct kv_writes *writes);
