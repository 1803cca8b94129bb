#include "stores/members.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "stores/audit.h"
#include "stores/ended_tell.h"
#include "stores/password.h"
#include "stores/people_mirror.h"
#include "stores/people_users.h"
#include "translation/bson_fields.h"

#define OWNER "owner"
#define ID_END "usr`" /* behind all ids */

/* A change of one user's memberships, for the transaction that makes it. */
struct work {
  struct people *people;
  const struct people_actor *by;
  const char *merchant, *role;
  const char *user_id;             /* of a member */
  char address[PEOPLE_EMAIL_SIZE]; /* of whom to add */
  const char *hash;                /* of a new user's password, or NULL */
  bool at_command_line;            /* may add anybody, and give a member the role */
  bool is_new;
  bool ends;            /* the user's sessions */
  struct member member; /* as found, then as it becomes */
};

/* ---- documents ---- */

/* What the user is at that merchant: "" nothing. */
static const char *role_at(const struct user *user, const char *merchant)
{
  for (guint i = 0; i < user->memberships->len; i++) {
    const struct membership *membership = &g_array_index(user->memberships, struct membership, i);
    if (strcmp(membership->merchant, merchant) == 0)
      return membership->role;
  }
  return "";
}

static void fill_member(const struct user *user, const char *merchant, struct member *out)
{
  *out = (struct member){.role = ""};
  g_strlcpy(out->user_id, user->id, sizeof out->user_id);
  g_strlcpy(out->email, user->email, sizeof out->email);
  g_strlcpy(out->role, role_at(user, merchant), sizeof out->role);
}

/* The user as a member of that merchant; the role is "" when it is none. */
MUST_CHECK static enum result read_member(const bson_t *document, const char *merchant, struct member *out,
                                          struct err *e)
{
  struct user user;
  enum result r = people_read_user(document, &user, e);
  if (r != RESULT_OK)
    return r;
  fill_member(&user, merchant, out);
  user_clear(&user);
  return RESULT_OK;
}

MUST_CHECK static enum result note(struct mongo_change *change, const struct work *w,
                                   enum audit_action action, const char *detail, struct err *e)
{
  struct audit_record record = {.action = action,
                                .who = w->by->who,
                                .request_id = w->by->request_id,
                                .merchant = w->merchant,
                                .subject = w->member.user_id,
                                .detail = detail};
  return audit_add_in(change, w->people, &record, e);
}

/* ---- listing ---- */

struct listing {
  const char *merchant;
  GArray *out;
};

MUST_CHECK static enum result add_to_list(const bson_t *document, void *arg, struct err *e)
{
  const struct listing *listing = arg;
  struct member member;
  enum result r = read_member(document, listing->merchant, &member, e);
  if (r == RESULT_OK)
    g_array_append_val(listing->out, member);
  return r;
}

enum result members_list(struct people *p, const char *merchant, const char *before, size_t limit,
                         GArray *out, bool *more, struct err *e)
{
  guint had = out->len;
  bson_t *filter = BCON_NEW("memberships.m", BCON_UTF8(merchant), "_id", "{", "$lt",
                            BCON_UTF8(before != NULL ? before : ID_END), "}");
  struct listing listing = {.merchant = merchant, .out = out};
  enum result r = mongo_doc_newest(people_users(p), filter, (int64_t)limit + 1, add_to_list, &listing, e);
  bson_destroy(filter);
  *more = r == RESULT_OK && out->len - had > limit;
  if (*more)
    g_array_set_size(out, had + (guint)limit);
  return r;
}

enum result members_full(struct people *p, const char *merchant, bool *full, struct err *e)
{
  bson_t *filter = BCON_NEW("memberships.m", BCON_UTF8(merchant));
  enum result r = mongo_doc_at_least(people_users(p), filter, MEMBERS_MAX, full, e);
  bson_destroy(filter);
  return r;
}

MUST_CHECK static enum result add_email(const bson_t *document, void *arg, struct err *e)
{
  struct member member;
  enum result r = read_member(document, "", &member, e);
  if (r == RESULT_OK)
    g_hash_table_replace(arg, g_strdup(member.user_id), g_strdup(member.email));
  return r;
}

