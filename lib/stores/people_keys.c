#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/text_fields.h"
#include "domain/instant.h"
#include "stores/audit.h"
#include "stores/ended_tell.h"
#include "stores/people_mirror.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"

#define SECRET_PREFIX "tk_live_"
#define SECRET_BYTES 32
#define ID_END "key`" /* behind all ids */
#define KEY_LIFETIME_S (24 * 60 * 60)
/* That a key is used is noted at most this often. */
#define USE_EVERY_MS 60000

_Static_assert(API_KEY_HASH_SIZE == crypto_hash_sha256_BYTES, "the hash is SHA-256");

/* A key as its document has it. */
struct stored_key {
  struct api_key key;
  char *scopes; /* "orders:read,metrics:read"; owned */
};

static const struct bson_field key_fields[] = {
    BSON_FIELD("_id", CHARS, REQUIRED, struct stored_key, key.id),
    BSON_FIELD("m", CHARS, REQUIRED, struct stored_key, key.merchant),
    BSON_FIELD("name", CHARS, OPTIONAL, struct stored_key, key.name),
    BSON_FIELD("scopes", TEXT, REQUIRED, struct stored_key, scopes),
    BSON_FIELD("expires_at", DATE, OPTIONAL, struct stored_key, key.expires_ms),
    BSON_FIELD("revoked", BOOL, OPTIONAL, struct stored_key, key.revoked),
    BSON_FIELD("revoked_at", DATE, OPTIONAL, struct stored_key, key.revoked_ms),
    BSON_FIELD("created_at", DATE, REQUIRED, struct stored_key, key.created_ms),
    BSON_FIELD("hash", BINARY, OPTIONAL, struct stored_key, key.hash), /* a mirror has none */
};

static struct mongo_place keys(const struct people *p)
{
  return (struct mongo_place){.mongo = p->mongo, .people = true, .collection = COLLECTION_API_KEYS};
}

static bool instant_valid(int64_t ms)
{
  return ms >= 0 && ms <= INSTANT_MS_MAX;
}

MUST_CHECK static enum result read_key(const bson_t *document, struct api_key *out, struct err *e)
{
  struct stored_key stored = {.scopes = NULL};
  enum result r = bson_fields_read(key_fields, G_N_ELEMENTS(key_fields), document, &stored, e);
  if (r == RESULT_OK) {
    *out = stored.key;
    out->scopes = scopes_parse(stored.scopes);
    if (out->scopes == 0)
      r = err_set(e, RESULT_CORRUPT, "key %s: unknown scopes", stored.key.id);
    else if (!instant_valid(out->created_ms) || !instant_valid(out->expires_ms) ||
             !instant_valid(out->revoked_ms))
      r = err_set(e, RESULT_CORRUPT, "key %s: a time that cannot be", stored.key.id);
  }
  g_free(stored.scopes);
  return r;
}

/* ---- making ---- */

static char *make_secret(uint8_t hash[API_KEY_HASH_SIZE])
{
  uint8_t bytes[SECRET_BYTES];
  char hex[2 * SECRET_BYTES + 1];
  randombytes_buf(bytes, sizeof bytes);
  char *secret = g_strconcat(SECRET_PREFIX, sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes), NULL);
  sodium_memzero(hex, sizeof hex);
  sodium_memzero(bytes, sizeof bytes);
  crypto_hash_sha256(hash, (const uint8_t *)secret, strlen(secret));
  return secret;
}

static void make_id(int64_t now_ms, char *out, size_t size)
{
  uint8_t random[ULID_RANDOM_SIZE];
  char text[ULID_TEXT_SIZE];
  randombytes_buf(random, sizeof random);
  struct ulid id = ulid_make(now_ms, random);
  snprintf(out, size, "key_%s", ulid_format(&id, text));
}

/* A change of one key, for the transaction that makes it. */
struct key_change {
  struct people *people;
  const struct people_actor *by;
  struct stored_key stored;
};

MUST_CHECK static enum result note(struct mongo_change *change, const struct key_change *c,
                                   enum audit_action action, const char *detail, struct err *e)
{
  struct audit_record record = {.action = action,
                                .who = c->by->who,
                                .request_id = c->by->request_id,
                                .merchant = c->stored.key.merchant,
                                .subject = c->stored.key.id,
                                .detail = detail};
  return audit_add_in(change, c->people, &record, e);
}

MUST_CHECK static enum result insert_key(struct mongo_change *change, void *arg, struct err *e)
{
  const struct key_change *c = arg;
  bson_t document = BSON_INITIALIZER;
  enum result r = bson_fields_write(key_fields, G_N_ELEMENTS(key_fields), &c->stored, &document, e);
  if (r == RESULT_OK)
    r = mongo_change_insert(change, keys(c->people), &document, e);
  if (r == RESULT_OK)
    r = note(change, c, AUDIT_KEY_CREATE, c->stored.scopes, e);
  bson_destroy(&document);
  return r;
}

