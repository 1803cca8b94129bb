/* cursor: how a list goes on. To the caller it is opaque text: the place where the page before ended, in
 * bytes that only the list itself understands, and in front of it a hash of what the question chooses and of
 * the place, so that it can be used neither for another question nor in parts. Anybody can make one: what it
 * holds is checked like any other input. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fcgi/exchange.h"

#define CURSOR_HASH_SIZE 16

/* A hash over route, merchant and the named parameters of the query. What only cuts the list into pages
 * (limit, cursor) is not named. `choosing` is NULL-terminated. */
void cursor_hash(const struct exchange *x, const char *const *choosing, uint8_t hash[CURSOR_HASH_SIZE]);

/* What the parameter `cursor` holds behind that hash. Returns true when it was given and fits: then *length
 * bytes are in `place`. One that is longer than `size` bytes, is shorter than `least`, or has another hash is
 * added to the violations (invalid_cursor). */
bool cursor_read(struct exchange *x, const uint8_t hash[CURSOR_HASH_SIZE], void *place, size_t least,
                 size_t size, size_t *length);

/* Adds that violation: for a list that finds nonsense in its place. */
void cursor_refuse(struct exchange *x);

/* The members `has_more` and `next_cursor` of a page that ended at that place. NULL: nothing comes behind it,
 * and no hash is needed. */
void cursor_write_more(const uint8_t hash[CURSOR_HASH_SIZE], const void *place, size_t length, GString *out);
