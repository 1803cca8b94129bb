#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "stores/audit.h"
#include "stores/password.h"
#include "stores/people_mirror.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"

#define USER_LIFETIME_S (24 * 60 * 60)

static const struct bson_field user_fields[] = {
    BSON_FIELD("_id", CHARS, REQUIRED, struct user, id),
    BSON_FIELD("email", CHARS, REQUIRED, struct user, email),
    BSON_FIELD("sessions", INT64, OPTIONAL, struct user, sessions),
};

static const struct bson_field membership_fields[] = {
    BSON_FIELD("m", CHARS, REQUIRED, struct membership, merchant),
    BSON_FIELD("role", CHARS, REQUIRED, struct membership, role),
};

static struct mongo_place users(const struct people *p)
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

MUST_CHECK static enum result read_user(const bson_t *document, struct user *out, struct err *e)
{
  *out = (struct user){.memberships = g_array_new(FALSE, TRUE, sizeof(struct membership))};
  enum result r = bson_fields_read(user_fields, G_N_ELEMENTS(user_fields), document, out, e);
  if (r == RESULT_OK)
    r = read_memberships(document, out->memberships, e);
  if (r != RESULT_OK)
    user_clear(out);
  return r;
}

/* Addresses are compared without regard to the case of ASCII letters. */
MUST_CHECK static enum result normalise(const char *email, char out[sizeof((struct user){0}).email],
                                        struct err *e)
{
  g_autofree char *lower = g_ascii_strdown(email, -1);
  const char *at = strchr(lower, '@');
  bool plain = at != NULL && at != lower && at[1] != '\0' && strchr(at + 1, '@') == NULL;
  for (const char *c = lower; plain && *c != '\0'; c++)
    plain = (unsigned char)*c > ' ' && *c != 0x7f;
  if (!plain || g_strlcpy(out, lower, sizeof((struct user){0}).email) >= sizeof((struct user){0}).email)
    return err_set(e, RESULT_INVALID, "this is no e-mail address");
  return RESULT_OK;
}

MUST_CHECK static enum result find_by_email(struct people *p, const char *email, bson_t **out, struct err *e)
{
  bson_t filter = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&filter, "email", email);
  enum result r = mongo_doc_find(users(p), &filter, out, e);
  bson_destroy(&filter);
  return r;
}

/* ---- finding ---- */

enum result people_has_user(struct people *p, const char *email, bool *has, struct err *e)
{
  char address[sizeof((struct user){0}).email];
  bson_t *document = NULL;
  struct err failure = ERR_NONE;
  enum result r = normalise(email, address, &failure);
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

enum result people_get_user(struct people *p, const char *user_id, struct user *out, struct err *e)
{
  bson_t *document = NULL;
  enum result r = find_user(p, user_id, false, &document, e);
  if (r != RESULT_OK)
    return r;
  r = read_user(document, out, e);
  bson_destroy(document);
  return r;
}

enum result people_check_password(struct people *p, const char *email, const char *password, struct user *out,
                                  struct err *e)
{
  char address[sizeof out->email];
  bson_t *document = NULL;
  bool right = false;
  size_t length = 0;
  struct err unknown = ERR_NONE;
  enum result r = normalise(email, address, &unknown);
  if (r == RESULT_OK)
    r = find_by_email(p, address, &document, &unknown);
  if (r != RESULT_OK && r != RESULT_NOT_FOUND && r != RESULT_INVALID)
    return err_set(e, r, "%s", unknown.text);
  const char *hash = document != NULL ? bson_fields_text(document, "password", &length) : NULL;
  r = password_check(password, hash, &right, e);
  if (r == RESULT_OK)
    r = right ? read_user(document, out, e)
              : err_set(e, RESULT_NOT_FOUND, "wrong e-mail address or password");
  bson_destroy(document);
  return r;
}

/* ---- adding ---- */

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

static void append_membership(bson_t *out, const char *name, const char *merchant, const char *role)
{
  bson_t document;
  BSON_APPEND_DOCUMENT_BEGIN(out, name, &document);
  BSON_APPEND_UTF8(&document, "m", merchant);
  BSON_APPEND_UTF8(&document, "role", role);
  bson_append_document_end(out, &document);
}

MUST_CHECK static enum result insert_user(struct people *p, const char *email, const char *password,
                                          const char *merchant, const char *role, struct user *out,
                                          struct err *e)
{
  struct clock *clock = clock_system();
  int64_t now_ms = clock->wall_ms(clock);
  uint8_t random[ULID_RANDOM_SIZE];
  char hash[PASSWORD_HASH_SIZE], text[ULID_TEXT_SIZE];
  if (password == NULL)
    return err_set(e, RESULT_INVALID, "a new user needs a password");
  enum result r = people_check_new_password(password, e);
  if (r == RESULT_OK)
    r = password_hash(password, hash, e);
  if (r != RESULT_OK)
    return r;
  randombytes_buf(random, sizeof random);
  struct ulid id = ulid_make(now_ms, random);
  snprintf(out->id, sizeof out->id, "usr_%s", ulid_format(&id, text));
  g_strlcpy(out->email, email, sizeof out->email);
  bson_t document = BSON_INITIALIZER, memberships;
  r = bson_fields_write(user_fields, G_N_ELEMENTS(user_fields), out, &document, e);
  BSON_APPEND_UTF8(&document, "password", hash);
  BSON_APPEND_ARRAY_BEGIN(&document, "memberships", &memberships);
  append_membership(&memberships, "0", merchant, role);
  bson_append_array_end(&document, &memberships);
  BSON_APPEND_DATE_TIME(&document, "created_at", now_ms);
  if (r == RESULT_OK)
    r = mongo_doc_insert(users(p), &document, e);
  bson_destroy(&document);
  return r;
}

/* Another number: no session that was started under the old one counts any more. */
static void append_sessions_end(bson_t *update)
{
  bson_t increase;
  BSON_APPEND_DOCUMENT_BEGIN(update, "$inc", &increase);
  BSON_APPEND_INT64(&increase, "sessions", 1);
  bson_append_document_end(update, &increase);
}

enum result people_end_sessions(struct people *p, const char *user_id, struct err *e)
{
  bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&filter, "_id", user_id);
  append_sessions_end(&update);
  enum result r = mongo_doc_update(users(p), &filter, &update, e);
  bson_destroy(&filter);
  bson_destroy(&update);
  return r == RESULT_OK ? find_user(p, user_id, true, NULL, e) : r;
}

