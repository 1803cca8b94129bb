/* order_json: orders and refunds between JSON and structs. Request bodies are read through field tables
 * (name, type, limits), so that unknown members, wrong types and too long texts are all reported at once. */
#pragma once

#include <stddef.h>

#include <json-c/json.h>

#include "domain/entry.h"

/* Body bytes to a JSON object: scanner, then json-c. On failure adds one violation (malformed_json,
 * duplicate_member) and returns NULL. Caller owns: json_object_put. */
struct json_object *order_json_parse_body(const char *body, size_t length, struct violations *violations);

/* Reads an order's or a refund's fields and checks their limits: types, presence, ranges, lengths, unknown
 * members. Adds all violations; true when there was none. `out` must be initialised; it is filled as far as
 * it could be read, and what was refused is marked, so that order_check or refund_check can go on from there
 * and find whatever else is wrong. */
bool order_json_read(struct json_object *body, struct order *out, struct violations *violations);
bool refund_json_read(struct json_object *body, struct refund *out, struct violations *violations);

/* SHA-256 of the validated body in field-table order, without what the server adds (an absent placed_at stays
 * absent); for refunds with the order's id in front. */
void order_json_hash(const struct order *order, uint8_t hash[ENTRY_HASH_SIZE]);
void refund_json_hash(const struct refund *refund, const struct ulid *order_id,
                      uint8_t hash[ENTRY_HASH_SIZE]);

/* The public form of an entry (receipts, lists). Caller owns. `with_ids` false for a dry run: no id, no
 * recorded_at. */
struct json_object *order_json_write(const struct entry *entry, bool with_ids);
struct json_object *refund_json_write(const struct entry *entry, bool with_ids);

/* An order with its refunds and what is left: {…order…, "refunds": [...], "remaining": {...}}. Caller owns.
 */
struct json_object *order_json_write_full(const struct entry *order, const struct entry *const *refunds,
                                          size_t count, const struct refund_rest *rest);
