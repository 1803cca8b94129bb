/* tally: what an import has done so far. */
#pragma once

#include <stddef.h>

#include "base/cluster_time.h"

/* read = stored + skipped + bad + those not sent yet, in orders (or rows that belong to none). */
struct tally {
  size_t rows;
  size_t read;
  size_t stored;
  size_t skipped; /* the ledger had them already */
  size_t bad;
  cluster_time position; /* of the last write; 0: none yet */
};
