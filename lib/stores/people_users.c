#include <string.h>

#include "stores/audit.h"
#include "stores/ended_tell.h"
#include "stores/mongo_change.h"
#include "stores/password.h"
#include "stores/people_mirror.h"
#include "stores/people_users.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"

#define USER_LIFETIME_S (24 * 60 * 60)

static const struct bson_field user_fields[] = {
    BSON_FIELD("_id", CHARS, REQUIRED, struct user, id),
    BSON_FIELD("email", CHARS, REQUIRED, struct user, email),
    BSON_FIELD("made_by", CHARS, OPTIONAL, struct user, made_by),
    BSON_FIELD("sessions", INT64, OPTIONAL, struct user, sessions),
};

static const struct bson_field membership_fields[] = {
    BSON_FIELD("m", CHARS, REQUIRED, struct membership, merchant),
    BSON_FIELD("role", CHARS, REQUIRED, struct membership, role),
};

struct mongo_place people_users(const struct people *p)
{
  return (struct mongo_place){.mongo = p->mongo, .people = true, .collection = COLLECTION_USERS};
}

void user_clear(struct user *user)
{
  g_clear_pointer(&user->memberships, g_array_unref);
}

/* ---- documents ---- */

MUST_CHECK static enum result read_memberships(const bson_t *document, GArray *out, struct err *e)
{
  bson_t array;
  bson_iter_t iter;
  if (!bson_fields_sub(document, "memberships", BSON_TYPE_ARRAY, &array) || !bson_iter_init(&iter, &array))
    return err_set(e, RESULT_CORRUPT, "field memberships is no array");
  while (bson_iter_next(&iter)) {
    const uint8_t *bytes = NULL;
    uint32_t length = 0;
    bson_t element;
    struct membership membership = {.role = ""};
    if (!BSON_ITER_HOLDS_DOCUMENT(&iter))
      return err_set(e, RESULT_CORRUPT, "field memberships holds no documents");
    bson_iter_document(&iter, &length, &bytes);
    if (!bson_init_static(&element, bytes, length))
      return err_set(e, RESULT_CORRUPT, "field memberships holds a broken document");
    enum result r =
        bson_fields_read(membership_fields, G_N_ELEMENTS(membership_fields), &element, &membership, e);
    if (r != RESULT_OK)
      return r;
    g_array_append_val(out, membership);
  }
  return RESULT_OK;
}

enum result people_read_user(const bson_t *document, struct user *out, struct err *e)
{
  *out = (struct user){.memberships = g_array_new(FALSE, TRUE, sizeof(struct membership))};
  enum result r = bson_fields_read(user_fields, G_N_ELEMENTS(user_fields), document, out, e);
  if (r == RESULT_OK)
    r = read_memberships(document, out->memberships, e);
  if (r != RESULT_OK)
    user_clear(out);
  return r;
}

enum result people_write_user(const struct user *user, bson_t *out, struct err *e)
{
  return bson_fields_write(user_fields, G_N_ELEMENTS(user_fields), user, out, e);
}

/* All of it can be seen: with marks of direction or letters without width two addresses would look alike. */
static bool is_visible(const char *text)
{
  bool visible = g_utf8_validate(text, -1, NULL);
  for (const char *at = text; visible && *at != '\0'; at = g_utf8_next_char(at)) {
    gunichar character = g_utf8_get_char(at);
    visible = g_unichar_isgraph(character) && !g_unichar_isspace(character);
  }
  return visible;
}

/* Addresses are compared without regard to the case of ASCII letters. */
enum result people_normalise_email(const char *email, char out[PEOPLE_EMAIL_SIZE], struct err *e)
{
  g_autofree char *lower = g_ascii_strdown(email, -1);
  const char *at = strchr(lower, '@');
  bool plain = at != NULL && at != lower && at[1] != '\0' && strchr(at + 1, '@') == NULL;
  if (!plain || !is_visible(lower) || g_strlcpy(out, lower, PEOPLE_EMAIL_SIZE) >= PEOPLE_EMAIL_SIZE)
    return err_set(e, RESULT_INVALID, "this is no e-mail address");
  return RESULT_OK;
}

MUST_CHECK static enum result find_by_email(struct people *p, const char *email, bson_t **out, struct err *e)
{
  bson_t filter = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&filter, "email", email);
  enum result r = mongo_doc_find(people_users(p), &filter, out, e);
  bson_destroy(&filter);
  return r;
}

