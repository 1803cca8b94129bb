/* progress: one line on a terminal that says how far an import is. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/import/writer.h"

struct progress {
  struct clock *clock;
  bool shown;      /* standard error is a terminal */
  long size;       /* bytes of the file */
  int64_t next_ms; /* monotonic: not before this again */
};

void progress_init(struct progress *progress, struct clock *clock, long size);

/* Shows it if it was not shown lately. `stream` is the file being read. */
void progress_show(struct progress *progress, const struct tally *tally, FILE *stream);

/* Clears the line. */
void progress_end(struct progress *progress);
