/* violations: everything that is wrong with a request, in document order, to be reported at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define VIOLATIONS_MAX 100 /* further ones are counted, not kept */

/* Where the violation lies; names the member of the problem document's errors[]. */
enum violation_place { VIOLATION_POINTER, VIOLATION_PARAMETER, VIOLATION_HEADER };

struct violation {
  enum violation_place place;
  char *where;      /* JSON pointer, parameter or header name */
  const char *code; /* static: "invalid_field" */
  char *detail;     /* a sentence without raw input */
};

struct violations {
  struct violation *items;
  size_t count;   /* kept */
  size_t dropped; /* beyond VIOLATIONS_MAX */
};

void violations_init(struct violations *v);
void violations_clear(struct violations *v);
bool violations_any(const struct violations *v);

/* `code` must be static. `detail` is formatted. */
void violations_add(struct violations *v, enum violation_place place, const char *code, const char *where,
                    const char *detail, ...) __attribute__((format(printf, 5, 6)));
