/* Changes of keys, members and settings. Roles are as in memory_people.c; the last owner may go here. */
#include <string.h>

#include "stores/members.h"
#include "stores/settings.h"
#include "tests/worker/world.h"

static enum result begin(struct people *p, struct err *e)
{
  pthread_mutex_lock(&world.lock);
  return p->mongo->away ? err_set(e, RESULT_UNAVAILABLE, "MongoDB is away") : RESULT_OK;
}

static enum result end(enum result r)
{
  pthread_mutex_unlock(&world.lock);
  return r;
}

/* ---- keys ---- */

enum result people_add_key(struct people *p, const struct people_actor *by, const struct api_key *wanted,
                           struct api_key *out, char **secret, struct err *e)
{
  (void)by;
  enum result r = begin(p, e);
  if (r != RESULT_OK)
    return end(r);
  struct world_key made = {.key = *wanted};
  made.key.created_ms = world.clock.now_ms;
  g_snprintf(made.key.id, sizeof made.key.id, "key_%026u", world.keys->len + 1);
  made.secret = g_strdup_printf("tk_live_%064u", world.keys->len + 1);
  *secret = g_strdup(made.secret);
  *out = made.key;
  g_array_append_val(world.keys, made);
  return end(RESULT_OK);
}

enum result people_page_keys(struct people *p, const char *merchant, const char *before, size_t limit,
                             GArray *out, bool *more, struct err *e)
{
  guint had = out->len;
  enum result r = begin(p, e);
  for (guint i = world.keys->len; r == RESULT_OK && i > 0 && out->len - had <= limit; i--) {
    const struct api_key *key = &g_array_index(world.keys, struct world_key, i - 1).key;
    if (strcmp(key->merchant, merchant) == 0 && (before == NULL || strcmp(key->id, before) < 0))
      g_array_append_val(out, *key);
  }
  *more = out->len - had > limit;
  if (*more)
    g_array_set_size(out, had + (guint)limit);
  return end(r);
}

enum result people_keys_full(struct people *p, const char *merchant, int64_t now_ms, bool *full,
                             struct err *e)
{
  int64_t count = 0;
  enum result r = begin(p, e);
  for (guint i = 0; i < world.keys->len; i++) {
    const struct api_key *key = &g_array_index(world.keys, struct world_key, i).key;
    count += strcmp(key->merchant, merchant) == 0 && !key->revoked &&
             (key->expires_ms == 0 || key->expires_ms > now_ms);
  }
  *full = count >= PEOPLE_KEYS_MAX;
  return end(r);
}

enum result people_read_key_uses(struct people *p, GArray *keys, struct err *e)
{
  (void)p, (void)keys;
  return world.redis_away ? err_set(e, RESULT_UNAVAILABLE, "Redis is away") : RESULT_OK;
}

enum result people_revoke_key(struct people *p, const struct people_actor *by, const char *merchant,
                              const char *key_id, struct err *e)
{
  (void)by;
  enum result r = begin(p, e);
  for (guint i = 0; r == RESULT_OK && i < world.keys->len; i++) {
    struct world_key *key = &g_array_index(world.keys, struct world_key, i);
    if (strcmp(key->key.merchant, merchant) != 0 || strcmp(key->key.id, key_id) != 0)
      continue;
    key->key.revoked = true;
    key->key.revoked_ms = world.clock.now_ms;
    return end(RESULT_OK);
  }
  return end(r == RESULT_OK ? err_set(e, RESULT_NOT_FOUND, "no such key") : r);
}

/* ---- members ---- */

bool people_email_valid(const char *email)
{
  return strchr(email, '@') != NULL;
}

enum result people_check_new_password(const char *password, struct err *e)
{
  return strlen(password) >= PEOPLE_PASSWORD_CHARACTERS_MIN ? RESULT_OK
                                                            : err_set(e, RESULT_INVALID, "too short");
}

static struct membership *membership_of(const struct world_user *user, const char *merchant)
{
  for (guint i = 0; i < user->user.memberships->len; i++) {
    struct membership *membership = &g_array_index(user->user.memberships, struct membership, i);
    if (strcmp(membership->merchant, merchant) == 0)
      return membership;
  }
  return NULL;
}

static void fill(const struct world_user *user, const char *role, struct member *out)
{
  *out = (struct member){.role = ""};
  g_strlcpy(out->user_id, user->user.id, sizeof out->user_id);
  g_strlcpy(out->email, user->user.email, sizeof out->email);
  g_strlcpy(out->role, role, sizeof out->role);
}

/* All in one page, which is what the tests need. */
enum result members_list(struct people *p, const char *merchant, const char *before, size_t limit,
                         GArray *out, bool *more, struct err *e)
{
  enum result r = begin(p, e);
  (void)before, (void)limit;
  *more = false;
  for (guint i = world.users->len; r == RESULT_OK && i > 0; i--) {
    const struct world_user *user = &g_array_index(world.users, struct world_user, i - 1);
    const struct membership *membership = membership_of(user, merchant);
    struct member member;
    if (membership == NULL)
      continue;
    fill(user, membership->role, &member);
    g_array_append_val(out, member);
  }
  return end(r);
}

