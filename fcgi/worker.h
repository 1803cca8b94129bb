/* worker: the threads that accept FastCGI connections and serve them.
 *
 * Each thread waits for a connection or for the end, whichever comes first, before it asks libfcgi to accept:
 * a thread that is in accept cannot be told to stop. A connection that was accepted is always answered; one
 * that was not stays in the socket's queue for the other workers on it. So workers on one socket can be
 * restarted in turn.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fcgi/context.h"

struct worker;

/* Calls FCGX_Init and starts conf's number of threads on a listening socket that does not block. `service` is
 * borrowed until worker_free. */
MUST_CHECK enum result worker_start(struct service *service, int listen_fd, struct worker **out,
                                    struct err *e);

/* Asks all threads to accept nothing more. */
void worker_stop(struct worker *worker);

/* Waits until every thread has answered what it had accepted; false when some have not after so long. */
bool worker_join(struct worker *worker, int64_t within_ms);

/* After worker_join returned true. */
void worker_free(struct worker *worker);
