#include "base/clock.h"

#include <errno.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
  struct timespec now;
  clock_gettime(id, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall_ms(struct clock *self)
{
  (void)self;
  return read_ms(CLOCK_REALTIME);
}

static int64_t system_monotonic_ms(struct clock *self)
{
  (void)self;
  return read_ms(CLOCK_MONOTONIC);
}

static int64_t system_monotonic_us(struct clock *self)
{
  (void)self;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void system_sleep_ms(struct clock *self, int64_t ms)
{
  (void)self;
  struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR)
    continue;
}

struct clock *clock_system(void)
{
  static struct clock system = {
      .wall_ms = system_wall_ms,
      .monotonic_ms = system_monotonic_ms,
      .monotonic_us = system_monotonic_us,
      .sleep_ms = system_sleep_ms,
  };
  return &system;
}

static int64_t fixed_ms(struct clock *self)
{
  return ((struct clock_fixed *)self)->now_ms;
}

static int64_t fixed_us(struct clock *self)
{
  return fixed_ms(self) * 1000;
}

static void fixed_sleep_ms(struct clock *self, int64_t ms)
{
  ((struct clock_fixed *)self)->now_ms += ms;
}

void clock_fixed_init(struct clock_fixed *fixed, int64_t now_ms)
{
  fixed->clock = (struct clock){
      .wall_ms = fixed_ms, .monotonic_ms = fixed_ms, .monotonic_us = fixed_us, .sleep_ms = fixed_sleep_ms};
  fixed->now_ms = now_ms;
}
