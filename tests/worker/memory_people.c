/* Merchants, keys and users, and whether MongoDB is there. Keys and users are found while it is away, as by
 * mirrors. */
#include <string.h>

#include "tests/worker/world.h"

enum result mongo_ping(struct mongo *mongo, struct err *e)
{
  return mongo->away ? err_set(e, RESULT_UNAVAILABLE, "MongoDB is away") : RESULT_OK;
}

enum result people_find_key(struct people *p, const char *secret, int64_t now_ms, struct api_key *out,
                            struct err *e)
{
  (void)p, (void)now_ms;
  for (guint i = 0; i < world.keys->len; i++) {
    const struct world_key *key = &g_array_index(world.keys, struct world_key, i);
    if (strcmp(key->secret, secret) == 0) {
      *out = key->key;
      return RESULT_OK;
    }
  }
  return err_set(e, RESULT_NOT_FOUND, "no such key");
}

static void copy_user(struct user *to, const struct user *from)
{
  *to = *from;
  to->memberships = g_array_copy(from->memberships);
}

void user_clear(struct user *user)
{
  g_clear_pointer(&user->memberships, g_array_unref);
}

enum result people_get_user(struct people *p, const char *user_id, struct user *out, struct err *e)
{
  (void)p;
  for (guint i = 0; i < world.users->len; i++) {
    const struct world_user *user = &g_array_index(world.users, struct world_user, i);
    if (strcmp(user->user.id, user_id) == 0) {
      copy_user(out, &user->user);
      return RESULT_OK;
    }
  }
  return err_set(e, RESULT_NOT_FOUND, "no such user");
}

enum result people_check_password(struct people *p, const char *email, const char *password, struct user *out,
                                  struct err *e)
{
  (void)p;
  *out = (struct user){.memberships = NULL};
  for (guint i = 0; i < world.users->len; i++) {
    const struct world_user *user = &g_array_index(world.users, struct world_user, i);
    if (strcmp(user->user.email, email) != 0)
      continue;
    copy_user(out, &user->user);
    if (strcmp(user->password, password) == 0)
      return RESULT_OK;
  }
  return err_set(e, RESULT_NOT_FOUND, "wrong");
}

enum result people_catch_up(struct people *p, const struct user *user, struct err *e)
{
  (void)p, (void)user, (void)e; /* there is no mirror */
  return RESULT_OK;
}

static struct world_user *find_user(const char *user_id)
{
  for (guint i = 0; i < world.users->len; i++) {
    struct world_user *user = &g_array_index(world.users, struct world_user, i);
    if (strcmp(user->user.id, user_id) == 0)
      return user;
  }
  return NULL;
}

enum result people_end_sessions(struct people *p, const struct people_actor *by, const struct user *user,
                                struct err *e)
{
  struct world_user *stored = find_user(user->id);
  (void)by;
  if (p->mongo->away)
    return err_set(e, RESULT_UNAVAILABLE, "MongoDB is away");
  if (stored == NULL)
    return err_set(e, RESULT_NOT_FOUND, "no such user");
  stored->user.sessions++;
  return RESULT_OK;
}

enum result people_set_password(struct people *p, const struct people_actor *by, struct user *user,
                                const char *password, struct err *e)
{
  struct world_user *stored = find_user(user->id);
  enum result r = people_end_sessions(p, by, user, e);
  if (r != RESULT_OK)
    return r;
  g_free(stored->password);
  stored->password = g_strdup(password);
  user->sessions++;
  return RESULT_OK;
}

enum result people_get_merchant(struct people *p, const char *id, struct merchant *out, struct err *e)
{
  if (p->mongo->away)
    return err_set(e, RESULT_UNAVAILABLE, "MongoDB is away");
  for (guint i = 0; i < world.merchants->len; i++) {
    const struct merchant *merchant = &g_array_index(world.merchants, struct merchant, i);
    if (strcmp(merchant->id, id) == 0) {
      *out = *merchant;
      return RESULT_OK;
    }
  }
  return err_set(e, RESULT_NOT_FOUND, "no such merchant");
}

enum result people_merchant_terms(struct people *p, const char *id, struct merchant *out, struct err *e)
{
  return people_get_merchant(p, id, out, e);
}

enum result people_count_quarantine(struct people *p, const char *id, int64_t *out, struct err *e)
{
  (void)id;
  *out = 0;
  return mongo_ping(p->mongo, e);
}
