/* check: from a draft to a ledger entry, by the rules that every order goes through. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/import/draft.h"
#include "domain/entry.h"

struct check_terms {
  const struct merchant *merchant;
  int64_t now_ms;
  const char *import_id; /* ULID text, stamped on every entry */
};

/* Fills an initialised `out` (ENTRY_ORDER), but for its `id`, which the ledger makes. Returns false, with
 * faults added to the draft, when the order is refused. */
bool check_draft(struct draft *draft, const struct check_terms *terms, struct entry *out);
