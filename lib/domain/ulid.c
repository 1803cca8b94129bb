#include "domain/ulid.h"

#include <string.h>

#define MS_BYTES 6
#define DIGITS (ULID_TEXT_SIZE - 1)

/* Crockford's base 32: no I, L, O, U. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

struct ulid ulid_make(int64_t ms, const uint8_t random[ULID_RANDOM_SIZE])
{
  struct ulid ulid;
  for (int i = 0; i < MS_BYTES; i++)
    ulid.bytes[i] = (uint8_t)(ms >> (8 * (MS_BYTES - 1 - i)));
  memcpy(ulid.bytes + MS_BYTES, random, ULID_RANDOM_SIZE);
  return ulid;
}

int64_t ulid_ms(const struct ulid *ulid)
{
  int64_t ms = 0;
  for (int i = 0; i < MS_BYTES; i++)
    ms = ms << 8 | ulid->bytes[i];
  return ms;
}

/* 26 digits hold 130 bits: the first digit has only three of the 128. `used` bits of `held` wait to be
 * written. */
const char *ulid_format(const struct ulid *ulid, char out[ULID_TEXT_SIZE])
{
  unsigned held = 0, used = 2;
  size_t digit = 0;
  for (size_t i = 0; i < sizeof ulid->bytes; i++) {
    held = held << 8 | ulid->bytes[i];
    for (used += 8; used >= 5; used -= 5)
      out[digit++] = alphabet[held >> (used - 5) & 31];
  }
  out[digit] = '\0';
  return out;
}

bool ulid_parse(const char *text, size_t length, struct ulid *out)
{
  if (length != DIGITS || text[0] > '7')
    return false;
  unsigned held = 0, used = 0;
  size_t byte = 0;
  for (size_t i = 0; i < DIGITS; i++) {
    const char *digit = memchr(alphabet, text[i], sizeof alphabet - 1);
    if (digit == NULL)
      return false;
    held = held << 5 | (unsigned)(digit - alphabet);
    used += i == 0 ? 3 : 5;
    if (used >= 8) {
      used -= 8;
      out->bytes[byte++] = (uint8_t)(held >> used);
    }
  }
  return true;
}
