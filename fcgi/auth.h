/* auth: who calls, which merchants exist for them, what they may do there.
 *
 * An API key comes as `Authorization: Bearer tk_live_…` and belongs to one merchant. A browser comes with a
 * session cookie: `__Host-takings` with Secure when public_origin is https, plainly `takings` on loopback
 * http. When both come, the key counts. A merchant that is not the caller's answers like one that does not
 * exist.
 */
#pragma once

#include <stdbool.h>

#include "base/conf.h"
#include "stores/people.h"
#include "stores/session.h"

struct exchange;

enum caller_kind { CALLER_NOBODY, CALLER_KEY, CALLER_SESSION };

struct caller {
  enum caller_kind kind;
  struct api_key key;             /* CALLER_KEY */
  char token[SESSION_TOKEN_SIZE]; /* CALLER_SESSION: the cookie's */
  struct session session;         /* CALLER_SESSION */
  struct user user;               /* CALLER_SESSION */
  unsigned scopes;                /* at the merchant that was entered */
};

void caller_init(struct caller *caller);
void caller_clear(struct caller *caller);

/* The gates. Each returns true to let the request pass, or false after it has answered. */
bool auth_identify(struct exchange *x);            /* 401, or 503 when it cannot be known */
bool auth_enter_merchant(struct exchange *x);      /* 404; fills x->merchant and the caller's scopes */
bool auth_may(struct exchange *x, unsigned scope); /* 403 forbidden */
bool auth_check_origin(struct exchange *x,
                       bool needed);      /* 403 csrf: Origin is another, or missing though needed */
bool auth_check_csrf(struct exchange *x); /* 403 csrf: a session without its X-CSRF-Token or Origin */

/* Copies the session token out of the request's cookie; false when there is none that could be one. */
bool auth_find_token(struct exchange *x, char out[SESSION_TOKEN_SIZE]);

/* The role's name of a session's caller at a merchant, or NULL. Borrowed. */
const char *auth_role(const struct caller *caller, const char *merchant);

/* Whether the public origin can carry cookies: https, or http on loopback. For main, before anything is
 * served. */
MUST_CHECK enum result auth_check_conf(const struct conf *conf, struct err *e);

/* The Set-Cookie value that gives the browser this token; "" takes the cookie back. Caller owns: g_free. */
char *auth_cookie(const struct conf *conf, const char *token);
