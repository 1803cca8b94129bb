#include "fcgi/me_password.h"

#include "fcgi/admin.h"
#include "fcgi/attempts.h"
#include "fcgi/session.h"

static void refuse(struct exchange *x, const char *pointer, const char *detail)
{
  violations_add(&x->violations, VIOLATION_POINTER, "invalid_field", pointer, "%s", detail);
  exchange_refuse_all(x);
}

static bool check_new(struct exchange *x, const char *password)
{
  struct err e = ERR_NONE;
  if (people_check_new_password(password, &e) == RESULT_OK)
    return true;
  refuse(x, "/new", e.text);
  return false;
}

/* Right: the caller's user is as it was read together with the password. */
static bool check_current(struct exchange *x, const char *password)
{
  struct user *user = &x->caller.user;
  struct user found;
  struct err e = ERR_NONE;
  enum result r = people_check_password(&x->context->people, user->email, password, &found, &e);
  if (r == RESULT_OK) {
    user_clear(user);
    *user = found;
    return true;
  }
  if (r != RESULT_NOT_FOUND)
    exchange_fail(x, "password_check", r, &e);
  else if (attempts_failed(x, user->email, user))
    refuse(x, "/current", "it is not the present password");
  user_clear(&found);
  return false;
}

static bool set_password(struct exchange *x, const char *password)
{
  struct err e = ERR_NONE;
  struct people_actor actor = admin_actor(x);
  enum result r = people_set_password(&x->context->people, &actor, &x->caller.user, password, &e);
  if (r != RESULT_OK)
    exchange_fail(x, "password_set", r, &e);
  return r == RESULT_OK;
}

void me_password_put(struct exchange *x)
{
  static const struct session_text texts[2] = {{"current", PEOPLE_PASSWORD_BYTES_MAX},
                                               {"new", PEOPLE_PASSWORD_BYTES_MAX}};
  const char *sent[2];
  struct json_object *body = session_read_texts(x, texts, sent);
  if (body != NULL && check_new(x, sent[1]) && attempts_allow(x, x->caller.user.email) &&
      check_current(x, sent[0]) && set_password(x, sent[1]) && session_renew(x))
    x->response.status = 204;
  json_object_put(body);
}
