#include "stores/audit.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "domain/instant.h"
#include "stores/mongo_doc.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"

#define ID_PREFIX "aud_"
#define ID_END "aud`" /* behind every id: '`' comes right after '_' */

static const struct bson_field fields[] = {
    BSON_FIELD("_id", CHARS, REQUIRED, struct audit_entry, id),
    BSON_FIELD("at", DATE, REQUIRED, struct audit_entry, at_ms),
    BSON_FIELD("action", CHARS, REQUIRED, struct audit_entry, action),
    BSON_FIELD("who", CHARS, REQUIRED, struct audit_entry, who),
    BSON_FIELD("subject", CHARS, OPTIONAL, struct audit_entry, subject),
    BSON_FIELD("detail", CHARS, OPTIONAL, struct audit_entry, detail),
    BSON_FIELD("request_id", CHARS, OPTIONAL, struct audit_entry, request_id),
};

const char *audit_action_name(enum audit_action action)
{
  static const char *const names[] = {
      [AUDIT_MERCHANT_ADD] = "merchant.add",       [AUDIT_KEY_CREATE] = "key.create",
      [AUDIT_KEY_REVOKE] = "key.revoke",           [AUDIT_MEMBER_ADD] = "member.add",
      [AUDIT_MEMBER_ROLE] = "member.role",         [AUDIT_MEMBER_REMOVE] = "member.remove",
      [AUDIT_SETTINGS_CHANGE] = "settings.change", [AUDIT_SESSION_START] = "session.start",
      [AUDIT_SESSION_FAIL] = "session.fail",       [AUDIT_SESSIONS_END] = "sessions.end",
      [AUDIT_PASSWORD_CHANGE] = "password.change", [AUDIT_QUARANTINE_RETRY] = "quarantine.retry",
  };
  return names[action];
}

static struct mongo_place audit(const struct people *p)
{
  return (struct mongo_place){.mongo = p->mongo, .people = true, .collection = COLLECTION_AUDIT};
}

/* ---- adding ---- */

static void make_id(int64_t now_ms, char out[AUDIT_ID_SIZE])
{
  uint8_t random[ULID_RANDOM_SIZE];
  char text[ULID_TEXT_SIZE];
  randombytes_buf(random, sizeof random);
  struct ulid id = ulid_make(now_ms, random);
  snprintf(out, AUDIT_ID_SIZE, ID_PREFIX "%s", ulid_format(&id, text));
}

static bool copy(char *to, size_t size, const char *from)
{
  return from == NULL || g_strlcpy(to, from, size) < size;
}

MUST_CHECK static enum result make_entry(const struct audit_record *record, struct audit_entry *out,
                                         struct err *e)
{
  struct clock *clock = clock_system();
  *out = (struct audit_entry){.at_ms = clock->wall_ms(clock)};
  make_id(out->at_ms, out->id);
  g_strlcpy(out->action, audit_action_name(record->action), sizeof out->action);
  if (!copy(out->who, sizeof out->who, record->who) || out->who[0] == '\0' ||
      !copy(out->subject, sizeof out->subject, record->subject) ||
      !copy(out->request_id, sizeof out->request_id, record->request_id))
    return err_set(e, RESULT_INTERNAL, "audit: a text of %s is missing or too long", out->action);
  g_autofree char *detail = g_utf8_make_valid(record->detail != NULL ? record->detail : "", -1);
  const char *end = detail + strlen(detail);
  if ((size_t)(end - detail) >= sizeof out->detail)
    end = g_utf8_find_prev_char(detail, detail + sizeof out->detail);
  memcpy(out->detail, detail, (size_t)(end - detail));
  return RESULT_OK;
}

/* One merchant, or a list of all whose member it concerns: MongoDB finds it by each of them. */
static void append_merchants(const struct audit_record *record, bson_t *out)
{
  bson_t array;
  if (record->merchant != NULL && record->merchant[0] != '\0') {
    BSON_APPEND_UTF8(out, "m", record->merchant);
    return;
  }
  BSON_APPEND_ARRAY_BEGIN(out, "m", &array);
  for (guint i = 0; record->memberships != NULL && i < record->memberships->len; i++) {
    bson_fields_append_text(&array, i, g_array_index(record->memberships, struct membership, i).merchant);
  }
  bson_append_array_end(out, &array);
}

MUST_CHECK static enum result make_document(const struct audit_record *record, bson_t *out, struct err *e)
{
  struct audit_entry entry;
  enum result r = make_entry(record, &entry, e);
  if (r == RESULT_OK)
    r = bson_fields_write(fields, G_N_ELEMENTS(fields), &entry, out, e);
  if (r == RESULT_OK)
    append_merchants(record, out);
  return r;
}

enum result audit_add_in(struct mongo_change *change, struct people *p, const struct audit_record *record,
                         struct err *e)
{
  bson_t document = BSON_INITIALIZER;
  enum result r = make_document(record, &document, e);
  if (r == RESULT_OK)
    r = mongo_change_insert(change, audit(p), &document, e);
  bson_destroy(&document);
  return r;
}

enum result audit_add(struct people *p, const struct audit_record *record, struct err *e)
{
  bson_t document = BSON_INITIALIZER;
  enum result r = make_document(record, &document, e);
  if (r == RESULT_OK)
    r = mongo_doc_insert(audit(p), &document, e);
  bson_destroy(&document);
  return r;
}

/* ---- listing ---- */

MUST_CHECK static enum result add_to_list(const bson_t *document, void *arg, struct err *e)
{
  struct audit_entry entry = {.at_ms = 0};
  enum result r = bson_fields_read(fields, G_N_ELEMENTS(fields), document, &entry, e);
  if (r == RESULT_OK && (entry.at_ms < 0 || entry.at_ms > INSTANT_MS_MAX))
    r = err_set(e, RESULT_CORRUPT, "audit: record %s: a time that cannot be", entry.id);
  if (r == RESULT_OK)
    g_array_append_val((GArray *)arg, entry);
  return r;
}

enum result audit_list(struct people *p, const char *merchant, const char *before, size_t limit, GArray *out,
                       bool *more, struct err *e)
{
  guint had = out->len;
  bson_t *filter = BCON_NEW("m", BCON_UTF8(merchant), "_id", "{", "$gte", BCON_UTF8(ID_PREFIX), "$lt",
                            BCON_UTF8(before != NULL ? before : ID_END), "}");
  enum result r = mongo_doc_newest(audit(p), filter, (int64_t)limit + 1, add_to_list, out, e);
  bson_destroy(filter);
  *more = r == RESULT_OK && out->len - had > limit;
  if (*more)
    g_array_set_size(out, had + (guint)limit);
  return r;
}
