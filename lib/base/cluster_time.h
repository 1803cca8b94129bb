/* cluster_time: MongoDB's logical time of an operation: seconds in the upper half, a counter in the lower, so
 * that plain comparison orders two of them. 0 is before every operation. */
#pragma once

#include <inttypes.h>
#include <stdint.h>

typedef uint64_t cluster_time;

static inline cluster_time cluster_time_make(uint32_t seconds, uint32_t increment)
{
  return ((uint64_t)seconds << 32) | increment;
}

static inline uint32_t cluster_time_seconds(cluster_time t)
{
  return (uint32_t)(t >> 32);
}

static inline uint32_t cluster_time_increment(cluster_time t)
{
  return (uint32_t)t;
}

/* For logs and keys: 16 hex digits. */
#define PRI_CLUSTER_TIME "016" PRIx64
