#include "fcgi/auth.h"

#include <string.h>

#include <glib.h>
#include <sodium.h>

#include "base/mutant.h"
#include "fcgi/exchange.h"

#define BEARER "Bearer "
#define KEY_PREFIX "tk_live_"
#define KEY_MAX 128

void caller_init(struct caller *caller)
{
  *caller = (struct caller){.kind = CALLER_NOBODY};
}

void caller_clear(struct caller *caller)
{
  if (caller->kind == CALLER_SESSION)
    user_clear(&caller->user);
  sodium_memzero(caller->token, sizeof caller->token);
}

/* ---- the cookie ---- */

static bool origin_is_https(const struct conf *conf)
{
  return g_str_has_prefix(conf->worker_public_origin, "https://");
}

static const char *cookie_name(const struct conf *conf)
{
  return origin_is_https(conf) ? "__Host-takings" : "takings";
}

enum result auth_check_conf(const struct conf *conf, struct err *e)
{
  static const char *const loopback[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};
  if (origin_is_https(conf))
    return RESULT_OK;
  for (size_t i = 0; i < G_N_ELEMENTS(loopback); i++) {
    const char *origin = conf->worker_public_origin;
    size_t length = strlen(loopback[i]);
    if (strncmp(origin, loopback[i], length) == 0 && (origin[length] == '\0' || origin[length] == ':'))
      return RESULT_OK;
  }
  return err_set(e, RESULT_INVALID, "[worker] public_origin must be https, or http on loopback");
}

char *auth_cookie(const struct conf *conf, const char *token)
{
  return g_strdup_printf("%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", cookie_name(conf), token,
                         origin_is_https(conf) ? "; Secure" : "", *token == '\0' ? "; Max-Age=0" : "");
}

