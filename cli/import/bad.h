/* bad: the file that tells which rows of an import were refused and why: CSV with line, field, code, reason.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "cli/import/draft.h"

struct bad;

/* Makes the file anew. RESULT_UNAVAILABLE: it cannot be made. Caller owns *out: bad_close. */
MUST_CHECK enum result bad_open(const char *path, struct bad **out, struct err *e);

/* Adds all faults of a draft. */
void bad_add(struct bad *bad, const struct draft *draft);

/* Adds one fault. */
void bad_add_fault(struct bad *bad, size_t line, const char *field, const char *code, const char *reason);

/* Ends the file; one that would only hold its header is removed. RESULT_UNAVAILABLE: not everything was
 * written. */
MUST_CHECK enum result bad_close(struct bad *bad, struct err *e);
