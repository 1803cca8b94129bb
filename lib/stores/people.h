/* people: merchants, users, memberships and API keys (MongoDB), with the records that reads need mirrored in
 * Redis, so that they go on while MongoDB is away. Only hashes of secrets are stored.
 *
 * Every change takes its record of the audit (stores/audit.h) into the same transaction.
 *
 * A mirror is filled on a miss (SET NX EX); a revocation writes MongoDB, then overwrites the mirror with
 * "revoked". Either store may be away: with Redis away keys are looked up in MongoDB; with MongoDB away
 * mirrors answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "base/err.h"
#include "domain/merchant.h"
#include "domain/ulid.h"
#include "stores/mongo.h"
#include "stores/redis.h"

enum scope {
  SCOPE_ORDERS_WRITE = 1 << 0,
  SCOPE_ORDERS_READ = 1 << 1,
  SCOPE_ORDERS_IMPORT = 1 << 2,
  SCOPE_REFUNDS_WRITE = 1 << 3,
  SCOPE_METRICS_READ = 1 << 4,
  SCOPE_ADMIN = 1 << 5,
};
#define SCOPE_ALL_OF_KEYS                                                                                    \
  (SCOPE_ORDERS_WRITE | SCOPE_ORDERS_READ | SCOPE_ORDERS_IMPORT | SCOPE_REFUNDS_WRITE | SCOPE_METRICS_READ)

const char *scope_name(enum scope scope); /* "orders:write" */
/* "orders:write,metrics:read" to bits; 0 when a name is unknown, empty or admin. */
unsigned scopes_parse(const char *text);
char *scopes_format(unsigned scopes); /* g_free */

/* owner: everything; analyst: metrics:read, orders:read; clerk: orders:read, orders:write. 0: no such role.
 */
unsigned role_scopes(const char *role);

struct people {
  struct mongo *mongo;
  struct redis *redis; /* of the calling thread */
};

/* Who makes a change, for the audit. Borrowed texts. */
struct people_actor {
  const char *who;        /* "usr_…", or AUDIT_WHO_CLI */
  const char *request_id; /* NULL: no request */
};

/* ---- merchants ---- */
MUST_CHECK enum result people_add_merchant(struct people *p, const struct people_actor *by,
                                           const struct merchant *merchant, struct err *e); /* CONFLICT */
MUST_CHECK enum result people_get_merchant(struct people *p, const char *id, struct merchant *out,
                                           struct err *e);
MUST_CHECK enum result people_list_merchants(struct people *p, GArray *out /* struct merchant */,
                                             struct err *e);

/* How many keys of the ledger begin with this merchant's id and are none of ours (docs/protocol.md,
 * quarantine). */
MUST_CHECK enum result people_count_quarantine(struct people *p, const char *id, int64_t *out, struct err *e);

/* ---- API keys: "tk_live_" and 32 random bytes in hex ---- */
#define API_KEY_NAME_CHARACTERS_MAX 100
#define API_KEY_HASH_SIZE 32 /* SHA-256 */
struct api_key {
  char id[ULID_TEXT_SIZE + 4]; /* "key_<ULID>" */
  char merchant[MERCHANT_ID_SIZE];
  char name[4 * API_KEY_NAME_CHARACTERS_MAX + 1]; /* "": none */
  unsigned scopes;
  int64_t expires_ms; /* 0: never */
  bool revoked;
  int64_t created_ms, revoked_ms;
  int64_t last_used_ms;            /* 0: never, or Redis has lost it; see people_read_key_uses */
  uint8_t hash[API_KEY_HASH_SIZE]; /* of the secret; only of keys that were listed */
};
/* Makes a key as `wanted` has merchant, name, scopes and expiry; *secret (shown once) is the caller's:
 * g_free. */
MUST_CHECK enum result people_add_key(struct people *p, const struct people_actor *by,
                                      const struct api_key *wanted, struct api_key *out, char **secret,
                                      struct err *e);
/* All keys that a merchant has ever had, the oldest first. */
MUST_CHECK enum result people_list_keys(struct people *p, const char *merchant,
                                        GArray *out /* struct api_key */, struct err *e);
/* A page of them, the newest first: at most `limit` behind the id `before` (NULL: from the first); *more:
 * others follow. */
MUST_CHECK enum result people_page_keys(struct people *p, const char *merchant, const char *before,
                                        size_t limit, GArray *out /* struct api_key */, bool *more,
                                        struct err *e);
