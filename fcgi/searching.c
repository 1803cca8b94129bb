#include "fcgi/searching.h"

#include "fcgi/waiting.h"

#define WAIT_MS 1000
#define POLL_MS 5

static bool try_place(struct exchange *x)
{
  return waiting_enter(&x->context->service->searching, x->merchant);
}

static bool wait_for_place(struct exchange *x)
{
  struct waiting *waiting = &x->context->service->waiting;
  struct clock *clock = x->context->service->clock;
  int64_t deadline_ms = clock->monotonic_ms(clock) + WAIT_MS;
  bool entered = false;
  if (!waiting_enter(waiting, x->merchant))
    return false;
  while (!entered && clock->monotonic_ms(clock) < deadline_ms) {
    clock->sleep_ms(clock, POLL_MS);
    entered = try_place(x);
  }
  waiting_leave(waiting, x->merchant);
  return entered;
}

bool searching_take(struct exchange *x)
{
  return try_place(x) || wait_for_place(x);
}

bool searching_enter(struct exchange *x)
{
  if (searching_take(x))
    return true;
  exchange_refuse(x, "unavailable", "Others look through as much just now. Try again.");
  return false;
}

void searching_leave(struct exchange *x)
{
  waiting_leave(&x->context->service->searching, x->merchant);
}
