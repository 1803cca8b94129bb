#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "stores/audit.h"
#include "stores/people_mirror.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"

#define SECRET_PREFIX "tk_live_"
#define SECRET_BYTES 32
#define KEY_LIFETIME_S (24 * 60 * 60)

/* A key as its document has it. */
struct stored_key {
  struct api_key key;
  char *scopes; /* "orders:read,metrics:read"; owned */
  uint8_t hash[crypto_hash_sha256_BYTES];
};

static const struct bson_field key_fields[] = {
    BSON_FIELD("_id", CHARS, REQUIRED, struct stored_key, key.id),
    BSON_FIELD("m", CHARS, REQUIRED, struct stored_key, key.merchant),
    BSON_FIELD("scopes", TEXT, REQUIRED, struct stored_key, scopes),
    BSON_FIELD("expires_at", DATE, OPTIONAL, struct stored_key, key.expires_ms),
    BSON_FIELD("revoked", BOOL, OPTIONAL, struct stored_key, key.revoked),
    BSON_FIELD("created_at", DATE, REQUIRED, struct stored_key, key.created_ms),
};

/* Written, but never read back. */
static const struct bson_field hash_field = BSON_FIELD("hash", BINARY, REQUIRED, struct stored_key, hash);

static struct mongo_place keys(const struct people *p)
{
  return (struct mongo_place){.mongo = p->mongo, .people = true, .collection = COLLECTION_API_KEYS};
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
  }
  g_free(stored.scopes);
  return r;
}

/* ---- making ---- */

/* Only the command line changes keys. */
MUST_CHECK static enum result note(struct people *p, enum audit_action action, const char *merchant,
                                   const char *key_id, struct err *e)
{
  return audit_add(
      p,
      &(struct audit_record){.action = action, .who = AUDIT_WHO_CLI, .merchant = merchant, .subject = key_id},
      e);
}

static char *make_secret(uint8_t hash[crypto_hash_sha256_BYTES])
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

MUST_CHECK static enum result insert_key(struct people *p, const struct stored_key *stored, struct err *e)
{
  bson_t document = BSON_INITIALIZER;
  enum result r = bson_fields_write(key_fields, G_N_ELEMENTS(key_fields), stored, &document, e);
  if (r == RESULT_OK)
    r = bson_fields_write(&hash_field, 1, stored, &document, e);
  if (r == RESULT_OK)
    r = mongo_doc_insert(keys(p), &document, e);
  bson_destroy(&document);
  return r;
}

enum result people_add_key(struct people *p, const char *merchant, unsigned scopes, int64_t expires_ms,
                           struct api_key *out, char **secret, struct err *e)
{
  struct clock *clock = clock_system();
  struct merchant owner;
  enum result r = people_get_merchant(p, merchant, &owner, e);
  if (r != RESULT_OK)
    return r;
  struct stored_key stored = {.key = {.scopes = scopes, .expires_ms = expires_ms}};
  stored.key.created_ms = clock->wall_ms(clock);
  g_strlcpy(stored.key.merchant, merchant, sizeof stored.key.merchant);
  make_id(stored.key.created_ms, stored.key.id, sizeof stored.key.id);
  stored.scopes = scopes_format(scopes);
  char *made = make_secret(stored.hash);
  r = insert_key(p, &stored, e);
  g_free(stored.scopes);
  if (r == RESULT_OK)
    r = note(p, AUDIT_KEY_CREATE, merchant, stored.key.id, e);
  if (r != RESULT_OK) {
    sodium_memzero(made, strlen(made));
    g_free(made);
    return r;
  }
  *out = stored.key;
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

/* ---- finding and revoking: both through the mirror ---- */

static void append_hash(bson_t *filter, const uint8_t hash[crypto_hash_sha256_BYTES])
{
  BSON_APPEND_BINARY(filter, "hash", BSON_SUBTYPE_BINARY, hash, crypto_hash_sha256_BYTES);
}

static char *mirror_key(const uint8_t hash[crypto_hash_sha256_BYTES])
{
  char hex[2 * crypto_hash_sha256_BYTES + 1];
  return g_strconcat("tk:key:", sodium_bin2hex(hex, sizeof hex, hash, crypto_hash_sha256_BYTES), NULL);
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

enum result people_find_key(struct people *p, const char *secret, int64_t now_ms, struct api_key *out,
                            struct err *e)
{
  uint8_t hash[crypto_hash_sha256_BYTES];
  bson_t filter = BSON_INITIALIZER;
  bson_t *document = NULL;
  crypto_hash_sha256(hash, (const uint8_t *)secret, strlen(secret));
  append_hash(&filter, hash);
  g_autofree char *key = mirror_key(hash);
  struct people_record record = key_record(key, &filter);
  enum result r = people_mirror_find(p, &record, &document, e);
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
  return RESULT_OK;
}

MUST_CHECK static enum result find_hash(struct people *p, const bson_t *filter,
                                        uint8_t hash[crypto_hash_sha256_BYTES], struct err *e)
{
  struct stored_key stored = {.scopes = NULL};
  bson_t *document = NULL;
  enum result r = mongo_doc_find(keys(p), filter, &document, e);
  if (r != RESULT_OK)
    return r;
  r = bson_fields_read(&hash_field, 1, document, &stored, e);
  memcpy(hash, stored.hash, sizeof stored.hash);
  bson_destroy(document);
  return r;
}

MUST_CHECK static enum result refresh_key(struct people *p, const uint8_t hash[crypto_hash_sha256_BYTES],
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

enum result people_revoke_key(struct people *p, const char *merchant, const char *key_id, struct err *e)
{
  uint8_t hash[crypto_hash_sha256_BYTES];
  bson_t *filter = BCON_NEW("_id", BCON_UTF8(key_id), "m", BCON_UTF8(merchant));
  bson_t *update = BCON_NEW("$set", "{", "revoked", BCON_BOOL(true), "}");
  enum result r = find_hash(p, filter, hash, e);
  if (r == RESULT_OK)
    r = mongo_doc_update(keys(p), filter, update, e);
  if (r == RESULT_OK)
    r = refresh_key(p, hash, e);
  if (r == RESULT_OK)
    r = note(p, AUDIT_KEY_REVOKE, merchant, key_id, e);
  bson_destroy(filter);
  bson_destroy(update);
  return r;
}