enum result members_emails(struct people *p, GPtrArray *user_ids, GHashTable *out, struct err *e)
{
  bson_t filter = BSON_INITIALIZER, in, array;
  BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &in);
  BSON_APPEND_ARRAY_BEGIN(&in, "$in", &array);
  for (uint32_t i = 0; i < user_ids->len; i++) {
    bson_fields_append_text(&array, i, user_ids->pdata[i]);
  }
  bson_append_array_end(&in, &array);
  bson_append_document_end(&filter, &in);
  enum result r = RESULT_OK;
  if (user_ids->len > 0)
    r = mongo_doc_each(people_users(p), &filter, add_email, out, e);
  bson_destroy(&filter);
  return r;
}

/* ---- another role, or none ---- */

/* Fails unless somebody else is an owner too. That owner is written, so that of two owners who end each
 * other's role at the same time one comes second, and sees it. */
MUST_CHECK static enum result keep_an_owner(struct mongo_change *change, const struct work *w, struct err *e)
{
  struct err unsaid = ERR_NONE;
  bson_t *filter = BCON_NEW("_id", "{", "$ne", BCON_UTF8(w->member.user_id), "}", "memberships", "{",
                            "$elemMatch", "{", "m", BCON_UTF8(w->merchant), "role", OWNER, "}", "}");
  bson_t *update = BCON_NEW("$inc", "{", "stood_in", BCON_INT64(1), "}");
  enum result r = mongo_change_update(change, people_users(w->people), filter, update, &unsaid);
  bson_destroy(filter);
  bson_destroy(update);
  if (r == RESULT_NOT_FOUND)
    return err_set(e, RESULT_INVALID, "merchant %s: nobody would be left as owner", w->merchant);
  return r == RESULT_OK ? r : err_set(e, r, "%s", unsaid.text);
}

/* `update` changes the membership that it finds as "memberships.$"; the user's sessions end with it. */
MUST_CHECK static enum result update_member(struct mongo_change *change, struct work *w, bson_t *update,
                                            struct err *e)
{
  bson_t *filter = BCON_NEW("_id", BCON_UTF8(w->member.user_id), "memberships.m", BCON_UTF8(w->merchant));
  people_append_sessions_end(update);
  enum result r = mongo_change_update(change, people_users(w->people), filter, update, e);
  w->ends = r == RESULT_OK;
  bson_destroy(filter);
  return r;
}

MUST_CHECK static enum result update_role(struct mongo_change *change, struct work *w, struct err *e)
{
  bson_t *update = BCON_NEW("$set", "{", "memberships.$.role", BCON_UTF8(w->role), "}");
  enum result r = update_member(change, w, update, e);
  bson_destroy(update);
  if (r != RESULT_OK)
    return r;
  g_strlcpy(w->member.role, w->role, sizeof w->member.role);
  return note(change, w, AUDIT_MEMBER_ROLE, w->role, e);
}

MUST_CHECK static enum result find_member(struct mongo_change *change, struct work *w, struct err *e)
{
  bson_t *document = NULL;
  bson_t *filter = BCON_NEW("_id", BCON_UTF8(w->user_id), "memberships.m", BCON_UTF8(w->merchant));
  w->ends = false;
  enum result r = mongo_change_find(change, people_users(w->people), filter, &document, e);
  if (r == RESULT_OK)
    r = read_member(document, w->merchant, &w->member, e);
  bson_destroy(document);
  bson_destroy(filter);
  return r;
}

MUST_CHECK static enum result set_role(struct mongo_change *change, void *arg, struct err *e)
{
  struct work *w = arg;
  enum result r = find_member(change, w, e);
  if (r != RESULT_OK || strcmp(w->member.role, w->role) == 0)
    return r;
  if (strcmp(w->member.role, OWNER) == 0)
    r = keep_an_owner(change, w, e);
  return r == RESULT_OK ? update_role(change, w, e) : r;
}

