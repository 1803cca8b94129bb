#include "fcgi/session.h"

#include <string.h>

#include <json-c/json.h>
#include <sodium.h>

#include "fcgi/json_out.h"
#include "fcgi/merchants.h"
#include "translation/order_json.h"

#define EMAIL_MAX 254
#define ACCOUNT_HASH_BYTES 16

/* {"user":{"email"},"merchants":[…],"csrf"} of the caller. */
static void answer_session(struct exchange *x)
{
  struct err e = ERR_NONE;
  GString *out = response_json(&x->response, 200);
  g_string_append(out, "{\"user\":{\"email\":");
  json_out_string(out, x->caller.user.email);
  g_string_append(out, "},\"merchants\":");
  enum result r = merchants_write(x, out, &e);
  g_string_append(out, ",\"csrf\":");
  json_out_string(out, x->caller.session.csrf);
  g_string_append(out, "}\n");
  if (r != RESULT_OK)
    exchange_fail(x, "session_answer", r, &e);
}

void session_get(struct exchange *x)
{
  answer_session(x);
}

/* ---- logging in ---- */

struct credentials {
  struct json_object *body;
  const char *email, *password; /* borrowed from body */
};

static const char *read_member(struct exchange *x, struct json_object *value, const char *name, int max)
{
  if (json_object_is_type(value, json_type_string) && json_object_get_string_len(value) <= max)
    return json_object_get_string(value);
  g_autofree char *pointer = g_strdup_printf("/%s", name);
  violations_add(&x->violations, VIOLATION_POINTER, "invalid_field", pointer, "a text of at most %d bytes",
                 max);
  return NULL;
}

static void read_members(struct exchange *x, struct credentials *out)
{
  out->email = read_member(x, json_object_object_get(out->body, "email"), "email", EMAIL_MAX);
  out->password =
      read_member(x, json_object_object_get(out->body, "password"), "password", PEOPLE_PASSWORD_BYTES_MAX);
  int known = json_object_object_get_ex(out->body, "email", NULL) +
              json_object_object_get_ex(out->body, "password", NULL);
  if (json_object_object_length(out->body) > known)
    violations_add(&x->violations, VIOLATION_POINTER, "unknown_field", "",
                   "only email and password belong here");
}

static bool read_credentials(struct exchange *x, struct credentials *out)
{
  *out = (struct credentials){
      .body = order_json_parse_body(x->request.body, x->request.body_length, &x->violations)};
  if (out->body != NULL)
    read_members(x, out);
  if (!violations_any(&x->violations))
    return true;
  exchange_refuse_all(x);
  return false;
}

/* Counts the attempt under one subject; false after it has answered. */
static bool count_attempt(struct exchange *x, const char *subject)
{
  const struct conf *conf = x->context->service->conf;
  struct err e = ERR_NONE;
  int64_t retry_after_s = 0;
  enum result r = session_count_login(x->context->redis, subject, context_now_ms(x->context),
                                      conf->limits_logins_per_minute, &retry_after_s, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "login_count", r, &e);
    return false;
  }
  if (retry_after_s <= 0)
    return true;
  response_header_int(&x->response, "Retry-After", retry_after_s);
  response_header_int(&x->response, "RateLimit-Limit", conf->limits_logins_per_minute);
  response_header(&x->response, "RateLimit-Remaining", "0");
  response_header_int(&x->response, "RateLimit-Reset", retry_after_s);
  exchange_refuse(x, "rate_limited", "Too many attempts to log in. Wait a moment.");
  return false;
}

/* Both the account and the address: neither many passwords for one account nor many accounts from one
 * address. */
static bool within_limits(struct exchange *x, const char *email)
{
  unsigned char hash[ACCOUNT_HASH_BYTES];
  char hex[2 * ACCOUNT_HASH_BYTES + 1];
  g_autofree char *folded = g_ascii_strdown(email, -1);
  crypto_generichash(hash, sizeof hash, (const unsigned char *)folded, strlen(folded), NULL, 0);
  g_autofree char *account =
      g_strdup_printf("account:%s", sodium_bin2hex(hex, sizeof hex, hash, sizeof hash));
  const char *peer = request_header(&x->request, "REMOTE_ADDR");
  g_autofree char *address = g_strdup_printf("address:%s", peer != NULL ? peer : "-");
  return count_attempt(x, address) && count_attempt(x, account);
}

static bool check_password(struct exchange *x, const struct credentials *credentials)
{
  struct caller *caller = &x->caller;
  struct err e = ERR_NONE;
  enum result r = people_check_password(&x->context->people, credentials->email, credentials->password,
                                        &caller->user, &e);
  if (r == RESULT_OK) {
    caller->kind = CALLER_SESSION;
    return true;
  }
  if (r == RESULT_NOT_FOUND)
    exchange_refuse(x, "unauthenticated", "E-mail address and password do not belong together.");
  else
    exchange_fail(x, "password_check", r, &e);
  return false;
}

/* A new token for each log-in; the one that the browser had is worth nothing from now on. */
static bool start_session(struct exchange *x)
{
  const struct conf *conf = x->context->service->conf;
  struct redis *redis = x->context->redis;
  struct caller *caller = &x->caller;
  struct err e = ERR_NONE;
  enum result r = RESULT_OK;
  if (auth_find_token(x, caller->token))
    r = session_end(redis, caller->token, &e);
  if (r == RESULT_OK)
    r = session_start(redis, &caller->user, context_now_ms(x->context), conf->limits_session_idle_s,
                      &caller->session, caller->token, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "session_start", r, &e);
    return false;
  }
  g_autofree char *cookie = auth_cookie(conf, caller->token);
  response_header(&x->response, "Set-Cookie", cookie);
  return true;
}

void session_post(struct exchange *x)
{
  struct credentials credentials;
  if (read_credentials(x, &credentials) && within_limits(x, credentials.email) &&
      check_password(x, &credentials) && start_session(x))
    answer_session(x);
  json_object_put(credentials.body);
}

/* ---- logging out ---- */

void session_delete(struct exchange *x)
{
  struct err e = ERR_NONE;
  enum result r = session_end(x->context->redis, x->caller.token, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "session_end", r, &e);
    return;
  }
  g_autofree char *cookie = auth_cookie(x->context->service->conf, "");
  response_header(&x->response, "Set-Cookie", cookie);
  x->response.status = 204;
}
