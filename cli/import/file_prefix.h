/* file_prefix: a name for a file by its content, so that its rows have references of their own. */
#pragma once

#include <stdio.h>

#include "base/err.h"

/* The first 12 hex digits of the content's SHA-256. Reads the stream to its end and rewinds it. The caller
 * owns *out: g_free. RESULT_UNAVAILABLE: it cannot be read. */
MUST_CHECK enum result file_prefix(FILE *stream, char **out, struct err *e);
