/* text_fields: strict reading of the blank-separated text records that are kept in Redis (head, card, parked,
 * proof). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* A record's text, writable; NULL when the bytes are anything but visible ASCII and blanks, as no record of
 * ours is. g_free. */
char *text_fields_of(const char *data, size_t length);
char *text_fields_of_bytes(GBytes *bytes);

/* Splits `text` at single blanks into exactly `count` fields that are not empty; false otherwise. Writes NULs
 * into `text`; fields[] point into it. */
bool text_fields_split(char *text, char **fields, size_t count);

/* A whole decimal number, optional '-', nothing else. */
bool text_fields_int64(const char *field, int64_t *out);

/* The same, and a moment of the years 0000 to 9999, as seconds or milliseconds since the epoch: what has a
 * text form, and what an hour can be added to. */
bool text_fields_seconds(const char *field, int64_t *out);
bool text_fields_milliseconds(const char *field, int64_t *out);

/* Exactly 16 lower-case hex digits. */
bool text_fields_hex64(const char *field, uint64_t *out);

/* Copies a field that must fit with its NUL; false when it is too long. */
bool text_fields_copy(const char *field, char *out, size_t size);
