#include "fcgi/slots.h"

#include "stores/login_limit.h"

static void refuse(struct exchange *x, const struct slots *slots, int64_t wait_s)
{
  g_autofree char *policy =
      g_strdup_printf("\"%s\";q=%" G_GINT64_FORMAT ";w=%d", slots->name, slots->most, LOGIN_LIMIT_WINDOW_S);
  g_autofree char *limit = g_strdup_printf("\"%s\";r=0;t=%" G_GINT64_FORMAT, slots->name, wait_s);
  response_header_int(&x->response, "Retry-After", wait_s);
  response_header(&x->response, "RateLimit-Policy", policy);
  response_header(&x->response, "RateLimit", limit);
  exchange_refuse(x, "rate_limited", slots->detail);
}

bool slots_take(struct exchange *x, const char *subject, int64_t most, int64_t *wait_s)
{
  struct err e = ERR_NONE;
  enum result r = login_limit_take(x->context->redis, subject, most, context_now_ms(x->context), wait_s, &e);
  if (r != RESULT_OK)
    exchange_fail(x, "login_limit", r, &e);
  return r == RESULT_OK;
}

bool slots_allow(struct exchange *x, const struct slots *slots, const char *subject)
{
  int64_t wait_s = 0;
  if (!slots_take(x, subject, slots->most, &wait_s))
    return false;
  if (wait_s > 0)
    refuse(x, slots, wait_s);
  return wait_s == 0;
}

bool slots_allow_recut(struct exchange *x)
{
  struct slots recuts = {.name = "recut",
                         .detail = "All figures were to be made anew a moment ago. Wait a moment.",
                         .most = x->context->service->conf->limits_recuts_per_minute};
  g_autofree char *subject = g_strconcat("recut:", x->merchant, NULL);
  return slots_allow(x, &recuts, subject);
}
