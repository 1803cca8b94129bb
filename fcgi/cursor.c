#include "fcgi/cursor.h"

#include <string.h>

#include <sodium.h>

#include "fcgi/json_out.h"
#include "fcgi/router.h"

#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

static void add_text(crypto_generichash_state *state, const char *text)
{
  unsigned char given = text != NULL;
  crypto_generichash_update(state, &given, 1);
  if (given)
    crypto_generichash_update(state, (const unsigned char *)text, strlen(text) + 1);
}

void cursor_hash(const struct exchange *x, const char *const *choosing, uint8_t hash[CURSOR_HASH_SIZE])
{
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, CURSOR_HASH_SIZE);
  add_text(&state, x->route->pattern);
  add_text(&state, x->merchant);
  for (; *choosing != NULL; choosing++)
    add_text(&state, query_get(&x->request.query, *choosing));
  crypto_generichash_final(&state, hash, CURSOR_HASH_SIZE);
}

/* What stands in front of a place. */
static void seal(const uint8_t hash[CURSOR_HASH_SIZE], const void *place, size_t length,
                 uint8_t out[CURSOR_HASH_SIZE])
{
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, CURSOR_HASH_SIZE);
  crypto_generichash_update(&state, hash, CURSOR_HASH_SIZE);
  crypto_generichash_update(&state, place, length);
  crypto_generichash_final(&state, out, CURSOR_HASH_SIZE);
}

/* The length of the place that the bytes hold behind its seal; -1: it is broken. */
static ssize_t open_seal(const uint8_t hash[CURSOR_HASH_SIZE], const uint8_t *bytes, size_t length)
{
  uint8_t wanted[CURSOR_HASH_SIZE];
  if (length < CURSOR_HASH_SIZE)
    return -1;
  seal(hash, bytes + CURSOR_HASH_SIZE, length - CURSOR_HASH_SIZE, wanted);
  return memcmp(bytes, wanted, sizeof wanted) == 0 ? (ssize_t)(length - CURSOR_HASH_SIZE) : -1;
}

void cursor_refuse(struct exchange *x)
{
  exchange_complain(x, "invalid_cursor", "cursor",
                    "the next_cursor of the page before, with the same parameters");
}

bool cursor_read(struct exchange *x, const uint8_t hash[CURSOR_HASH_SIZE], void *place, size_t least,
                 size_t size, size_t *length)
{
  const char *text = query_get(&x->request.query, "cursor");
  g_autofree uint8_t *bytes = g_malloc(CURSOR_HASH_SIZE + size);
  size_t got = 0;
  if (text == NULL)
    return false;
  bool decoded =
      sodium_base642bin(bytes, CURSOR_HASH_SIZE + size, text, strlen(text), NULL, &got, NULL, VARIANT) == 0;
  ssize_t found = decoded ? open_seal(hash, bytes, got) : -1;
  if (found < (ssize_t)least) {
    cursor_refuse(x);
    return false;
  }
  *length = (size_t)found;
  memcpy(place, bytes + CURSOR_HASH_SIZE, *length);
  return true;
}

static void write_cursor(const uint8_t hash[CURSOR_HASH_SIZE], const void *place, size_t length, GString *out)
{
  size_t size = CURSOR_HASH_SIZE + length;
  size_t text_size = sodium_base64_encoded_len(size, VARIANT);
  g_autofree uint8_t *bytes = g_malloc(size);
  g_autofree char *text = g_malloc(text_size);
  seal(hash, place, length, bytes);
  memcpy(bytes + CURSOR_HASH_SIZE, place, length);
  json_out_string(out, sodium_bin2base64(text, text_size, bytes, size, VARIANT));
}

void cursor_write_more(const uint8_t hash[CURSOR_HASH_SIZE], const void *place, size_t length, GString *out)
{
  g_string_append_printf(out, "\"has_more\":%s,\"next_cursor\":", place != NULL ? "true" : "false");
  if (place != NULL)
    write_cursor(hash, place, length, out);
  else
    g_string_append(out, "null");
}
