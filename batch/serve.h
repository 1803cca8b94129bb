/* serve: the batch as the tailer's child: reads requests, answers each. */
#pragma once

#include <stdio.h>

#include "batch/batch.h"

/* Until `in` ends. RESULT_INVALID: the conversation broke; RESULT_INTERNAL: `out` cannot be written. */
MUST_CHECK enum result serve_run(struct batch *batch, FILE *in, FILE *out, struct err *e);
