#include "fcgi/session.h"

#include "fcgi/admin.h"
#include "fcgi/attempts.h"
#include "fcgi/json_out.h"
#include "fcgi/merchants.h"
#include "stores/audit.h"
#include "translation/people_json.h"

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
  if (r == RESULT_OK)
    r = people_catch_up(&x->context->people, &caller->user, &e);
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

static void log_in(struct exchange *x, const struct log_in_body *given)
{
  if (attempts_allow(x, given->email) && check_password(x, given->email, given->password) &&
      attempts_succeeded(x, given->email) && note_start(x) && session_renew(x))
    answer_session(x);
}

void session_post(struct exchange *x)
{
  struct log_in_body given = {.email = NULL};
  struct admin_body body;
  if (admin_body_read(&body, x, &log_in_body_table, &given) && admin_body_good(&body))
    log_in(x, &given);
  admin_body_clear(&body);
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
