#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

enum result err_set(struct err *e, enum result code, const char *format, ...)
{
  if (e == NULL || e->code != RESULT_OK)
    return code;
  e->code = code;
  va_list args;
  va_start(args, format);
  vsnprintf(e->text, sizeof e->text, format, args);
  va_end(args);
  return code;
}

void err_clear(struct err *e)
{
  if (e != NULL)
    *e = ERR_NONE;
}

const char *result_name(enum result code)
{
  static const char *const names[] = {
      [RESULT_OK] = "ok",
      [RESULT_INVALID] = "invalid",
      [RESULT_NOT_FOUND] = "not_found",
      [RESULT_CONFLICT] = "conflict",
      [RESULT_UNAVAILABLE] = "unavailable",
      [RESULT_TOO_LONG] = "too_long",
      [RESULT_STALE] = "stale",
      [RESULT_OUT_OF_RANGE] = "out_of_range",
      [RESULT_CORRUPT] = "corrupt",
      [RESULT_INTERNAL] = "internal",
  };
  return code <= RESULT_INTERNAL ? names[code] : "unknown";
}