/* ---- finding ---- */

bool people_email_valid(const char *email)
{
  char address[PEOPLE_EMAIL_SIZE];
  return people_normalise_email(email, address, NULL) == RESULT_OK;
}

enum result people_find_user(struct people *p, const char *email, struct user *out, struct err *e)
{
  char address[PEOPLE_EMAIL_SIZE];
  bson_t *document = NULL;
  enum result r = people_normalise_email(email, address, e);
  if (r == RESULT_OK)
    r = find_by_email(p, address, &document, e);
  if (r == RESULT_OK)
    r = people_read_user(document, out, e);
  bson_destroy(document);
  return r;
}

enum result people_has_user(struct people *p, const char *email, bool *has, struct err *e)
{
  char address[PEOPLE_EMAIL_SIZE];
  bson_t *document = NULL;
  struct err failure = ERR_NONE;
  enum result r = people_normalise_email(email, address, &failure);
  if (r == RESULT_OK)
    r = find_by_email(p, address, &document, &failure);
  *has = r == RESULT_OK;
  bson_destroy(document);
  return r == RESULT_OK || r == RESULT_NOT_FOUND ? RESULT_OK : err_set(e, r, "%s", failure.text);
}

MUST_CHECK static enum result find_user(struct people *p, const char *user_id, bool refresh, bson_t **out,
                                        struct err *e)
{
  bson_t filter = BSON_INITIALIZER;
  g_autofree char *key = g_strconcat("tk:member:", user_id, NULL);
  BSON_APPEND_UTF8(&filter, "_id", user_id);
  struct people_record record = {.key = key,
                                 .lifetime_s = USER_LIFETIME_S,
                                 .people = true,
                                 .collection = COLLECTION_USERS,
                                 .filter = &filter,
                                 .secret = "password"};
  enum result r = refresh ? people_mirror_refresh(p, &record, e) : people_mirror_find(p, &record, out, e);
  bson_destroy(&filter);
  return r;
}

enum result people_refresh_user(struct people *p, const char *user_id, struct err *e)
{
  return find_user(p, user_id, true, NULL, e);
}

enum result people_get_user(struct people *p, const char *user_id, struct user *out, struct err *e)
{
  bson_t *document = NULL;
  enum result r = find_user(p, user_id, false, &document, e);
  if (r != RESULT_OK)
    return r;
  r = people_read_user(document, out, e);
  bson_destroy(document);
  return r;
}

enum result people_check_password(struct people *p, const char *email, const char *password, struct user *out,
                                  struct err *e)
{
  char address[sizeof out->email];
  bson_t *document = NULL;
  bool right = false;
  *out = (struct user){.memberships = NULL};
  size_t length = 0;
  struct err unknown = ERR_NONE;
  enum result r = people_normalise_email(email, address, &unknown);
  if (r == RESULT_OK)
    r = find_by_email(p, address, &document, &unknown);
  if (r != RESULT_OK && r != RESULT_NOT_FOUND && r != RESULT_INVALID)
    return err_set(e, r, "%s", unknown.text);
  const char *hash = document != NULL ? bson_fields_text(document, "password", &length) : NULL;
  r = password_check(password, hash, &right, e);
  if (r == RESULT_OK && document != NULL)
    r = people_read_user(document, out, e);
  if (r == RESULT_OK && !right)
    r = err_set(e, RESULT_NOT_FOUND, "wrong e-mail address or password");
  bson_destroy(document);
  return r;
}

/* ---- passwords ---- */

enum result people_check_new_password(const char *password, struct err *e)
{
  if (!g_utf8_validate(password, -1, NULL))
    return err_set(e, RESULT_INVALID, "a password is text in UTF-8");
  if (g_utf8_strlen(password, -1) < PEOPLE_PASSWORD_CHARACTERS_MIN)
    return err_set(e, RESULT_INVALID, "a password has at least %d characters",
                   PEOPLE_PASSWORD_CHARACTERS_MIN);
  if (strlen(password) > PEOPLE_PASSWORD_BYTES_MAX)
    return err_set(e, RESULT_INVALID, "a password has at most %d bytes", PEOPLE_PASSWORD_BYTES_MAX);
  return RESULT_OK;
}

/* ---- ending sessions ---- */

