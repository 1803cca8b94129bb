#include "cli/import/progress.h"

#include <unistd.h>

#define PROGRESS_EVERY_MS 200

void progress_init(struct progress *progress, struct clock *clock, FILE *stream, long size)
{
  *progress =
      (struct progress){.clock = clock, .stream = stream, .size = size, .shown = isatty(STDERR_FILENO) == 1};
}

void progress_show(struct progress *progress, const struct tally *tally)
{
  if (!progress->shown || progress->clock->monotonic_ms(progress->clock) < progress->next_ms)
    return;
  progress->next_ms = progress->clock->monotonic_ms(progress->clock) + PROGRESS_EVERY_MS;
  long percent = progress->size > 0 ? 100 * ftell(progress->stream) / progress->size : 100;
  fprintf(stderr, "\r%3ld %%  read %zu, stored %zu, there already %zu, bad %zu\033[K", percent, tally->read,
          tally->stored, tally->skipped, tally->bad);
  fflush(stderr);
}

void progress_end(struct progress *progress)
{
  if (progress->shown)
    fputs("\r\033[K", stderr);
}
