#include "stores/cursor_key.h"

#include <sodium.h>

#include "stores/keys.h"

#define HEX_SIZE (2 * CURSOR_KEY_SIZE + 1)

/* Of several that do this at once the first makes the key. */
MUST_CHECK static enum result make(struct redis *redis, struct err *e)
{
  uint8_t key[CURSOR_KEY_SIZE];
  char hex[HEX_SIZE];
  redisReply *reply = NULL;
  randombytes_buf(key, sizeof key);
  sodium_bin2hex(hex, sizeof hex, key, sizeof key);
  enum result r = redis_call(redis, &reply, e, "SET", KEY_CURSOR_KEY, hex, "NX", NULL);
  sodium_memzero(key, sizeof key);
  sodium_memzero(hex, sizeof hex);
  if (r == RESULT_OK)
    freeReplyObject(reply);
  return r;
}

MUST_CHECK static enum result decode(const redisReply *reply, uint8_t out[CURSOR_KEY_SIZE], struct err *e)
{
  size_t length = 0;
  if (reply->type == REDIS_REPLY_NIL)
    return err_set(e, RESULT_NOT_FOUND, "there is no key for cursors");
  if (reply->type != REDIS_REPLY_STRING || reply->len != HEX_SIZE - 1 ||
      sodium_hex2bin(out, CURSOR_KEY_SIZE, reply->str, reply->len, NULL, &length, NULL) != 0 ||
      length != CURSOR_KEY_SIZE)
    return err_set(e, RESULT_CORRUPT, "Redis: " KEY_CURSOR_KEY " is no key");
  return RESULT_OK;
}

MUST_CHECK static enum result get(struct redis *redis, uint8_t out[CURSOR_KEY_SIZE], struct err *e)
{
  redisReply *reply = NULL;
  enum result r = redis_call(redis, &reply, e, "GET", KEY_CURSOR_KEY, NULL);
  if (r != RESULT_OK)
    return r;
  r = decode(reply, out, e);
  freeReplyObject(reply);
  return r;
}

enum result cursor_key_read(struct redis *redis, uint8_t out[CURSOR_KEY_SIZE], struct err *e)
{
  struct err none = ERR_NONE;
  enum result r = get(redis, out, &none);
  if (r == RESULT_OK)
    return r;
  if (r != RESULT_NOT_FOUND)
    return err_set(e, r, "%s", none.text);
  r = make(redis, e);
  return r == RESULT_OK ? get(redis, out, e) : r;
}
