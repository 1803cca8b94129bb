/* clock: what time it is, as an argument, so that tests can run at a fixed time. */
#pragma once

#include <stdint.h>

struct clock {
  int64_t (*wall_ms)(struct clock *self);      /* milliseconds since 1970-01-01T00:00:00Z */
  int64_t (*monotonic_ms)(struct clock *self); /* milliseconds of a clock that never steps; for deadlines */
  int64_t (*monotonic_us)(struct clock *self); /* the same in microseconds; for durations of requests */
  void (*sleep_ms)(struct clock *self, int64_t ms);
};

/* The system's clocks. Statically allocated; shared by all threads. */
struct clock *clock_system(void);

/* A clock that stands still until it is moved; sleeping moves it. */
struct clock_fixed {
  struct clock clock;
  int64_t now_ms;
};

void clock_fixed_init(struct clock_fixed *fixed, int64_t now_ms);