/* Whether a merchant has PEOPLE_KEYS_MAX keys that can be used, so that it is to get no other by itself (the
 * command line may go on). Of several that are made at the same instant a few may come beyond that. */
#define PEOPLE_KEYS_MAX 100
MUST_CHECK enum result people_keys_full(struct people *p, const char *merchant, int64_t now_ms, bool *full,
                                        struct err *e);
/* When each of these keys was last used, to the minute: Redis holds that. */
MUST_CHECK enum result people_read_key_uses(struct people *p, GArray *keys /* struct api_key */,
                                            struct err *e);
/* Ends a key at once, in all workers. One that is revoked already stays so. RESULT_UNAVAILABLE: a worker may
 * go on taking it; to be done again. */
MUST_CHECK enum result people_revoke_key(struct people *p, const struct people_actor *by,
                                         const char *merchant, const char *key_id, struct err *e);
/* The key with that secret; that it was used is noted, at most once a minute. RESULT_NOT_FOUND: unknown,
 * revoked or expired. */
MUST_CHECK enum result people_find_key(struct people *p, const char *secret, int64_t now_ms,
                                       struct api_key *out, struct err *e);

/* ---- users ---- */
struct membership {
  char merchant[MERCHANT_ID_SIZE];
  char role[16];
};
struct user {
  char id[ULID_TEXT_SIZE + 4]; /* "usr_<ULID>" */
  char email[255];
  char made_by[MERCHANT_ID_SIZE]; /* whose owner made the account; "": the command line did */
  int64_t sessions;               /* how often all of the user's sessions were ended; see stores/session.h */
  GArray *memberships;            /* of struct membership; user_clear */
};
void user_clear(struct user *user);
/* Whether the text can be an e-mail address. */
bool people_email_valid(const char *email);
/* The user who has that e-mail address, as MongoDB knows them. RESULT_NOT_FOUND; RESULT_INVALID: it is none.
 */
MUST_CHECK enum result people_find_user(struct people *p, const char *email, struct user *out, struct err *e);
/* Whether somebody has that e-mail address. RESULT_INVALID: it is none. */
MUST_CHECK enum result people_has_user(struct people *p, const char *email, bool *has, struct err *e);

/* NIST SP 800-63B: length is what counts, and no rules about kinds of characters. */
#define PEOPLE_PASSWORD_CHARACTERS_MIN 10
#define PEOPLE_PASSWORD_BYTES_MAX 1024 /* as many as a log-in may send */
/* Whether a new user may have this password. RESULT_INVALID: too short, too long, or not UTF-8, which no
 * log-in could send. */
MUST_CHECK enum result people_check_new_password(const char *password, struct err *e);

/* Checks e-mail and password in the same time whether or not the user exists; at most two hashes at once in a
 * process. RESULT_NOT_FOUND: wrong; *out is then whoever has the address, or has an empty id. *out is to be
 * cleared in any case. */
MUST_CHECK enum result people_check_password(struct people *p, const char *email, const char *password,
                                             struct user *out, struct err *e);
/* Brings the user's mirror up to the user as they were read from MongoDB, and ends the streams of the
 * sessions that have ended: after a change that got no further than MongoDB the mirror may have been left
 * behind, and would let ended sessions go on and refuse new ones. */
MUST_CHECK enum result people_catch_up(struct people *p, const struct user *user, struct err *e);
/* Gives a user, as they were read, another password, and with it ends all sessions; user->sessions counts on.
 * RESULT_INVALID: people_check_new_password. RESULT_CONFLICT: the sessions were ended since the user was
 * read, as another change of the password does. RESULT_UNAVAILABLE: it may be changed, and sessions may go
 * on. */
MUST_CHECK enum result people_set_password(struct people *p, const struct people_actor *by, struct user *user,
                                           const char *password, struct err *e);
/* Ends all sessions of a user at once, everywhere. RESULT_UNAVAILABLE: some may go on; to be done again. */
MUST_CHECK enum result people_end_sessions(struct people *p, const struct people_actor *by,
                                           const struct user *user, struct err *e);
/* A user's memberships, mirrored. */
MUST_CHECK enum result people_get_user(struct people *p, const char *user_id, struct user *out,
                                       struct err *e);

/* The terms a merchant sells on (currencies, zone, name), for checking orders; kept for a few seconds per
 * process. */
MUST_CHECK enum result people_merchant_terms(struct people *p, const char *id, struct merchant *out,
                                             struct err *e);
