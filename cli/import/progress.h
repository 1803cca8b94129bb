/* progress: one line on a terminal that says how far an import is. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/import/tally.h"

struct progress {
  struct clock *clock;
  FILE *stream;    /* the file being read; borrowed */
  long size;       /* its bytes */
  bool shown;      /* standard error is a terminal */
  int64_t next_ms; /* monotonic: not before this again */
};

void progress_init(struct progress *progress, struct clock *clock, FILE *stream, long size);

/* Shows it if it was not shown lately. */
void progress_show(struct progress *progress, const struct tally *tally);

/* Clears the line. */
void progress_end(struct progress *progress);
