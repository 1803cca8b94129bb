/* schema: the names of what is in MongoDB, and the bounds by which its keys are searched (docs/data.md,
 * "Ledger"). */
#pragma once

#include <stdint.h>

#include "domain/entry.h"

/* database takings, the one that the stream follows */
#define COLLECTION_LEDGER "ledger"
#define COLLECTION_MERCHANTS "merchants"
#define COLLECTION_HEARTBEAT "heartbeat"
#define HEARTBEAT_ID "tailer" /* of its one document */

/* database takings_people */
#define COLLECTION_USERS "users"
#define COLLECTION_API_KEYS "api_keys"
#define COLLECTION_AUDIT "audit"
#define COLLECTION_QUARANTINE "quarantine"
#define COLLECTION_PROOFS "proofs"

/* Unique indexes of the ledger; a clash names one of them. */
#define INDEX_IDEM "idem"
#define INDEX_REFUND_NUMBER "refund_number"
/* And the partial one over its late entries. */
#define INDEX_LATE "late"

/* The smallest key that an entry of this merchant at `ms` or later can have: from <= at < to is
 * bound(from) <= _id < bound(to). Returns `out`. */
const char *schema_entry_bound(const char *merchant, int64_t ms, char out[ENTRY_ID_SIZE]);

/* What the key of an entry looks like, and one that nobody of ours wrote does not; within one merchant's keys
 * ("<merchant>/" and a ULID). Whoever reads entries by ranges of keys asks for it too: a foreign key can lie
 * between two bounds, came in past the validator or before there was one, and is in no figure, list or trace.
 */
#define SCHEMA_ULID_PATTERN "/[0-7][0-9A-HJKMNP-TV-Z]{25}"
#define SCHEMA_ENTRY_PATTERN "^[^/]+" SCHEMA_ULID_PATTERN "\\z"

/* Behind every key of this merchant. Returns `out`. */
const char *schema_entry_end(const char *merchant, char out[ENTRY_ID_SIZE]);
