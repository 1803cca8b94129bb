/* failpoint: named places where a test build can be killed or paused.
 *
 * TAKINGS_FAILPOINT=name:nth:action[,name:nth:action...]; nth counts the times that the place is reached,
 * from 1; actions: kill (SIGKILL to itself) and pause (SIGSTOP to itself, so that SIGCONT lets it go on).
 * Names: <program>.<step>, listed in docs/protocol.md. A build without --enable-failpoints takes no notice
 * of the variable, and its failpoints cost nothing.
 */
#pragma once

#include "base/err.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#ifdef ENABLE_FAILPOINTS

/* Reads TAKINGS_FAILPOINT; before it is called no failpoint does anything. A program with failpoints calls it
 * once, before its threads start. RESULT_INVALID: the variable is malformed. */
MUST_CHECK enum result failpoint_load(struct err *e);

/* Only through the macro. */
void failpoint_reached(const char *name);
#define FAILPOINT(name) failpoint_reached(name)

#else

MUST_CHECK static inline enum result failpoint_load(struct err *e)
{
  (void)e;
  return RESULT_OK;
}
#define FAILPOINT(name) ((void)0)

#endif