/* Another number: no session that was started under the old one counts any more. */
void people_append_sessions_end(bson_t *update)
{
  bson_t increase;
  BSON_APPEND_DOCUMENT_BEGIN(update, "$inc", &increase);
  BSON_APPEND_INT64(&increase, "sessions", 1);
  bson_append_document_end(update, &increase);
}

/* Another password, or only the end of all sessions, together with its record in the audit. */
struct user_change {
  struct people *people;
  const struct people_actor *by;
  const struct user *user; /* as it was read */
  const char *hash;        /* of the password; NULL: it stays */
};

/* The password changes only if nobody has changed it since the user was read, because that ends the sessions.
 */
static void append_unchanged(bson_t *filter, const struct user_change *w)
{
  if (w->hash != NULL && w->user->sessions == 0)
    BSON_APPEND_NULL(filter, "sessions"); /* absent */
  else if (w->hash != NULL)
    BSON_APPEND_INT64(filter, "sessions", w->user->sessions);
}

MUST_CHECK static enum result update_user(struct mongo_change *change, const struct user_change *w,
                                          struct err *e)
{
  bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, set;
  BSON_APPEND_UTF8(&filter, "_id", w->user->id);
  append_unchanged(&filter, w);
  if (w->hash != NULL) {
    BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set);
    BSON_APPEND_UTF8(&set, "password", w->hash);
    bson_append_document_end(&update, &set);
  }
  people_append_sessions_end(&update);
  struct err failure = ERR_NONE;
  enum result r = mongo_change_update(change, people_users(w->people), &filter, &update, &failure);
  bson_destroy(&filter);
  bson_destroy(&update);
  if (r == RESULT_NOT_FOUND && w->hash != NULL)
    return err_set(e, RESULT_CONFLICT, "user %s: the sessions were ended at the same time", w->user->id);
  return r == RESULT_OK ? r : err_set(e, r, "%s", failure.text);
}

MUST_CHECK static enum result update_and_note(struct mongo_change *change, void *arg, struct err *e)
{
  const struct user_change *w = arg;
  struct audit_record record = {.action = w->hash != NULL ? AUDIT_PASSWORD_CHANGE : AUDIT_SESSIONS_END,
                                .who = w->by->who,
                                .subject = w->user->id,
                                .memberships = w->user->memberships,
                                .request_id = w->by->request_id};
  enum result r = update_user(change, w, e);
  return r == RESULT_OK ? audit_add_in(change, w->people, &record, e) : r;
}

/* Redis is asked first: while it is away, mirrors that it may still have would let sessions go on. */
MUST_CHECK static enum result change_user(struct user_change *w, struct err *e)
{
  enum result r = redis_ping(w->people->redis, e);
  if (r != RESULT_OK)
    return r;
  r = mongo_change_run(w->people->mongo, update_and_note, w, e);
  /* what cannot be known to be committed may be */
  if (r == RESULT_OK || r == RESULT_UNAVAILABLE) {
    enum result refreshed = people_refresh_user(w->people, w->user->id, e);
    if (refreshed == RESULT_OK)
      ended_tell(w->people->redis, ENDED_USER, w->user->id);
    return r == RESULT_OK ? refreshed : r;
  }
  return r;
}

enum result people_end_sessions(struct people *p, const struct people_actor *by, const struct user *user,
                                struct err *e)
{
  return change_user(&(struct user_change){.people = p, .by = by, .user = user}, e);
}

/* A mirror that is ahead tells of a change since the user was read. */
enum result people_catch_up(struct people *p, const struct user *user, struct err *e)
{
  struct user mirrored;
  enum result r = people_get_user(p, user->id, &mirrored, e);
  if (r != RESULT_OK)
    return r;
  bool behind = mirrored.sessions < user->sessions;
  user_clear(&mirrored);
  if (!behind)
    return RESULT_OK;
  r = people_refresh_user(p, user->id, e);
  if (r == RESULT_OK)
    ended_tell(p->redis, ENDED_USER, user->id);
  return r;
}

enum result people_set_password(struct people *p, const struct people_actor *by, struct user *user,
                                const char *password, struct err *e)
{
  char hash[PASSWORD_HASH_SIZE];
  enum result r = people_check_new_password(password, e);
  if (r == RESULT_OK)
    r = password_hash(password, hash, e);
  if (r == RESULT_OK)
    r = change_user(&(struct user_change){.people = p, .by = by, .user = user, .hash = hash}, e);
  user->sessions += r == RESULT_OK;
  return r;
}
