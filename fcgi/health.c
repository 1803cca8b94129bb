#include "fcgi/health.h"

#include "domain/metric.h"
#include "fcgi/problem.h"
#include "stores/keys.h"
#include "translation/head.h"

void health_live(struct exchange *x)
{
  g_string_append(response_json(&x->response, 200), "{\"status\":\"ok\"}\n");
}

void health_version(struct exchange *x)
{
  g_string_append_printf(response_json(&x->response, 200),
                         "{\"name\":\"takings\",\"version\":\"%s\",\"definitions_version\":%d}\n",
                         PACKAGE_VERSION, METRIC_DEFINITIONS_VERSION);
}

/* How far the figures are; RESULT_STALE while they have no position. */
MUST_CHECK static enum result read_lag(struct exchange *x, int64_t *lag_ms, struct err *e)
{
  const char *keys[] = {KEY_HEAD};
  kv_value value = NULL;
  struct head head;
  head_init(&head);
  enum result r = x->context->kv->get(x->context->kv, keys, 1, &value, e);
  if (r == RESULT_OK && value == NULL)
    r = err_set(e, RESULT_STALE, "the figures have no head");
  if (r == RESULT_OK)
    r = head_decode(value, &head, e);
  if (r == RESULT_OK && !head.has_ck)
    r = err_set(e, RESULT_STALE, "the figures are being built and have no position yet");
  if (r == RESULT_OK)
    *lag_ms = MAX(0, context_now_ms(x->context) - head.ck_wall_ms);
  head_clear(&head);
  kv_values_clear(&value, 1);
  return r;
}

/* One back end's line; true when it is well. The reasons of the stores name no secrets, but are for the
 * operator. */
static bool write_check(GString *out, const char *name, enum result r)
{
  g_string_append_printf(out, "%s\"%s\":\"%s\"", out->len > 1 ? "," : "", name,
                         r == RESULT_OK ? "ok" : result_name(r));
  return r == RESULT_OK;
}

void health_ready(struct exchange *x)
{
  struct err e = ERR_NONE;
  int64_t lag_ms = 0;
  g_autoptr(GString) checks = g_string_new("{");
  bool ready = write_check(checks, "mongodb", mongo_ping(x->context->service->mongo, &e));
  ready = write_check(checks, "redis", redis_ping(x->context->redis, &e)) && ready;
  enum result lag = read_lag(x, &lag_ms, &e);
  ready = write_check(checks, "figures", lag) && ready;
  if (lag == RESULT_OK)
    g_string_append_printf(checks, ",\"lag_ms\":%" G_GINT64_FORMAT, lag_ms);
  g_string_append_c(checks, '}');
  if (!ready)
    problem_answer_with(&x->response, x->request.id, "unavailable", "A back end is not ready.", "checks",
                        checks->str);
  else
    g_string_append_printf(response_json(&x->response, 200), "{\"status\":\"ready\",\"checks\":%s}\n",
                           checks->str);
}
