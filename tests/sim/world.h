/* world: one seeded schedule: tailers, batches, cron and a reader over the in-memory stores, with everything
 * that can go wrong going wrong at any step. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Runs one schedule. NULL when the invariant held after every step and the store caught up in the end; else
 * what was wrong (borrowed until the next run). `*steps` grows by the steps taken. `trace`: print each step
 * on standard error. */
const char *world_run(uint64_t seed, bool trace, uint64_t *steps);