MUST_CHECK static enum result remove_member(struct mongo_change *change, void *arg, struct err *e)
{
  struct work *w = arg;
  enum result r = find_member(change, w, e);
  if (r == RESULT_OK && strcmp(w->member.role, OWNER) == 0)
    r = keep_an_owner(change, w, e);
  if (r != RESULT_OK)
    return r;
  bson_t *update = BCON_NEW("$pull", "{", "memberships", "{", "m", BCON_UTF8(w->merchant), "}", "}");
  r = update_member(change, w, update, e);
  bson_destroy(update);
  return r == RESULT_OK ? note(change, w, AUDIT_MEMBER_REMOVE, NULL, e) : r;
}

/* How often the user's sessions were ended, by what readers go by; -1: not known. */
static int64_t mirrored_sessions(struct people *p, const char *user_id)
{
  struct user user;
  if (people_get_user(p, user_id, &user, NULL) != RESULT_OK)
    return -1;
  user_clear(&user);
  return user.sessions;
}

/* Listeners are told only when sessions have ended: by this change, or by one before it that did not get as
 * far as the mirror, which then is older than what it becomes. Else whoever may set a role could end
 * somebody's streams at all merchants, as often as they like, by the role that is there. */
MUST_CHECK static enum result refresh_and_tell(struct work *w, const char *user_id, struct err *e)
{
  bool ends = w->ends;
  int64_t before = ends ? 0 : mirrored_sessions(w->people, user_id);
  enum result r = people_refresh_user(w->people, user_id, e);
  if (!ends && r == RESULT_OK)
    ends = mirrored_sessions(w->people, user_id) != before;
  if (ends)
    ended_tell(w->people->redis, ENDED_USER, user_id);
  return r;
}

/* Redis is asked before, for without it the mirror would go on saying what was. It is overwritten also when
 * there was nothing to change (RESULT_CONFLICT: who is to be added is a member), for Redis may have gone in
 * the midst of the time before, and when it is not known whether the change is committed. */
MUST_CHECK static enum result run(struct work *w, mongo_change_fn what, struct err *e)
{
  struct err failure = ERR_NONE, unsaid = ERR_NONE;
  enum result r = redis_ping(w->people->redis, e);
  if (r != RESULT_OK)
    return r;
  r = mongo_change_run(w->people->mongo, what, w, &failure);
  const char *user_id = w->user_id != NULL ? w->user_id : w->member.user_id;
  enum result refreshed = RESULT_NOT_FOUND;
  bool known = user_id[0] != '\0';
  if (known && (r == RESULT_OK || r == RESULT_NOT_FOUND || r == RESULT_CONFLICT || r == RESULT_UNAVAILABLE))
    refreshed = refresh_and_tell(w, user_id, &unsaid);
  if (refreshed == RESULT_OK || refreshed == RESULT_NOT_FOUND)
    return r == RESULT_OK ? r : err_set(e, r, "%s", failure.text);
  return err_set(e, refreshed, "%s", unsaid.text);
}

enum result members_set_role(struct people *p, const struct people_actor *by, const char *merchant,
                             const char *user_id, const char *role, struct member *out, struct err *e)
{
  struct work w = {.people = p, .by = by, .merchant = merchant, .user_id = user_id, .role = role};
  if (role_scopes(role) == 0)
    return err_set(e, RESULT_INVALID, "a role is owner, analyst or clerk");
  enum result r = run(&w, set_role, e);
  *out = w.member;
  return r;
}

enum result members_remove(struct people *p, const struct people_actor *by, const char *merchant,
                           const char *user_id, struct err *e)
{
  struct work w = {.people = p, .by = by, .merchant = merchant, .user_id = user_id};
  return run(&w, remove_member, e);
}

/* ---- adding ---- */

static void append_membership(bson_t *out, const char *name, const struct work *w)
{
  bson_t *document = BCON_NEW("m", BCON_UTF8(w->merchant), "role", BCON_UTF8(w->role));
  BSON_APPEND_DOCUMENT(out, name, document);
  bson_destroy(document);
}