static bool copy_token(const char *value, char out[SESSION_TOKEN_SIZE])
{
  size_t length = strspn(value, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-");
  return value[length] == '\0' && g_strlcpy(out, value, SESSION_TOKEN_SIZE) == SESSION_TOKEN_SIZE - 1;
}

/* Cuts off spaces and tabs at the end (RFC 6265, 5.2: WSP); where what is left begins. */
static const char *without_blanks(char *text)
{
  static const char blanks[] = " \t";
  char *begin = text + strspn(text, blanks);
  char *end = begin + strlen(begin);
  while (end > begin && strchr(blanks, end[-1]) != NULL)
    *--end = '\0';
  return begin;
}

bool auth_find_token(struct exchange *x, char out[SESSION_TOKEN_SIZE])
{
  const char *name = cookie_name(x->context->service->conf);
  const char *header = request_header(&x->request, "HTTP_COOKIE");
  if (header == NULL)
    return false;
  size_t name_length = strlen(name);
  g_auto(GStrv) cookies = g_strsplit(header, ";", -1);
  for (char **cookie = cookies; *cookie != NULL; cookie++) {
    const char *pair = without_blanks(*cookie);
    if (strncmp(pair, name, name_length) == 0 &&
        (pair[name_length] == '=' || MUTANT("cookie-name-only-begins")))
      return copy_token(pair + name_length + 1, out);
  }
  return false;
}

/* ---- who ---- */

static bool refuse_unknown(struct exchange *x)
{
  response_header(&x->response, "WWW-Authenticate", "Bearer realm=\"takings\"");
  exchange_refuse(x, "unauthenticated", "Log in, or send a valid API key.");
  return false;
}

static bool refuse_or_fail(struct exchange *x, const char *doing, enum result r, const struct err *e)
{
  if (r == RESULT_NOT_FOUND)
    return refuse_unknown(x);
  exchange_fail(x, doing, r, e);
  return false;
}

static bool key_valid(const char *secret)
{
  size_t length = strlen(secret);
  return g_str_has_prefix(secret, KEY_PREFIX) && length <= KEY_MAX &&
         strspn(secret + strlen(KEY_PREFIX), G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-") ==
             length - strlen(KEY_PREFIX);
}

static bool identify_key(struct exchange *x, const char *authorization)
{
  const char *secret = authorization + strlen(BEARER);
  if (g_ascii_strncasecmp(authorization, BEARER, strlen(BEARER)) != 0 || !key_valid(secret))
    return refuse_unknown(x);
  struct err e = ERR_NONE;
  enum result r =
      people_find_key(&x->context->people, secret, context_now_ms(x->context), &x->caller.key, &e);
  if (r != RESULT_OK)
    return refuse_or_fail(x, "key_find", r, &e);
  x->caller.kind = CALLER_KEY;
  return true;
}

static bool identify_session(struct exchange *x)
{
  const struct conf *conf = x->context->service->conf;
  struct caller *caller = &x->caller;
  if (!auth_find_token(x, caller->token))
    return refuse_unknown(x);
  struct err e = ERR_NONE;
  enum result r = session_find(x->context->redis, caller->token, context_now_ms(x->context),
                               conf->limits_session_idle_s, conf->limits_session_max_s, &caller->session, &e);
  if (r == RESULT_OK)
    r = people_get_user(&x->context->people, caller->session.user_id, &caller->user, &e);
  if (r != RESULT_OK)
    return refuse_or_fail(x, "session_find", r, &e);
  caller->kind = CALLER_SESSION;
  return caller->session.generation == caller->user.sessions || refuse_unknown(x);
}

bool auth_identify(struct exchange *x)
{
  const char *authorization = request_header(&x->request, "HTTP_AUTHORIZATION");
  return authorization != NULL ? identify_key(x, authorization) : identify_session(x);
}

/* ---- where and what ---- */

static bool is_of(const char *merchant, const char *asked)
{
#ifdef WITHOUT_MERCHANT_GATE /* a worker of the tests, which must see what it then gives away */
  (void)merchant;
  (void)asked;
  return true;
#else
  return strcmp(merchant, asked) == 0;
#endif
}

const char *auth_role(const struct caller *caller, const char *merchant)
{
  for (guint i = 0; caller->kind == CALLER_SESSION && i < caller->user.memberships->len; i++) {
    const struct membership *membership = &g_array_index(caller->user.memberships, struct membership, i);
    if (is_of(membership->merchant, merchant))
      return membership->role;
  }
  return NULL;
}

static unsigned scopes_at(const struct caller *caller, const char *merchant)
{
  if (caller->kind == CALLER_KEY)
    return is_of(caller->key.merchant, merchant) ? caller->key.scopes : 0;
  const char *role = auth_role(caller, merchant);
  return role != NULL ? role_scopes(role) : 0;
}

bool auth_enter_merchant(struct exchange *x)
{
  x->caller.scopes = scopes_at(&x->caller, x->merchant_segment);
  if (x->caller.scopes == 0) {
    struct err e = ERR_NONE;
    exchange_fail(x, "merchant_enter", RESULT_NOT_FOUND, &e);
    return false;
  }
  g_strlcpy(x->merchant, x->merchant_segment, sizeof x->merchant);
  return true;
}

bool auth_may(struct exchange *x, unsigned scope)
{
  if ((x->caller.scopes & scope) == scope)
    return true;
  exchange_refuse(x, "forbidden", "The key or the role does not allow this.");
  return false;
}

/* ---- sent by our own page ---- */

bool auth_check_origin(struct exchange *x, bool needed)
{
  const char *origin = request_header(&x->request, "HTTP_ORIGIN");
  if (origin == NULL ? !needed : strcmp(origin, x->context->service->conf->worker_public_origin) == 0)
    return true;
  exchange_refuse(x, "csrf", "The Origin is not the one this service is published under.");
  return false;
}

static bool csrf_equal(const char *given, const char *expected)
{
  size_t length = strlen(expected);
  return given != NULL && strlen(given) == length &&
         (sodium_memcmp(given, expected, length) == 0 || MUTANT("csrf-only-as-long"));
}

bool auth_check_csrf(struct exchange *x)
{
  if (x->caller.kind != CALLER_SESSION)
    return true;
  if (!auth_check_origin(x, true))
    return false;
  if (csrf_equal(request_header(&x->request, "HTTP_X_CSRF_TOKEN"), x->caller.session.csrf))
    return true;
  exchange_refuse(x, "csrf", "X-CSRF-Token is not the session's.");
  return false;
}
