/* fuzz: what every fuzz target includes. A target is one program: libFuzzer hands it bytes, it hands them to
 * the code under test and checks what must hold whatever they are. TAKINGS_MUTANT=name switches on a planted
 * fault (base/mutant.h), which the target must find. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* libFuzzer's entry points. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold; libFuzzer reports and keeps the input that breaks it. */
#define FUZZ_CHECK(condition)                                                                                \
  do {                                                                                                       \
    if (!(condition))                                                                                        \
      abort();                                                                                               \
  } while (0)
