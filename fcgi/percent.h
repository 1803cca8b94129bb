/* percent: percent-encoding (RFC 3986), read strictly. */
#pragma once

#include <stddef.h>

/* The decoded text of `length` bytes, or NULL: a percent sign without two hex digits, a NUL, bytes that are
 * not UTF-8. A plus sign is itself. Caller owns: g_free. */
char *percent_decode(const char *text, size_t length);
