#include "fcgi/session.h"

#include "fcgi/attempts.h"
#include "fcgi/json_out.h"
#include "fcgi/merchants.h"
#include "stores/audit.h"
#include "translation/order_json.h"

#define EMAIL_MAX 254

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

/* ---- what a person sends ---- */

static const char *read_text(struct exchange *x, struct json_object *body, const struct session_text *text)
{
  struct json_object *value = json_object_object_get(body, text->name);
  if (json_object_is_type(value, json_type_string) && json_object_get_string_len(value) <= text->bytes_max)
    return json_object_get_string(value);
  g_autofree char *pointer = g_strdup_printf("/%s", text->name);
  violations_add(&x->violations, VIOLATION_POINTER, "invalid_field", pointer, "a text of at most %d bytes",
                 text->bytes_max);
  return NULL;
}

static void read_members(struct exchange *x, struct json_object *body, const struct session_text texts[2],
                         const char *out[2])
{
  int known = 0;
  for (int i = 0; i < 2; i++) {
    out[i] = read_text(x, body, &texts[i]);
    known += json_object_object_get_ex(body, texts[i].name, NULL);
  }
  if (json_object_object_length(body) > known)
    violations_add(&x->violations, VIOLATION_POINTER, "unknown_field", "", "only %s and %s belong here",
                   texts[0].name, texts[1].name);
}

struct json_object *session_read_texts(struct exchange *x, const struct session_text texts[2],
                                       const char *out[2])
{
  struct json_object *body = order_json_parse_body(x->request.body, x->request.body_length, &x->violations);
  if (body != NULL)
    read_members(x, body, texts, out);
  if (!violations_any(&x->violations))
    return body;
  json_object_put(body);
  exchange_refuse_all(x);
  return NULL;
}

/* ---- what becomes of a session ---- */

bool session_renew(struct exchange *x)
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

void session_answer_ended(struct exchange *x)
{
  g_autofree char *cookie = auth_cookie(x->context->service->conf, "");
  response_header(&x->response, "Set-Cookie", cookie);
  x->response.status = 204;
}

/* ---- logging in ---- */

/* Right: the caller is that user, to be cleared with the exchange. */
static bool check_password(struct exchange *x, const char *email, const char *password)
{
  struct caller *caller = &x->caller;
  struct err e = ERR_NONE;
  enum result r = people_check_password(&x->context->people, email, password, &caller->user, &e);
  if (r == RESULT_OK) {
    caller->kind = CALLER_SESSION;
    return true;
  }
  if (r != RESULT_NOT_FOUND)
    exchange_fail(x, "password_check", r, &e);
  else if (attempts_failed(x, email, &caller->user))
    exchange_refuse(x, "unauthenticated", "E-mail address and password do not belong together.");
  user_clear(&caller->user);
  return false;
}

/* Before it is started: it is in Redis, where no transaction of MongoDB's reaches. */
static bool note_start(struct exchange *x)
{
  const struct user *user = &x->caller.user;
  struct audit_record record = {.action = AUDIT_SESSION_START,
                                .who = user->id,
                                .subject = user->id,
                                .detail = attempts_address(x),
                                .memberships = user->memberships,
                                .request_id = x->request.id};
  struct err e = ERR_NONE;
  enum result r = audit_add(&x->context->people, &record, &e);
  if (r != RESULT_OK)
    exchange_fail(x, "session_note", r, &e);
  return r == RESULT_OK;
}

void session_post(struct exchange *x)
{
  static const struct session_text texts[2] = {{"email", EMAIL_MAX}, {"password", PEOPLE_PASSWORD_BYTES_MAX}};
  const char *sent[2];
  struct json_object *body = session_read_texts(x, texts, sent);
  if (body != NULL && attempts_allow(x, sent[0]) && check_password(x, sent[0], sent[1]) &&
      attempts_succeeded(x, sent[0]) && note_start(x) && session_renew(x))
    answer_session(x);
  json_object_put(body);
}

/* ---- logging out ---- */

void session_delete(struct exchange *x)
{
  struct err e = ERR_NONE;
  enum result r = session_end(x->context->redis, x->caller.token, &e);
  if (r == RESULT_OK)
    session_answer_ended(x);
  else
    exchange_fail(x, "session_end", r, &e);
}
