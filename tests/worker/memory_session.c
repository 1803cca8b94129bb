/* Sessions: tokens are numbered, padded to the length of real ones. */
#include <stdlib.h>
#include <string.h>

#include "stores/login_limit.h"
#include "stores/session.h"
#include "tests/worker/world.h"

static struct world_session *find(const char *token)
{
  for (guint i = 0; i < world.sessions->len; i++) {
    struct world_session *session = &g_array_index(world.sessions, struct world_session, i);
    if (strcmp(session->token, token) == 0)
      return session;
  }
  return NULL;
}

static enum result begin(struct err *e)
{
  pthread_mutex_lock(&world.lock);
  return world.redis_away ? err_set(e, RESULT_UNAVAILABLE, "Redis is away") : RESULT_OK;
}

static enum result end(enum result r)
{
  pthread_mutex_unlock(&world.lock);
  return r;
}

enum result session_start(struct redis *redis, const struct user *user, int64_t now_ms, int64_t idle_s,
                          struct session *out, char token[SESSION_TOKEN_SIZE], struct err *e)
{
  (void)redis, (void)idle_s;
  struct world_session made = {
      .session = {.created_ms = now_ms, .seen_ms = now_ms, .generation = user->sessions}};
  enum result r = begin(e);
  if (r != RESULT_OK)
    return end(r);
  g_snprintf(made.token, sizeof made.token, "%043u", world.sessions->len + 1);
  g_snprintf(made.session.csrf, sizeof made.session.csrf, "csrf-%u", world.sessions->len + 1);
  g_strlcpy(made.session.user_id, user->id, sizeof made.session.user_id);
  g_array_append_val(world.sessions, made);
  g_strlcpy(token, made.token, SESSION_TOKEN_SIZE);
  *out = made.session;
  return end(RESULT_OK);
}

enum result session_find(struct redis *redis, const char *token, int64_t now_ms, int64_t idle_s,
                         int64_t max_s, struct session *out, struct err *e)
{
  (void)redis, (void)now_ms, (void)idle_s, (void)max_s;
  enum result r = begin(e);
  if (r != RESULT_OK)
    return end(r);
  const struct world_session *session = find(token);
  if (session == NULL)
    return end(err_set(e, RESULT_NOT_FOUND, "no such session"));
  *out = session->session;
  return end(RESULT_OK);
}

enum result session_end(struct redis *redis, const char *token, struct err *e)
{
  (void)redis;
  enum result r = begin(e);
  struct world_session *session = r == RESULT_OK ? find(token) : NULL;
  if (session != NULL)
    session->token[0] = '\0';
  return end(r);
}

/* ---- attempts to log in: slots are never let go ---- */

enum result login_limit_take(struct redis *redis, const char *subject, int64_t slots, int64_t now_ms,
                             int64_t *wait_s, struct err *e)
{
  (void)redis, (void)now_ms;
  enum result r = begin(e);
  if (r != RESULT_OK)
    return end(r);
  int64_t taken = GPOINTER_TO_INT(g_hash_table_lookup(world.attempts, subject));
  *wait_s = taken < slots ? 0 : 30;
  if (taken < slots)
    g_hash_table_insert(world.attempts, g_strdup(subject), GINT_TO_POINTER((int)taken + 1));
  return end(r);
}

enum result login_limit_remember(struct redis *redis, const char *place, struct err *e)
{
  (void)redis;
  enum result r = begin(e);
  if (r == RESULT_OK)
    g_hash_table_insert(world.attempts, g_strconcat("known:", place, NULL), GINT_TO_POINTER(1));
  return end(r);
}

enum result login_limit_knows(struct redis *redis, const char *place, bool *knows, struct err *e)
{
  (void)redis;
  enum result r = begin(e);
  g_autofree char *name = g_strconcat("known:", place, NULL);
  *knows = r == RESULT_OK && g_hash_table_contains(world.attempts, name);
  return end(r);
}

/* ---- names ---- */

const char *session_name(const char *token, char out[SESSION_NAME_SIZE])
{
  g_snprintf(out, SESSION_NAME_SIZE, "%064d", atoi(token));
  return out;
}
