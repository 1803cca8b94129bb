#include "stores/login_limit.h"

#include <inttypes.h>

#include <glib.h>
#include <sodium.h>

#define WINDOW_MS INT64_C(60000)
#define WINDOW_MS_TEXT "60000"
#define REMEMBER_S_TEXT "7776000" /* 90 days */

/* ---- slots ---- */

/* When the slot becomes free, by the clock of the worker that holds it; what makes no sense counts as full.
 */
static int64_t free_at(const redisReply *held, int64_t now_ms)
{
  int64_t at_ms = held->type == REDIS_REPLY_STRING ? g_ascii_strtoll(held->str, NULL, 10) : 0;
  return at_ms > now_ms && at_ms <= now_ms + WINDOW_MS ? at_ms : now_ms + WINDOW_MS;
}

/* Redis lets go of the slot by itself. *free_ms: 0 when it was taken, or else when it becomes free. */
MUST_CHECK static enum result take_slot(struct redis *redis, const char *subject, int64_t slot,
                                        int64_t now_ms, int64_t *free_ms, struct err *e)
{
  g_autofree char *key = g_strdup_printf("tk:login:%s:%" PRId64, subject, slot);
  g_autofree char *until = g_strdup_printf("%" PRId64, now_ms + WINDOW_MS);
  redisReply *reply = NULL;
  enum result r = redis_call(redis, &reply, e, "SET", key, until, "NX", "GET", "PX", WINDOW_MS_TEXT, NULL);
  if (r != RESULT_OK)
    return r;
  *free_ms = reply->type == REDIS_REPLY_NIL ? 0 : free_at(reply, now_ms);
  freeReplyObject(reply);
  return RESULT_OK;
}

enum result login_limit_take(struct redis *redis, const char *subject, int64_t slots, int64_t now_ms,
                             int64_t *wait_s, struct err *e)
{
  int64_t first_ms = now_ms + WINDOW_MS;
  /* from anywhere: of many slots most are free, and one is found at once */
  int64_t start = randombytes_uniform((uint32_t)slots);
  for (int64_t i = 0; i < slots; i++) {
    int64_t free_ms = 0;
    enum result r = take_slot(redis, subject, (start + i) % slots, now_ms, &free_ms, e);
    if (r != RESULT_OK)
      return r;
    if (free_ms == 0) {
      *wait_s = 0;
      return RESULT_OK;
    }
    first_ms = MIN(first_ms, free_ms);
  }
  *wait_s = (first_ms - now_ms + 999) / 1000;
  return RESULT_OK;
}

/* ---- places ---- */

static char *place_key(const char *place)
{
  return g_strconcat("tk:login:known:", place, NULL);
}

enum result login_limit_remember(struct redis *redis, const char *place, struct err *e)
{
  g_autofree char *key = place_key(place);
  redisReply *reply = NULL;
  enum result r = redis_call(redis, &reply, e, "SET", key, "1", "EX", REMEMBER_S_TEXT, NULL);
  if (r == RESULT_OK)
    freeReplyObject(reply);
  return r;
}

enum result login_limit_knows(struct redis *redis, const char *place, bool *knows, struct err *e)
{
  g_autofree char *key = place_key(place);
  redisReply *reply = NULL;
  enum result r = redis_call(redis, &reply, e, "GET", key, NULL);
  if (r != RESULT_OK)
    return r;
  *knows = reply->type == REDIS_REPLY_STRING;
  freeReplyObject(reply);
  return RESULT_OK;
}
