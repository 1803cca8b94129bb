/* link_pipe: the batch program as the tailer's long-lived child, reached over its standard input and output
 * (batch/follow.h). It is started when the first request is sent, and again after it died. */
#pragma once

#include "batch/follow.h"

/* Runs `program serve --config config_path`. Texts are copied. Caller owns: link_pipe_free, which ends the
 * child: closes its input and waits up to 5 s before killing it. */
struct link *link_pipe_new(const char *program, const char *config_path);
void link_pipe_free(struct link *link);

/* Becomes readable when a reply is there or the child has died; -1 while there is no child. */
int link_pipe_fd(const struct link *link);
