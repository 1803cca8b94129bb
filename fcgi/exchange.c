#include "fcgi/exchange.h"

#include "base/counters.h"
#include "base/log.h"
#include "fcgi/document_order.h"
#include "fcgi/problem.h"
#include "fcgi/router.h"

#define HEAD_GUESS 512

static void init(struct exchange *x, struct context *context, const char *const *params)
{
  struct clock *clock = context->service->clock;
  counter_add(COUNTER_REQUESTS_IN_FLIGHT, 0, 1);
  *x = (struct exchange){.context = context, .started_us = clock->monotonic_us(clock)};
  request_init(&x->request, params);
  response_init(&x->response);
  violations_init(&x->violations);
  caller_init(&x->caller);
}

static void clear(struct exchange *x)
{
  caller_clear(&x->caller);
  violations_clear(&x->violations);
  response_clear(&x->response);
  request_clear(&x->request);
}

static void count(const struct exchange *x, int64_t us)
{
  char status[16];
  size_t route = x->route != NULL ? (size_t)(x->route - router_table) : router_count;
  g_snprintf(status, sizeof status, "%d", x->response.status);
  counter_add_route(COUNTER_REQUESTS, route, counter_value_find(COUNTER_REQUESTS, status), 1);
  counter_observe(COUNTER_REQUEST_DURATION, route, us);
  counter_add(COUNTER_REQUESTS_IN_FLIGHT, 0, -1);
}

static void finish(const struct exchange *x)
{
  struct clock *clock = x->context->service->clock;
  int64_t us = clock->monotonic_us(clock) - x->started_us;
  count(x, us);
  log_event(LOG_LEVEL_INFO, "request", "request_id=%s method=%s route=%s merchant=%s status=%d ms=%lld",
            x->request.id, request_method_name(&x->request), x->route != NULL ? x->route->pattern : "-",
            x->merchant[0] != '\0' ? x->merchant : "-", x->response.status, (long long)(us / 1000));
}

static void send_answer(struct exchange *x, const struct exchange_ends *ends)
{
  g_autoptr(GString) head = g_string_sized_new(HEAD_GUESS);
  const GString *body = x->response.body;
  response_write_head(&x->response, x->request.id, head);
  bool sent = ends->write(ends->write_arg, head->str, head->len);
  if (sent && x->response.content_type != NULL && !x->request.head)
    sent = ends->write(ends->write_arg, body->str, body->len);
  if (!sent)
    log_event(LOG_LEVEL_WARN, "answer_lost", "request_id=%s", x->request.id);
}

void exchange_run(struct context *context, const char *const *params, const struct exchange_ends *ends)
{
  struct exchange x;
  init(&x, context, params);
  struct err e = ERR_NONE;
  if (request_parse(&x.request, &e) != RESULT_OK)
    exchange_refuse(&x, "malformed_request", e.text);
  else
    router_serve(&x, ends->read, ends->read_arg);
  send_answer(&x, ends);
  finish(&x);
  clear(&x);
}

void exchange_refuse(struct exchange *x, const char *code, const char *detail)
{
  problem_answer(&x->response, x->request.id, code, detail);
}

void exchange_complain(struct exchange *x, const char *code, const char *parameter, const char *detail)
{
  violations_add(&x->violations, VIOLATION_PARAMETER, code, parameter, "%s", detail);
}

void exchange_refuse_all(struct exchange *x)
{
  problem_answer_violations(&x->response, x->request.id, &x->violations);
}

void exchange_refuse_query(struct exchange *x)
{
  document_order_sort_query(&x->violations, &x->request.query);
  exchange_refuse_all(x);
}

/* What may be told of a failure; the log has the rest. */
const char *exchange_public_detail(enum result result)
{
  switch (result) {
  case RESULT_NOT_FOUND:
    return "There is nothing here under this address.";
  case RESULT_CONFLICT:
    return "Others changed the same thing at the same time. Try again.";
  case RESULT_UNAVAILABLE:
  case RESULT_TOO_LONG:
    return "A part of the service is away. Try again.";
  case RESULT_STALE:
    return "The figures of this merchant are being built. Try again.";
  case RESULT_OUT_OF_RANGE:
    return "A sum in this range leaves the numbers that are exact. Ask for a shorter range.";
  case RESULT_OK:
  case RESULT_INVALID:
  case RESULT_CORRUPT:
  case RESULT_INTERNAL:
    break;
  }
  return "The log tells more under this request's id.";
}

void exchange_log_failure(const struct exchange *x, const char *doing, enum result result,
                          const struct err *e)
{
  char why[sizeof e->text + 2];
  log_event(LOG_LEVEL_WARN, "request_failed", "request_id=%s merchant=%s doing=%s result=%s why=%s",
            x->request.id, x->merchant[0] != '\0' ? x->merchant : "-", doing, result_name(result),
            log_quote(why, sizeof why, e->text));
}

void exchange_fail(struct exchange *x, const char *doing, enum result result, const struct err *e)
{
  if (result != RESULT_NOT_FOUND)
    exchange_log_failure(x, doing, result, e);
  exchange_refuse(x, problem_of_result(result), exchange_public_detail(result));
}
