/* ulid: 128-bit sortable ids: 48 bits of milliseconds, 80 bits at random; 26 digits of Crockford's base 32 in
 * text (github.com/ulid/spec). Here the time is the business time of the entry. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ULID_TEXT_SIZE 27 /* with NUL */
#define ULID_RANDOM_SIZE 10
#define ULID_MS_MAX INT64_C(281474976710655)

struct ulid {
  uint8_t bytes[16];
};

/* 0 <= ms <= ULID_MS_MAX. */
struct ulid ulid_make(int64_t ms, const uint8_t random[ULID_RANDOM_SIZE]);
int64_t ulid_ms(const struct ulid *ulid);
const char *ulid_format(const struct ulid *ulid, char out[ULID_TEXT_SIZE]); /* upper case; returns out */

/* Exactly 26 upper-case digits, first at most '7'; false otherwise. `text` needs no NUL behind them. */
bool ulid_parse(const char *text, size_t length, struct ulid *out);