/* Writes all memberships anew, unless somebody else has changed them since they were read. */
MUST_CHECK static enum result replace_memberships(struct people *p, const bson_t *before,
                                                  const struct user *user, bool end_sessions, struct err *e)
{
  bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, set, array;
  bson_iter_t old;
  BSON_APPEND_UTF8(&filter, "_id", user->id);
  if (bson_iter_init_find(&old, before, "memberships"))
    bson_append_iter(&filter, "memberships", -1, &old);
  BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set);
  BSON_APPEND_ARRAY_BEGIN(&set, "memberships", &array);
  for (guint i = 0; i < user->memberships->len; i++) {
    const struct membership *membership = &g_array_index(user->memberships, struct membership, i);
    char buffer[16];
    const char *index = NULL;
    bson_uint32_to_string(i, &index, buffer, sizeof buffer);
    append_membership(&array, index, membership->merchant, membership->role);
  }
  bson_append_array_end(&set, &array);
  bson_append_document_end(&update, &set);
  if (end_sessions)
    append_sessions_end(&update);
  struct err failure = ERR_NONE;
  enum result r = mongo_doc_update(users(p), &filter, &update, &failure);
  bson_destroy(&filter);
  bson_destroy(&update);
  if (r == RESULT_NOT_FOUND)
    return err_set(e, RESULT_CONFLICT, "user %s: somebody else changed it at the same time", user->id);
  return r == RESULT_OK ? r : err_set(e, r, "%s", failure.text);
}

/* Gives the user this role at the merchant; true when it had another one there. */
static bool put_membership(struct user *user, const char *merchant, const char *role)
{
  struct membership added = {.role = ""};
  g_strlcpy(added.merchant, merchant, sizeof added.merchant);
  g_strlcpy(added.role, role, sizeof added.role);
  for (guint i = 0; i < user->memberships->len; i++) {
    struct membership *membership = &g_array_index(user->memberships, struct membership, i);
    if (strcmp(membership->merchant, merchant) == 0) {
      bool another = strcmp(membership->role, role) != 0;
      *membership = added;
      return another;
    }
  }
  g_array_append_val(user->memberships, added);
  return false;
}

MUST_CHECK static enum result change_user(struct people *p, const bson_t *document, const char *merchant,
                                          const char *role, struct user *out, struct err *e)
{
  enum result r = read_user(document, out, e);
  if (r != RESULT_OK)
    return r;
  bool end_sessions = put_membership(out, merchant, role);
  return replace_memberships(p, document, out, end_sessions, e);
}

/* Only the command line adds members. */
MUST_CHECK static enum result note_member(struct people *p, const char *merchant, const char *user_id,
                                          const char *role, struct err *e)
{
  return audit_add(p,
                   &(struct audit_record){.action = AUDIT_MEMBER_ADD,
                                          .who = AUDIT_WHO_CLI,
                                          .merchant = merchant,
                                          .subject = user_id,
                                          .detail = role},
                   e);
}

enum result people_add_user(struct people *p, const char *email, const char *password, const char *merchant,
                            const char *role, struct err *e)
{
  struct user user = {.memberships = NULL};
  struct merchant owner;
  bson_t *document = NULL;
  char address[sizeof user.email];
  if (role_scopes(role) == 0)
    return err_set(e, RESULT_INVALID, "a role is owner, analyst or clerk");
  enum result r = normalise(email, address, e);
  if (r == RESULT_OK)
    r = people_get_merchant(p, merchant, &owner, e);
  if (r != RESULT_OK)
    return r;
  struct err failure = ERR_NONE;
  r = find_by_email(p, address, &document, &failure);
  if (r == RESULT_OK)
    r = change_user(p, document, merchant, role, &user, e);
  else if (r == RESULT_NOT_FOUND)
    r = insert_user(p, address, password, merchant, role, &user, e);
  else
    return err_set(e, r, "%s", failure.text);
  if (r == RESULT_OK)
    r = find_user(p, user.id, true, NULL, e);
  if (r == RESULT_OK)
    r = note_member(p, merchant, user.id, role, e);
  bson_destroy(document);
  user_clear(&user);
  return r;
}
