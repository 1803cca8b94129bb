#include "base/random_id.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include <sodium.h>

static void (*random_id_fill)(void *bytes, unsigned long size) = NULL;

void random_id_set_source(void (*fill)(void *bytes, unsigned long size))
{
  random_id_fill = fill;
}

void random_id_make(char out[RANDOM_ID_SIZE])
{
  uint64_t bits;
  if (random_id_fill != NULL)
    random_id_fill(&bits, sizeof bits);
  else
    randombytes_buf(&bits, sizeof bits);
  snprintf(out, RANDOM_ID_SIZE, "%016" PRIx64, bits);
}
