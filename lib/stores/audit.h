/* audit: who did what to keys, members, settings and sessions (MongoDB). Records are only ever added: no
 * program's user may change or remove one. Nothing secret belongs into any of their texts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "base/err.h"
#include "domain/entry.h"
#include "domain/merchant.h"
#include "domain/ulid.h"
#include "stores/mongo_change.h"
#include "stores/people.h"

enum audit_action {
  AUDIT_MERCHANT_ADD,
  AUDIT_KEY_CREATE,
  AUDIT_KEY_REVOKE,
  AUDIT_MEMBER_ADD,
  AUDIT_MEMBER_ROLE,
  AUDIT_MEMBER_REMOVE,
  AUDIT_SETTINGS_CHANGE,
  AUDIT_SESSION_START,
  AUDIT_SESSION_FAIL,
  AUDIT_SESSIONS_END,
  AUDIT_PASSWORD_CHANGE,
  AUDIT_QUARANTINE_RETRY,
};
const char *audit_action_name(enum audit_action action); /* "key.create" */

#define AUDIT_ID_SIZE (ULID_TEXT_SIZE + 4) /* "aud_<ULID>" with NUL */
#define AUDIT_WHO_CLI "cli"                /* who works at the server with the command line */
#define AUDIT_WHO_NOBODY "nobody"          /* who has tried to log in: it is just what was not shown */

/* What is to be noted. The texts are borrowed. */
struct audit_record {
  enum audit_action action;
  const char *who;           /* "usr_…", "key_…", AUDIT_WHO_…; at most 31 bytes */
  const char *subject;       /* what it was done to: an id; at most 127 bytes; NULL: nothing to name */
  const char *detail;        /* the new role, the names of the settings …; cut at 255 bytes; NULL: none */
  const char *merchant;      /* where it is listed; NULL or "": see memberships */
  const GArray *memberships; /* of struct membership: without a merchant, every one of these lists it; NULL */
  const char *request_id;    /* NULL: no request */
};

/* No change may go unnoticed. One of MongoDB takes its record into the same transaction: neither is there
 * without the other. */
MUST_CHECK enum result audit_add_in(struct mongo_change *change, struct people *p,
                                    const struct audit_record *record, struct err *e);

/* For what is not a change of MongoDB: adds a record, now, durably. Do so first, and the thing itself only
 * after RESULT_OK. RESULT_UNAVAILABLE: it may be there or not. */
MUST_CHECK enum result audit_add(struct people *p, const struct audit_record *record, struct err *e);

/* As it is listed. "": absent. */
struct audit_entry {
  char id[AUDIT_ID_SIZE];
  int64_t at_ms;
  char action[32];
  char who[32];
  char subject[128];
  char detail[256];
  char request_id[REQUEST_ID_SIZE];
};

/* The merchant's records, newest first, at most `limit`, appended to `out` (of struct audit_entry): those
 * before the record `before` (an id; NULL: from the newest on). *more: whether older ones follow. */
MUST_CHECK enum result audit_list(struct people *p, const char *merchant, const char *before, size_t limit,
                                  GArray *out, bool *more, struct err *e);
