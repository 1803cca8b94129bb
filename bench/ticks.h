/* ticks: the clock that all programs of bench share, so that what one saw can be compared with what another
 * did. */
#pragma once

#include <stdint.h>
#include <time.h>

/* Nanoseconds since the machine started; the same in every process. */
static inline int64_t ticks_now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