enum result people_add_key(struct people *p, const struct people_actor *by, const struct api_key *wanted,
                           struct api_key *out, char **secret, struct err *e)
{
  struct clock *clock = clock_system();
  struct merchant owner;
  enum result r = people_get_merchant(p, wanted->merchant, &owner, e);
  if (r != RESULT_OK)
    return r;
  struct key_change c = {.people = p, .by = by, .stored = {.key = *wanted}};
  struct api_key *key = &c.stored.key;
  key->created_ms = clock->wall_ms(clock);
  make_id(key->created_ms, key->id, sizeof key->id);
  c.stored.scopes = scopes_format(key->scopes);
  char *made = make_secret(key->hash);
  r = mongo_change_run(p->mongo, insert_key, &c, e);
  g_free(c.stored.scopes);
  if (r != RESULT_OK) {
    sodium_memzero(made, strlen(made));
    g_free(made);
    return r;
  }
  *out = *key;
  *secret = made;
  return RESULT_OK;
}

/* ---- listing ---- */

MUST_CHECK static enum result add_to_list(const bson_t *document, void *arg, struct err *e)
{
  struct api_key key;
  enum result r = read_key(document, &key, e);
  if (r == RESULT_OK)
    g_array_append_val((GArray *)arg, key);
  return r;
}

enum result people_list_keys(struct people *p, const char *merchant, GArray *out, struct err *e)
{
  bson_t filter = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&filter, "m", merchant);
  enum result r = mongo_doc_each(keys(p), &filter, add_to_list, out, e);
  bson_destroy(&filter);
  return r;
}

enum result people_page_keys(struct people *p, const char *merchant, const char *before, size_t limit,
                             GArray *out, bool *more, struct err *e)
{
  guint had = out->len;
  bson_t *filter =
      BCON_NEW("m", BCON_UTF8(merchant), "_id", "{", "$lt", BCON_UTF8(before != NULL ? before : ID_END), "}");
  enum result r = mongo_doc_newest(keys(p), filter, (int64_t)limit + 1, add_to_list, out, e);
  bson_destroy(filter);
  *more = r == RESULT_OK && out->len - had > limit;
  if (*more)
    g_array_set_size(out, had + (guint)limit);
  return r;
}

enum result people_keys_full(struct people *p, const char *merchant, int64_t now_ms, bool *full,
                             struct err *e)
{
  bson_t *filter = BCON_NEW("m", BCON_UTF8(merchant), "revoked", "{", "$ne", BCON_BOOL(true), "}",
                            "expires_at", "{", "$not", "{", "$lte", BCON_DATE_TIME(now_ms), "}", "}");
  enum result r = mongo_doc_at_least(keys(p), filter, PEOPLE_KEYS_MAX, full, e);
  bson_destroy(filter);
  return r;
}

/* ---- finding, through the mirror ---- */

static void append_hash(bson_t *filter, const uint8_t hash[API_KEY_HASH_SIZE])
{
  BSON_APPEND_BINARY(filter, "hash", BSON_SUBTYPE_BINARY, hash, API_KEY_HASH_SIZE);
}

static char *named(const char *prefix, const uint8_t hash[API_KEY_HASH_SIZE])
{
  char hex[2 * API_KEY_HASH_SIZE + 1];
  return g_strconcat(prefix, sodium_bin2hex(hex, sizeof hex, hash, API_KEY_HASH_SIZE), NULL);
}

static char *mirror_key(const uint8_t hash[API_KEY_HASH_SIZE])
{
  return named("tk:key:", hash);
}

static char *use_key(const uint8_t hash[API_KEY_HASH_SIZE])
{
  return named("tk:used:", hash);
}

static struct people_record key_record(const char *key, const bson_t *filter)
{
  return (struct people_record){.key = key,
                                .lifetime_s = KEY_LIFETIME_S,
                                .people = true,
                                .collection = COLLECTION_API_KEYS,
                                .filter = filter,
                                .secret = "hash"};
}

/* Without the note the list of keys shows an older use: no reason to refuse the key. */
static void note_use(struct people *p, const char *name, const char *noted, int64_t now_ms)
{
  int64_t before_ms = 0;
  if (noted != NULL && text_fields_int64(noted, &before_ms) && before_ms >= 0 && before_ms <= now_ms &&
      now_ms - before_ms < USE_EVERY_MS)
    return;
  g_autofree char *text = g_strdup_printf("%" PRId64, now_ms);
  redisReply *reply = NULL;
  if (redis_call(p->redis, &reply, NULL, "SET", name, text, NULL) == RESULT_OK)
    freeReplyObject(reply);
}

