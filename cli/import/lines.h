/* lines: a file's lines with their numbers, in bounded memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

#define LINES_LENGTH_MAX 65536 /* bytes of one line */

struct line {
  size_t number;     /* 1-based */
  const char *text;  /* NUL-terminated, without the line feed; borrowed until the next call */
  size_t length;     /* of text */
  const char *fault; /* why it cannot be read (static text), or NULL; `text` is then "" */
};

struct lines;

/* `stream` is borrowed. A byte order mark before the first line is dropped. Caller owns: lines_free. */
struct lines *lines_new(FILE *stream);
void lines_free(struct lines *lines);

/* The next line, or *end. A line that is too long, holds a NUL or is not UTF-8 has a fault.
 * RESULT_UNAVAILABLE: the file cannot be read further. */
MUST_CHECK enum result lines_next(struct lines *lines, struct line *out, bool *end, struct err *e);
