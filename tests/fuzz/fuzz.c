#include "tests/fuzz/fuzz.h"

#include "base/mutant.h"

const char *mutant_active;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc;
  (void)argv;
  mutant_active = getenv("TAKINGS_MUTANT");
  return 0;
}
