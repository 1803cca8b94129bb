/* listen: where a program's listening socket comes from: systemd (LISTEN_FDS, LISTEN_PID), file descriptor 0
 * when it is a listening socket, or else the path in the configuration. The first two outlive the process, so
 * that processes can come and go without a refused connection. */
#pragma once

#include "base/err.h"

struct listening {
  int fd;
  char *path; /* of a socket that we made and that goes with us; NULL when it was handed to us */
};

/* The socket does not block, so that of several threads that see a connection only one is held by it.
 * `setting` is what the path stands under in the configuration, for the error ("[worker] socket").
 * RESULT_INVALID: another process listens on the path, or LISTEN_FDS is meant for this process and no
 * listening socket came with it. Caller owns *out: listening_close. */
MUST_CHECK enum result listening_open(const char *path, const char *setting, struct listening *out,
                                      struct err *e);
void listening_close(struct listening *listening);