enum result people_find_key(struct people *p, const char *secret, int64_t now_ms, struct api_key *out,
                            struct err *e)
{
  uint8_t hash[API_KEY_HASH_SIZE];
  bson_t filter = BSON_INITIALIZER;
  bson_t *document = NULL;
  g_autofree char *noted = NULL;
  crypto_hash_sha256(hash, (const uint8_t *)secret, strlen(secret));
  append_hash(&filter, hash);
  g_autofree char *key = mirror_key(hash);
  g_autofree char *use = use_key(hash);
  struct people_record record = key_record(key, &filter);
  enum result r = people_mirror_find_with(p, &record, use, &document, &noted, e);
  bson_destroy(&filter);
  if (r != RESULT_OK)
    return r;
  r = read_key(document, out, e);
  bson_destroy(document);
  if (r != RESULT_OK)
    return r;
  bool expired = out->expires_ms != 0 && out->expires_ms <= now_ms;
  if (out->revoked || expired)
    return err_set(e, RESULT_NOT_FOUND, "key %s: %s", out->id, out->revoked ? "revoked" : "expired");
  note_use(p, use, noted, now_ms);
  return RESULT_OK;
}

enum result people_read_key_uses(struct people *p, GArray *list, struct err *e)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
  redisReply *reply = NULL;
  if (list->len == 0)
    return RESULT_OK;
  g_ptr_array_add(argv, g_strdup("MGET"));
  for (guint i = 0; i < list->len; i++)
    g_ptr_array_add(argv, use_key(g_array_index(list, struct api_key, i).hash));
  g_autofree size_t *lengths = g_new(size_t, argv->len);
  for (guint i = 0; i < argv->len; i++)
    lengths[i] = strlen(argv->pdata[i]);
  enum result r = redis_command(p->redis, (int)argv->len, (const char **)argv->pdata, lengths, &reply, e);
  if (r != RESULT_OK)
    return r;
  for (guint i = 0; i < list->len && i < reply->elements; i++) {
    int64_t *used_ms = &g_array_index(list, struct api_key, i).last_used_ms;
    const redisReply *at = reply->element[i];
    if (at->type == REDIS_REPLY_STRING && !(text_fields_int64(at->str, used_ms) && instant_valid(*used_ms)))
      *used_ms = 0;
  }
  freeReplyObject(reply);
  return RESULT_OK;
}

/* ---- revoking ---- */

MUST_CHECK static enum result refresh_key(struct people *p, const uint8_t hash[API_KEY_HASH_SIZE],
                                          struct err *e)
{
  bson_t filter = BSON_INITIALIZER;
  g_autofree char *key = mirror_key(hash);
  append_hash(&filter, hash);
  struct people_record record = key_record(key, &filter);
  enum result r = people_mirror_refresh(p, &record, e);
  bson_destroy(&filter);
  return r;
}

MUST_CHECK static enum result revoke_key(struct mongo_change *change, void *arg, struct err *e)
{
  struct key_change *c = arg;
  struct clock *clock = clock_system();
  bson_t *document = NULL;
  bson_t *filter = BCON_NEW("_id", BCON_UTF8(c->stored.key.id), "m", BCON_UTF8(c->stored.key.merchant));
  bson_t *update = BCON_NEW("$set", "{", "revoked", BCON_BOOL(true), "revoked_at",
                            BCON_DATE_TIME(clock->wall_ms(clock)), "}");
  enum result r = mongo_change_find(change, keys(c->people), filter, &document, e);
  if (r == RESULT_OK)
    r = read_key(document, &c->stored.key, e);
  if (r == RESULT_OK && !c->stored.key.revoked) {
    r = mongo_change_update(change, keys(c->people), filter, update, e);
    if (r == RESULT_OK)
      r = note(change, c, AUDIT_KEY_REVOKE, NULL, e);
  }
  bson_destroy(document);
  bson_destroy(filter);
  bson_destroy(update);
  return r;
}

/* The mirror is overwritten also when the key was revoked before, for Redis may have been away then, and when
 * it is not known whether the change is committed. */
enum result people_revoke_key(struct people *p, const struct people_actor *by, const char *merchant,
                              const char *key_id, struct err *e)
{
  struct key_change c = {.people = p, .by = by};
  struct api_key *key = &c.stored.key;
  if (g_strlcpy(key->id, key_id, sizeof key->id) >= sizeof key->id ||
      g_strlcpy(key->merchant, merchant, sizeof key->merchant) >= sizeof key->merchant)
    return err_set(e, RESULT_NOT_FOUND, "no such key");
  struct err failure = ERR_NONE;
  enum result r = mongo_change_run(p->mongo, revoke_key, &c, &failure);
  if (r != RESULT_OK && r != RESULT_UNAVAILABLE)
    return err_set(e, r, "%s", failure.text);
  enum result refreshed = refresh_key(p, key->hash, e);
  if (refreshed == RESULT_OK)
    ended_tell(p->redis, ENDED_KEY, key->id);
  return r == RESULT_OK ? refreshed : err_set(e, r, "%s", failure.text);
}
