/* fold_mongo: the ledger's sums from MongoDB: one aggregate at a pinned cluster time, its $group made from
 * the metric table (stores/fold.h). */
#pragma once

#include "base/clock.h"
#include "stores/fold.h"
#include "stores/mongo.h"

/* `mongo` and `clock` are borrowed. Caller owns: fold_mongo_free. */
struct fold_source *fold_mongo_new(struct mongo *mongo, struct clock *clock);
void fold_mongo_free(struct fold_source *source);
