/* check: the invariant of the protocol, looked at from outside: every served row of merchant m that is not
 * parked equals the fold of exactly m's entries with cluster time <= max(ck, base of m). */
#pragma once

#include "tests/sim/memory_kv.h"
#include "tests/sim/memory_ledger.h"

/* NULL when it holds for every row of every merchant; else what is wrong (borrowed until the next call). */
const char *check_invariant(const struct memory_server *server, const struct memory_ledger *ledger);

/* Up to when the merchant's figures are true as they are served; 0 when they are unknown. */
cluster_time check_as_of(const struct memory_server *server, const char *merchant);

/* NULL when the store has caught up: no rebuild, ck >= `through`, and every merchant has a card that matches
 * its document. */
const char *check_settled(const struct memory_server *server, const struct memory_ledger *ledger,
                          cluster_time through);
