/* percent: percent-encoding (RFC 3986), read strictly. */
#pragma once

#include <stddef.h>

/* The decoded text of `length` bytes, or NULL: a '%' without two hex digits, a NUL, bytes that are not UTF-8.
 * '+' stays
 * '+'. Caller owns: g_free. */
char *percent_decode(const char *text, size_t length);
