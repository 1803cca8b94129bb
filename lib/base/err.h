/* err: how a call says that it failed.
 *
 * A fallible function returns an enum result, which must be looked at, and describes the failure in a struct
 * err that the caller owns. The first failure recorded wins: cleanup that fails later does not hide the
 * cause.
 */
#pragma once

#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))

enum result {
  RESULT_OK = 0,
  RESULT_INVALID,      /* the caller's input is refused */
  RESULT_NOT_FOUND,    /* no such thing, or not the caller's */
  RESULT_CONFLICT,     /* somebody else changed it first: read again and redo */
  RESULT_UNAVAILABLE,  /* a store is away or too slow: transient, try again later */
  RESULT_TOO_LONG,     /* more than a store does at once within its time limit: ask for less */
  RESULT_STALE,        /* the asked-for time is out of reach of a snapshot, or the position is lost */
  RESULT_OUT_OF_RANGE, /* a sum leaves the range that is exact */
  RESULT_CORRUPT,      /* stored data that this program would never have written */
  RESULT_INTERNAL,     /* a bug, or the system refused (memory, files) */
};

struct err {
  enum result code;
  char text[256];
};

#define ERR_NONE ((struct err){.code = RESULT_OK, .text = ""})

/* Records a failure (unless one is recorded already) and returns `code`, so that a caller can write
 * `return err_set(e, RESULT_INVALID, ...)`. `e` may be NULL. The text names the subject, never a secret. */
MUST_CHECK enum result err_set(struct err *e, enum result code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Forgets what was recorded, before a retry. */
void err_clear(struct err *e);

/* The result's name for logs: "unavailable". */
const char *result_name(enum result code);