/* `out` for people_write_user. */
static void make_user(struct work *w, int64_t now_ms, struct user *out)
{
  uint8_t random[ULID_RANDOM_SIZE];
  char text[ULID_TEXT_SIZE];
  randombytes_buf(random, sizeof random);
  struct ulid id = ulid_make(now_ms, random);
  snprintf(out->id, sizeof out->id, "usr_%s", ulid_format(&id, text));
  g_strlcpy(out->email, w->address, sizeof out->email);
  if (!w->at_command_line)
    g_strlcpy(out->made_by, w->merchant, sizeof out->made_by);
  w->member = (struct member){.role = ""};
  g_strlcpy(w->member.user_id, out->id, sizeof w->member.user_id);
  g_strlcpy(w->member.email, out->email, sizeof w->member.email);
}

MUST_CHECK static enum result insert_user(struct mongo_change *change, struct work *w, struct err *e)
{
  struct clock *clock = clock_system();
  int64_t now_ms = clock->wall_ms(clock);
  struct user user = {.memberships = NULL};
  bson_t document = BSON_INITIALIZER, memberships;
  if (w->hash == NULL)
    return err_set(e, RESULT_INVALID, "a new user needs a password");
  make_user(w, now_ms, &user);
  enum result r = people_write_user(&user, &document, e);
  BSON_APPEND_UTF8(&document, "password", w->hash);
  BSON_APPEND_ARRAY_BEGIN(&document, "memberships", &memberships);
  append_membership(&memberships, "0", w);
  bson_append_array_end(&document, &memberships);
  BSON_APPEND_DATE_TIME(&document, "created_at", now_ms);
  if (r == RESULT_OK)
    r = mongo_change_insert(change, people_users(w->people), &document, e);
  bson_destroy(&document);
  w->is_new = r == RESULT_OK;
  return r;
}

MUST_CHECK static enum result push_membership(struct mongo_change *change, const struct work *w,
                                              struct err *e)
{
  bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, push;
  BSON_APPEND_UTF8(&filter, "_id", w->member.user_id);
  BSON_APPEND_DOCUMENT_BEGIN(&update, "$push", &push);
  append_membership(&push, "memberships", w);
  bson_append_document_end(&update, &push);
  enum result r = mongo_change_update(change, people_users(w->people), &filter, &update, e);
  bson_destroy(&filter);
  bson_destroy(&update);
  return r;
}

MUST_CHECK static enum result find_user(struct mongo_change *change, const struct work *w, const char *field,
                                        const char *value, struct user *out, struct err *e)
{
  bson_t *document = NULL;
  bson_t filter = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&filter, field, value);
  enum result r = mongo_change_find(change, people_users(w->people), &filter, &document, e);
  if (r == RESULT_OK)
    r = people_read_user(document, out, e);
  bson_destroy(document);
  bson_destroy(&filter);
  return r;
}

static bool owns_all(const struct user *owner, const struct user *person)
{
  bool made_here = person->made_by[0] != '\0';
  bool all = made_here ? strcmp(role_at(owner, person->made_by), OWNER) == 0 : person->memberships->len > 0;
  for (guint i = 0; i < person->memberships->len && all; i++) {
    const struct membership *membership = &g_array_index(person->memberships, struct membership, i);
    all = strcmp(role_at(owner, membership->merchant), OWNER) == 0;
  }
  return all;
}

/* An address proves nothing, and whoever made an account may know its password: if any owner could add any
 * account, the owner of one merchant could make it beforehand, and be let in at another in somebody's name;
 * or make a stranger a member, to end their sessions and see when they log in. */
MUST_CHECK static enum result check_theirs(struct mongo_change *change, const struct work *w,
                                           const struct user *person, struct err *e)
{
  struct user owner = {.memberships = NULL};
  struct err failure = ERR_NONE;
  if (w->at_command_line)
    return RESULT_OK;
  enum result r = find_user(change, w, "_id", w->by->who, &owner, &failure);
  bool theirs = r == RESULT_OK && owns_all(&owner, person);
  user_clear(&owner);
  if (r != RESULT_OK && r != RESULT_NOT_FOUND)
    return err_set(e, r, "%s", failure.text);
  return theirs ? RESULT_OK : err_set(e, RESULT_CONFLICT, "user %s is known at other merchants", person->id);
}

