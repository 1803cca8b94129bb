#include "fcgi/me_password.h"

#include "fcgi/admin.h"
#include "fcgi/attempts.h"
#include "fcgi/session.h"
#include "translation/people_json.h"

/* False after it has answered. */
static bool check_new(struct admin_body *body, const struct password_body *given)
{
  struct err e = ERR_NONE;
  if (given->new_one != NULL && people_check_new_password(given->new_one, &e) != RESULT_OK)
    admin_body_complain(body, PASSWORD_BODY_NEW, "invalid_field", e.text);
  return admin_body_good(body);
}

/* Wrong it is also for who asks again for a change that was made, but got no further than MongoDB: it is
 * carried to its end. */
MUST_CHECK static enum result find_again(struct exchange *x, const char *password, struct user *found,
                                         struct err *e)
{
  struct people *people = &x->context->people;
  struct err failure = ERR_NONE;
  enum result r = people_check_password(people, x->caller.user.email, password, found, &failure);
  if (r == RESULT_NOT_FOUND) {
    enum result caught_up = people_catch_up(people, found, e);
    if (caught_up != RESULT_OK)
      return caught_up;
  }
  return r == RESULT_OK ? r : err_set(e, r, "%s", failure.text);
}

/* Right: the caller's user is as it was read together with the password. */
static bool check_current(struct admin_body *body, const char *password)
{
  struct exchange *x = body->x;
  struct user *user = &x->caller.user;
  struct user found;
  struct err e = ERR_NONE;
  enum result r = find_again(x, password, &found, &e);
  if (r == RESULT_OK) {
    user_clear(user);
    *user = found;
    return true;
  }
  if (r != RESULT_NOT_FOUND) {
    exchange_fail(x, "password_check", r, &e);
  } else if (attempts_failed(x, user->email, user)) {
    admin_body_complain(body, PASSWORD_BODY_CURRENT, "invalid_field", "is not the present password");
    exchange_refuse_all(x);
  }
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
  struct password_body given = {.current = NULL};
  struct admin_body body;
  if (admin_body_read(&body, x, &password_body_table, &given) && check_new(&body, &given) &&
      attempts_allow(x, x->caller.user.email) && check_current(&body, given.current) &&
      set_password(x, given.new_one) && session_renew(x))
    x->response.status = 204;
  admin_body_clear(&body);
}
