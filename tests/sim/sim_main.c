/* sim: runs seeded schedules of the protocol over in-memory stores.
 *
 * sim --schedules N [--seed S]    run N schedules from seed S on; a failure prints its seed
 * sim --replay S                  run that schedule alone, printing each step
 * sim --mutant NAME [...]         plant a fault in the commit rules; succeeds when a schedule catches it
 * sim --list-mutants
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/log.h"
#include "base/mutant.h"
#include "tests/sim/world.h"

const char *mutant_active;

static const char *const mutants[] = {
    "flush-ignores-from",    "flush-ignores-to",      "flush-keeps-recut-merchants",
    "flush-watches-nothing", "flush-before-recuts",   "flush-trusts-recuts",
    "recut-ignores-base",    "recut-watches-nothing", "rebuild-finishes-unlisted",
    "rebuild-opens-late",    "close-watches-nothing", "flush-minutes-of-closed-hours",
    "folds-forget-the-rest", "flush-leaves-cards",    "backlog-leaves-cardless",
    "rebuild-leaves-cards",
};

static int run_schedules(uint64_t seed, uint64_t count)
{
  uint64_t steps = 0;
  for (uint64_t i = 0; i < count; i++) {
    const char *wrong = world_run(seed + i, false, &steps);
    if (wrong == NULL)
      continue;
    printf("seed %" PRIu64 " (schedule %" PRIu64 "): %s\n", seed + i, i + 1, wrong);
    return EXIT_FAILURE;
  }
  printf("%" PRIu64 " schedules, %" PRIu64 " steps: the invariant held\n", count, steps);
  return EXIT_SUCCESS;
}

static int replay(uint64_t seed)
{
  uint64_t steps = 0;
  const char *wrong = world_run(seed, true, &steps);
  printf("seed %" PRIu64 ": %s\n", seed, wrong != NULL ? wrong : "the invariant held");
  return wrong != NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int list_mutants(void)
{
  for (size_t i = 0; i < G_N_ELEMENTS(mutants); i++)
    printf("%s\n", mutants[i]);
  return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
  static const struct option options[] = {
      {"schedules", required_argument, NULL, 'n'}, {"seed", required_argument, NULL, 's'},
      {"replay", required_argument, NULL, 'r'},    {"mutant", required_argument, NULL, 'm'},
      {"list-mutants", no_argument, NULL, 'l'},    {NULL, 0, NULL, 0}};
  uint64_t seed = 1, count = 1000, replayed = 0;
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'n')
      count = strtoull(optarg, NULL, 10);
    else if (option == 's')
      seed = strtoull(optarg, NULL, 10);
    else if (option == 'r')
      replayed = strtoull(optarg, NULL, 10);
    else if (option == 'm')
      mutant_active = optarg;
    else if (option == 'l')
      return list_mutants();
    else
      return EXIT_FAILURE;
  }
  log_init("sim", replayed != 0 ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR + 1);
  if (replayed != 0)
    return replay(replayed);
  int status = run_schedules(seed, count);
  if (mutant_active == NULL)
    return status;
  return status == EXIT_FAILURE ? EXIT_SUCCESS : EXIT_FAILURE;
}
