/* failpoint: named places where a test build can be killed, paused or made to fail.
 *
 * TAKINGS_FAILPOINT=name:nth:action[,name:nth:action...]; nth counts from 1; actions: kill (SIGKILL to
 * itself), pause (SIGSTOP to itself), fail (failpoint_fail returns true). In other builds both macros cost
 * nothing. Names: <program>.<step>, listed in docs/protocol.md.
 */
#pragma once

#include <stdbool.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#ifdef ENABLE_FAILPOINTS
bool failpoint_hit(const char *name);
#define FAILPOINT(name) ((void)failpoint_hit(name))
#define FAILPOINT_FAILS(name) failpoint_hit(name)
#else
#define FAILPOINT(name) ((void)0)
#define FAILPOINT_FAILS(name) false
#endif
