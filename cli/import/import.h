/* import: a file of history into the ledger: file -> drafts -> rules -> bulk writes. Running it again adds
 * nothing: orders are known by their reference. */
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "cli/import/mapping.h"
#include "cli/import/tally.h"
#include "domain/merchant.h"
#include "domain/ulid.h"
#include "stores/ledger.h"

enum import_format { IMPORT_NDJSON, IMPORT_CSV, IMPORT_COLUMNS };

struct import_options {
  enum import_format format;
  const char *path;
  const char *bad_path;
  struct mapping mapping; /* rows only; bound while importing */
  const char *currency;   /* for rows that name none; NULL: the merchant's, if it has one only */
  const char *zone;       /* that dates are meant in */
  bool reference_by_row;
};

struct import_outcome {
  char import_id[ULID_TEXT_SIZE];
  struct tally tally;
  bool no_bad_file;  /* it failed because the file for bad rows cannot be made */
  GPtrArray *unused; /* names of columns that nothing used; char * */
};

/* `ledger` NULL: a dry run. The outcome (fresh; import_outcome_clear) is filled as far as it went.
 * RESULT_NOT_FOUND: no such file. RESULT_INVALID: the options do not fit the file, or the file cannot be read
 * to its end. RESULT_UNAVAILABLE: the ledger is away; what is stored is skipped next time. */
MUST_CHECK enum result import_run(struct import_options *options, const struct merchant *merchant,
                                  struct ledger *ledger, struct clock *clock, struct import_outcome *out,
                                  struct err *e);
void import_outcome_clear(struct import_outcome *outcome);
