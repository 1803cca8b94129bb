#include "stores/session.h"

#include <inttypes.h>
#include <string.h>

#include <glib.h>
#include <sodium.h>

#include "base/mutant.h"
#include "base/text_fields.h"
#include "stores/ended_tell.h"

#define TOKEN_BYTES 32
/* A session's idle expiry is moved at most this often: a page asks for much at once. */
#define TOUCH_EVERY_MS 1000
/* Another machine's clock may be ahead by so much. */
#define CLOCKS_DIFFER_MS 5000

static void make_token(char out[SESSION_TOKEN_SIZE])
{
  uint8_t bytes[TOKEN_BYTES];
  randombytes_buf(bytes, sizeof bytes);
  sodium_bin2base64(out, SESSION_TOKEN_SIZE, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  sodium_memzero(bytes, sizeof bytes);
}

const char *session_name(const char *token, char out[SESSION_NAME_SIZE])
{
  uint8_t hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(hash, (const uint8_t *)token, strlen(token));
  return sodium_bin2hex(out, SESSION_NAME_SIZE, hash, sizeof hash);
}

static char *session_key(const char *token)
{
  char name[SESSION_NAME_SIZE];
  return g_strconcat("tk:session:", session_name(token, name), NULL);
}

/* ---- the record: "<user> <csrf> <created ms> <seen ms> <generation>" ---- */

static char *encode(const struct session *session)
{
  return g_strdup_printf("%s %s %" PRId64 " %" PRId64 " %" PRId64, session->user_id, session->csrf,
                         session->created_ms, session->seen_ms, session->generation);
}

static bool decode(const redisReply *reply, struct session *out)
{
  char *fields[5];
  bool is_text = reply->type == REDIS_REPLY_STRING;
  g_autofree char *text = is_text ? text_fields_of(reply->str, reply->len) : NULL;
  return text != NULL && text_fields_split(text, fields, G_N_ELEMENTS(fields)) &&
         text_fields_copy(fields[0], out->user_id, sizeof out->user_id) &&
         text_fields_copy(fields[1], out->csrf, sizeof out->csrf) &&
         text_fields_int64(fields[2], &out->created_ms) && text_fields_int64(fields[3], &out->seen_ms) &&
         text_fields_int64(fields[4], &out->generation);
}

/* `condition`: NX to start one, XX to touch one that has not been ended meanwhile. */
MUST_CHECK static enum result store(struct redis *redis, const char *key, const struct session *session,
                                    int64_t idle_s, const char *condition, struct err *e)
{
  g_autofree char *text = encode(session);
  g_autofree char *lifetime = g_strdup_printf("%" PRId64, idle_s);
  redisReply *reply = NULL;
  enum result r = redis_call(redis, &reply, e, "SET", key, text, condition, "EX", lifetime, NULL);
  if (r != RESULT_OK)
    return r;
  if (reply->type == REDIS_REPLY_NIL)
    r = err_set(e, RESULT_NOT_FOUND, "the session has ended");
  freeReplyObject(reply);
  return r;
}

enum result session_start(struct redis *redis, const struct user *user, int64_t now_ms, int64_t idle_s,
                          struct session *out, char token[SESSION_TOKEN_SIZE], struct err *e)
{
  *out = (struct session){.created_ms = now_ms, .seen_ms = now_ms, .generation = user->sessions};
  if (!text_fields_copy(user->id, out->user_id, sizeof out->user_id))
    return err_set(e, RESULT_INVALID, "the user's id is too long");
  make_token(token);
  make_token(out->csrf);
  g_autofree char *key = session_key(token);
  return store(redis, key, out, idle_s, "NX", e);
}

MUST_CHECK static enum result load(struct redis *redis, const char *key, struct session *out, struct err *e)
{
  redisReply *reply = NULL;
  enum result r = redis_call(redis, &reply, e, "GET", key, NULL);
  if (r != RESULT_OK)
    return r;
  if (!decode(reply, out))
    r = err_set(e, RESULT_NOT_FOUND, "there is no such session");
  freeReplyObject(reply);
  return r;
}

/* Not longer ago than that, and not ahead: a session that says it will begin would never end. */
static bool recent(int64_t at_ms, int64_t now_ms, int64_t most_s)
{
  return at_ms >= now_ms - most_s * 1000 && at_ms <= now_ms + CLOCKS_DIFFER_MS;
}

static bool over(const struct session *session, int64_t now_ms, int64_t idle_s, int64_t max_s)
{
  if (MUTANT("session-never-over"))
    return false;
  return !recent(session->seen_ms, now_ms, idle_s) || !recent(session->created_ms, now_ms, max_s);
}

enum result session_find(struct redis *redis, const char *token, int64_t now_ms, int64_t idle_s,
                         int64_t max_s, struct session *out, struct err *e)
{
  g_autofree char *key = session_key(token);
  enum result r = load(redis, key, out, e);
  if (r != RESULT_OK)
    return r;
  if (over(out, now_ms, idle_s, max_s))
    return err_set(e, RESULT_NOT_FOUND, "the session is over");
  if (now_ms - out->seen_ms < MIN(TOUCH_EVERY_MS, idle_s * 1000 / 4))
    return RESULT_OK;
  out->seen_ms = now_ms;
  return store(redis, key, out, idle_s, "XX", e);
}

enum result session_end(struct redis *redis, const char *token, struct err *e)
{
  g_autofree char *key = session_key(token);
  redisReply *reply = NULL;
  enum result r = redis_call(redis, &reply, e, "DEL", key, NULL);
  if (r != RESULT_OK)
    return r;
  freeReplyObject(reply);
  char name[SESSION_NAME_SIZE];
  ended_tell(redis, ENDED_SESSION, session_name(token, name));
  return RESULT_OK;
}
