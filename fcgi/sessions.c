#include "fcgi/sessions.h"

#include "fcgi/admin.h"
#include "fcgi/session.h"

void sessions_delete(struct exchange *x)
{
  struct err e = ERR_NONE;
  struct people_actor actor = admin_actor(x);
  enum result r = people_end_sessions(&x->context->people, &actor, &x->caller.user, &e);
  if (r == RESULT_OK)
    session_answer_ended(x);
  else
    exchange_fail(x, "sessions_end", r, &e);
}
