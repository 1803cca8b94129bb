/* memory_mongo: stores/mongo_doc.h and mongo_change.h in memory: whatever is asked of a collection, the
 * document that was inserted last. Linked before libtakings.a. */
#pragma once

#include <stdbool.h>

/* Nothing can be had any more; the ledger of tests/worker is not affected. */
extern bool memory_mongo_away;
