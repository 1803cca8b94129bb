#include "fcgi/live.h"

#include <inttypes.h>

#include "translation/ended.h"

/* A location of nginx's that nobody comes to from outside (etc/nginx). */
#define LOCATION "/.live"

/* For how long what the caller came with is good by itself. */
static int64_t lasts_ms(const struct exchange *x)
{
  const struct caller *caller = &x->caller;
  int64_t now_ms = context_now_ms(x->context);
  if (caller->kind == CALLER_SESSION)
    return caller->session.created_ms + x->context->service->conf->limits_session_max_s * 1000 - now_ms;
  return caller->key.expires_ms != 0 ? caller->key.expires_ms - now_ms : G_MAXINT32;
}

/* Ids and hashes need no escapes. */
static void append_caller(const struct caller *caller, GString *out)
{
  char name[SESSION_NAME_SIZE];
  if (caller->kind == CALLER_KEY)
    g_string_append_printf(out, "&%s=%s", ended_kind_name(ENDED_KEY), caller->key.id);
  else
    g_string_append_printf(out, "&%s=%s&%s=%s", ended_kind_name(ENDED_USER), caller->user.id,
                           ended_kind_name(ENDED_SESSION), session_name(caller->token, name));
}

/* The gates have let the caller in; nginx goes on with takings-push, whose answer is the answer
 * (push/streams.h). */
void live_get(struct exchange *x)
{
  GString *address = g_string_new(NULL);
  g_string_append_printf(address, LOCATION "?merchant=%s&asked=%" PRId64 "&lasts=%" PRId64, x->merchant,
                         x->started_us / 1000, lasts_ms(x));
  append_caller(&x->caller, address);
  response_begin(&x->response, "text/event-stream");
  response_header(&x->response, "X-Accel-Redirect", address->str);
  g_string_free(address, TRUE);
}