MUST_CHECK static enum result note_added(struct mongo_change *change, struct work *w, struct err *e)
{
  g_strlcpy(w->member.role, w->role, sizeof w->member.role);
  return note(change, w, AUDIT_MEMBER_ADD, w->role, e);
}

MUST_CHECK static enum result add_known(struct mongo_change *change, struct work *w,
                                        const struct user *person, struct err *e)
{
  fill_member(person, w->merchant, &w->member);
  if (w->member.role[0] != '\0') {
    if (!w->at_command_line)
      return err_set(e, RESULT_CONFLICT, "user %s is a member already", w->member.user_id);
    return strcmp(w->member.role, w->role) == 0 ? RESULT_OK : update_role(change, w, e);
  }
  enum result r = check_theirs(change, w, person, e);
  if (r == RESULT_OK)
    r = push_membership(change, w, e);
  return r == RESULT_OK ? note_added(change, w, e) : r;
}

MUST_CHECK static enum result add_unknown(struct mongo_change *change, struct work *w, struct err *e)
{
  enum result r = insert_user(change, w, e);
  return r == RESULT_OK ? note_added(change, w, e) : r;
}

MUST_CHECK static enum result add_member(struct mongo_change *change, void *arg, struct err *e)
{
  struct work *w = arg;
  struct user person = {.memberships = NULL};
  struct err failure = ERR_NONE;
  w->is_new = w->ends = false;
  enum result r = find_user(change, w, "email", w->address, &person, &failure);
  if (r == RESULT_OK)
    r = add_known(change, w, &person, e);
  else
    r = r == RESULT_NOT_FOUND ? add_unknown(change, w, e) : err_set(e, r, "%s", failure.text);
  user_clear(&person);
  return r;
}

/* The password is hashed only if it is needed: that takes long, and few can at a time. What the answer says
 * of a password tells of whoever is known anyway. */
MUST_CHECK static enum result hash_if_new(struct work *w, const char *password, char hash[PASSWORD_HASH_SIZE],
                                          struct err *e)
{
  bool known = false;
  enum result r = people_check_new_password(password, e);
  if (r == RESULT_OK)
    r = people_has_user(w->people, w->address, &known, e);
  if (r != RESULT_OK || known)
    return r;
  w->hash = hash;
  return password_hash(password, hash, e);
}

MUST_CHECK static enum result add(struct work *w, const struct member_wanted *wanted, struct err *e)
{
  char hash[PASSWORD_HASH_SIZE];
  struct merchant merchant;
  if (role_scopes(wanted->role) == 0)
    return err_set(e, RESULT_INVALID, "a role is owner, analyst or clerk");
  enum result r = people_normalise_email(wanted->email, w->address, e);
  if (r == RESULT_OK)
    r = people_get_merchant(w->people, wanted->merchant, &merchant, e);
  if (r == RESULT_OK && wanted->password != NULL)
    r = hash_if_new(w, wanted->password, hash, e);
  return r == RESULT_OK ? run(w, add_member, e) : r;
}

MUST_CHECK static enum result add_or_put(struct people *p, const struct people_actor *by,
                                         const struct member_wanted *wanted, bool at_command_line,
                                         struct member *out, bool *is_new, struct err *e)
{
  struct work w = {.people = p,
                   .by = by,
                   .merchant = wanted->merchant,
                   .role = wanted->role,
                   .at_command_line = at_command_line};
  enum result r = add(&w, wanted, e);
  *out = w.member;
  *is_new = w.is_new;
  return r;
}

enum result members_add(struct people *p, const struct people_actor *by, const struct member_wanted *wanted,
                        struct member *out, bool *is_new, struct err *e)
{
  return add_or_put(p, by, wanted, false, out, is_new, e);
}

enum result members_put(struct people *p, const struct people_actor *by, const struct member_wanted *wanted,
                        struct member *out, bool *is_new, struct err *e)
{
  return add_or_put(p, by, wanted, true, out, is_new, e);
}