enum result members_full(struct people *p, const char *merchant, bool *full, struct err *e)
{
  int64_t count = 0;
  enum result r = begin(p, e);
  for (guint i = 0; i < world.users->len; i++)
    count += membership_of(&g_array_index(world.users, struct world_user, i), merchant) != NULL;
  *full = count >= MEMBERS_MAX;
  return end(r);
}

enum result members_emails(struct people *p, GPtrArray *user_ids, GHashTable *out, struct err *e)
{
  enum result r = begin(p, e);
  for (guint i = 0; r == RESULT_OK && i < world.users->len; i++) {
    const struct user *user = &g_array_index(world.users, struct world_user, i).user;
    if (g_ptr_array_find_with_equal_func(user_ids, user->id, g_str_equal, NULL))
      g_hash_table_replace(out, g_strdup(user->id), g_strdup(user->email));
  }
  return end(r);
}

/* Finds a user by address or by id. */
static struct world_user *find(const char *email, const char *id)
{
  for (guint i = 0; i < world.users->len; i++) {
    struct world_user *user = &g_array_index(world.users, struct world_user, i);
    if (email != NULL ? strcmp(user->user.email, email) == 0 : strcmp(user->user.id, id) == 0)
      return user;
  }
  return NULL;
}

enum result members_add(struct people *p, const struct people_actor *by, const struct member_wanted *wanted,
                        struct member *out, bool *is_new, struct err *e)
{
  (void)by;
  enum result r = begin(p, e);
  if (r != RESULT_OK)
    return end(r);
  struct world_user *user = find(wanted->email, NULL);
  *is_new = user == NULL;
  const struct membership *had = user != NULL ? membership_of(user, wanted->merchant) : NULL;
  if (had != NULL) {
    fill(user, had->role, out);
    return end(err_set(e, RESULT_CONFLICT, "is a member already"));
  }
  if (user == NULL) {
    world_add_user(wanted->email, wanted->password, wanted->merchant, wanted->role);
    user = find(wanted->email, NULL);
  } else {
    struct membership added = {.role = ""};
    g_strlcpy(added.merchant, wanted->merchant, sizeof added.merchant);
    g_strlcpy(added.role, wanted->role, sizeof added.role);
    g_array_append_val(user->user.memberships, added);
  }
  fill(user, wanted->role, out);
  return end(RESULT_OK);
}

/* `role` NULL: goes. */
static enum result change(struct people *p, const char *merchant, const char *user_id, const char *role,
                          struct member *out, struct err *e)
{
  enum result r = begin(p, e);
  struct world_user *user = r == RESULT_OK ? find(NULL, user_id) : NULL;
  struct membership *membership = user != NULL ? membership_of(user, merchant) : NULL;
  if (membership == NULL)
    return end(r == RESULT_OK ? err_set(e, RESULT_NOT_FOUND, "no such member") : r);
  user->user.sessions++;
  fill(user, role != NULL ? role : "", out);
  if (role != NULL)
    g_strlcpy(membership->role, role, sizeof membership->role);
  else
    membership->merchant[0] = '\0';
  return end(RESULT_OK);
}

enum result members_set_role(struct people *p, const struct people_actor *by, const char *merchant,
                             const char *user_id, const char *role, struct member *out, struct err *e)
{
  (void)by;
  return change(p, merchant, user_id, role, out, e);
}

enum result members_remove(struct people *p, const struct people_actor *by, const char *merchant,
                           const char *user_id, struct err *e)
{
  struct member gone;
  (void)by;
  return change(p, merchant, user_id, NULL, &gone, e);
}

/* ---- settings ---- */

enum result settings_change(struct people *p, const struct people_actor *by, const char *id,
                            const struct settings *settings, struct merchant *out, struct err *e)
{
  (void)by;
  enum result r = begin(p, e);
  for (guint i = 0; r == RESULT_OK && i < world.merchants->len; i++) {
    struct merchant *merchant = &g_array_index(world.merchants, struct merchant, i);
    if (strcmp(merchant->id, id) != 0)
      continue;
    if (settings->name != NULL)
      g_strlcpy(merchant->name, settings->name, sizeof merchant->name);
    if (settings->zone != NULL)
      g_strlcpy(merchant->zone, settings->zone, sizeof merchant->zone);
    if (settings->locale != NULL)
      g_strlcpy(merchant->locale, settings->locale, sizeof merchant->locale);
    *out = *merchant;
    return end(RESULT_OK);
  }
  return end(r == RESULT_OK ? err_set(e, RESULT_NOT_FOUND, "no such merchant") : r);
}
