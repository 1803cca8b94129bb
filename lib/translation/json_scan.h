/* json_scan: a strict RFC 8259 scanner that runs before json-c, which accepts far more than JSON.
 *
 * Refuses: anything outside the grammar, invalid UTF-8 (overlong, surrogates, beyond U+10FFFF), raw control
 * characters, lone surrogate escapes, duplicate member names (compared after unescaping), NUL in a string
 * (\u0000), nesting beyond JSON_SCAN_DEPTH, bytes after the value, a byte order mark.
 */
#pragma once

#include <stddef.h>

#define JSON_SCAN_DEPTH 8

enum json_scan_result {
  JSON_SCAN_OK,
  JSON_SCAN_MALFORMED,        /* problem code malformed_json */
  JSON_SCAN_DUPLICATE_MEMBER, /* problem code duplicate_member */
};

/* Scans `length` bytes. `*offset` gets where the first fault lies. What is malformed anywhere is not JSON,
 * whatever members were repeated before. */
enum json_scan_result json_scan(const char *text, size_t length, size_t *offset);
