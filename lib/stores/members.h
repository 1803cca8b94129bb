/* members: who belongs to a merchant, in which role (MongoDB; mirrored as in stores/people.h).
 *
 * A merchant keeps an owner. Whoever gets another role, or goes, is logged out everywhere. Changes need Redis
 * too, because the mirrors there decide what people may do: without it nothing is changed.
 */
#pragma once

#include "stores/people.h"

struct member {
  char user_id[ULID_TEXT_SIZE + 4]; /* "usr_<ULID>" */
  char email[255];
  char role[16];
};

/* A page of a merchant's members, the newest users first: at most `limit` behind the user `before` (NULL:
 * from the first); *more: others follow. */
MUST_CHECK enum result members_list(struct people *p, const char *merchant, const char *before, size_t limit,
                                    GArray *out /* struct member */, bool *more, struct err *e);

/* Whether a merchant has MEMBERS_MAX members, so that it is to get no other by itself (the command line may
 * go on). Of several that are added at the same instant a few may come beyond that. */
#define MEMBERS_MAX 100
MUST_CHECK enum result members_full(struct people *p, const char *merchant, bool *full, struct err *e);

struct member_wanted {
  const char *merchant, *email, *role;
  const char *password; /* of a new user; NULL: there must be one already */
};
/* Adds a member: a new user, or one who is there already, whose password stays as it is; *is_new says which.
 * An owner adds a user who is there only if the account was made for, and is a member of, merchants that are
 * all that owner's: an address proves nothing, and whoever made an account may know its password.
 * RESULT_CONFLICT: is a member already (out->role), or is not that owner's to add (out->role is "").
 * RESULT_INVALID: the address, the role, or a new user's password is none. RESULT_NOT_FOUND: no such
 * merchant. */
MUST_CHECK enum result members_add(struct people *p, const struct people_actor *by,
                                   const struct member_wanted *wanted, struct member *out, bool *is_new,
                                   struct err *e);
/* The same for the command line, which may add anybody, and may also give a member another role, and the last
 * owner too. */
MUST_CHECK enum result members_put(struct people *p, const struct people_actor *by,
                                   const struct member_wanted *wanted, struct member *out, bool *is_new,
                                   struct err *e);

/* RESULT_NOT_FOUND: no member of that merchant. RESULT_INVALID: no such role, or nobody would be left as
 * owner. */
MUST_CHECK enum result members_set_role(struct people *p, const struct people_actor *by, const char *merchant,
                                        const char *user_id, const char *role, struct member *out,
                                        struct err *e);
MUST_CHECK enum result members_remove(struct people *p, const struct people_actor *by, const char *merchant,
                                      const char *user_id, struct err *e);

/* The e-mail addresses of these users ("usr_…"), as a map of both (g_free each); whom nobody knows is left
 * out. */
MUST_CHECK enum result members_emails(struct people *p, GPtrArray *user_ids, GHashTable *out, struct err *e);
