/* ledger_many: many orders of one merchant in one call, each with a fate of its own. For the files of
 * stores/ledger.h only. */
#pragma once

#include "stores/ledger_call.h"

/* What became of an entry. */
enum ledger_fate {
  LEDGER_FATE_PENDING,
  LEDGER_FATE_STORED,
  LEDGER_FATE_KEY_TAKEN,  /* by an entry that was not read yet */
  LEDGER_FATE_SAME,       /* stored before, with the same body */
  LEDGER_FATE_OTHER,      /* stored before, with another body */
  LEDGER_FATE_UNREADABLE, /* stored before, and the stored one cannot be read */
  LEDGER_FATE_SOUGHT,     /* not to be stored: only looked for */
};

struct ledger_many {
  struct ledger_call *call;
  struct entry **entries;
  size_t count;
  enum ledger_fate *fates; /* [count] */
};

bool ledger_many_any(const struct ledger_many *many, enum ledger_fate fate);

/* Finds the entries of that fate whose key is stored, by a majority read. `whole`: the stored entry replaces
 * each that was found (their keys must differ from each other); otherwise only keys and hashes are read.
 * Those that are not found keep their fate. */
MUST_CHECK enum result ledger_many_find(struct ledger_many *many, enum ledger_fate fate, bool whole,
                                        struct err *e);

/* Gives all that is pending new ids and stores it, in one unordered bulk insert: stored, or its key is taken.
 * RESULT_OK: no entry is pending any more. Otherwise some may be stored, and all are pending still. */
MUST_CHECK enum result ledger_many_insert(struct ledger_many *many, struct err *e);
