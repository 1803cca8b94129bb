#include "fcgi/freshness.h"

#include <string.h>

#include "fcgi/position.h"
#include "fcgi/waiting.h"
#include "stores/view.h"

#define POLL_MS 3
/* How far a position may lie ahead of now and of the picture: as far as clocks of servers differ. */
#define AHEAD_S 5
#define STALENESS_DIGITS_MAX 9

/* "<n>ms" or "<n>s" */
static bool parse_staleness(const char *text, int64_t *ms)
{
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > STALENESS_DIGITS_MAX)
    return false;
  int64_t number = g_ascii_strtoll(text, NULL, 10);
  if (strcmp(text + digits, "ms") == 0)
    *ms = number;
  else if (strcmp(text + digits, "s") == 0)
    *ms = number * 1000;
  else
    return false;
  return true;
}

void freshness_read(struct exchange *x, struct freshness *out)
{
  *out = (struct freshness){.has_after = false};
  const char *after = query_get(&x->request.query, "after");
  out->has_after = after != NULL;
  if (after != NULL && !position_parse(after, &out->after))
    exchange_complain(x, "invalid_field", "after", "a position from a receipt");
  const char *staleness = query_get(&x->request.query, "max_staleness");
  out->has_max_staleness = staleness != NULL;
  if (staleness != NULL && !parse_staleness(staleness, &out->max_staleness_ms))
    exchange_complain(x, "invalid_field", "max_staleness", "a whole number with its unit, ms or s");
}

static bool refuse_position(struct exchange *x)
{
  exchange_refuse(x, "position_not_reached", "The figures do not include that position yet. Try again.");
  return false;
}

/* The picture's position; a picture that is not there yet may come while we wait. */
static enum result read_position(struct exchange *x, cluster_time *as_of, struct err *e)
{
  struct view_stamp stamp;
  enum result r = view_read_stamp(x->context->kv, x->merchant, &stamp, e);
  if (r == RESULT_OK) {
    *as_of = stamp.as_of;
    view_stamp_clear(&stamp);
  }
  return r;
}

static bool wait_in_turn(struct exchange *x, cluster_time after)
{
  const struct service *service = x->context->service;
  struct clock *clock = service->clock;
  int64_t deadline_ms = clock->monotonic_ms(clock) + service->conf->limits_after_wait_ms;
  for (;;) {
    struct err e = ERR_NONE;
    cluster_time as_of = 0;
    enum result r = read_position(x, &as_of, &e);
    if (r == RESULT_OK && as_of >= after)
      return true;
    bool late = clock->monotonic_ms(clock) >= deadline_ms;
    if (r == RESULT_OK && late)
      return refuse_position(x);
    if (r != RESULT_OK && (late || r != RESULT_STALE)) {
      exchange_fail(x, "position_wait", r, &e);
      return false;
    }
    clock->sleep_ms(clock, POLL_MS);
  }
}

/* No receipt names such a position yet, so nothing that is waited for can bring it. */
static bool lies_ahead(const struct exchange *x, cluster_time after, cluster_time as_of)
{
  int64_t now = MAX(context_now_ms(x->context) / 1000, (int64_t)cluster_time_seconds(as_of));
  return (int64_t)cluster_time_seconds(after) > now + AHEAD_S;
}

static bool wait_in_place(struct exchange *x, cluster_time after)
{
  struct waiting *waiting = &x->context->service->waiting;
  if (!waiting_enter(waiting, x->merchant))
    return refuse_position(x);
  bool passed = wait_in_turn(x, after);
  waiting_leave(waiting, x->merchant);
  return passed;
}

bool freshness_wait(struct exchange *x, const struct freshness *freshness)
{
  if (!freshness->has_after)
    return true;
  struct err e = ERR_NONE;
  cluster_time as_of = 0;
  enum result r = read_position(x, &as_of, &e);
  if (r == RESULT_OK && as_of >= freshness->after)
    return true;
  if (r != RESULT_OK && r != RESULT_STALE) {
    exchange_fail(x, "position_wait", r, &e);
    return false;
  }
  return lies_ahead(x, freshness->after, as_of) ? refuse_position(x) : wait_in_place(x, freshness->after);
}

bool freshness_check(struct exchange *x, const struct freshness *freshness, cluster_time as_of,
                     int64_t lag_ms)
{
  if (freshness->has_after && as_of < freshness->after)
    return refuse_position(x);
  if (!freshness->has_max_staleness || lag_ms <= freshness->max_staleness_ms)
    return true;
  exchange_refuse(x, "too_stale", "The figures are older than max_staleness allows. Try again.");
  return false;
}
