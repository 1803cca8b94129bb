/* proofs: every verify and its result, kept in MongoDB (takings_people.proofs), append-only. */
#pragma once

#include "domain/merchant.h"
#include "stores/mongo.h"
#include "translation/proof.h"

MUST_CHECK enum result proofs_add(struct mongo *mongo, const char *merchant, const struct proof *proof,
                                  struct err *e);
