/* counters_read: adds up the counters of all processes, living and dead, from their files (base/counters.h).
 */
#pragma once

#include "base/counters.h"

struct counters_sum {
  struct counters_layout layout[COUNTERS_PROGRAMS];
  int64_t *slots[COUNTERS_PROGRAMS];    /* as in the files; owned */
  int64_t processes[COUNTERS_PROGRAMS]; /* that hold a file */
};

/* Reads every file of the directory that is one of ours; another one under such a name (no regular file of
 * this user, another size, layout or build, a count that cannot be) is ignored as a whole and logged, one
 * line each. COUNTER_LIVE is added for the living only. RESULT_UNAVAILABLE: the directory cannot be read. The
 * caller owns *out in any case: counters_sum_clear. */
MUST_CHECK enum result counters_read(const char *directory, const struct counters_routes *routes,
                                     struct counters_sum *out, struct err *e);
void counters_sum_clear(struct counters_sum *sum);
