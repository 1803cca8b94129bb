#include "base/exit_status.h"

#include <stddef.h>
#include <sysexits.h>

/* clang-format off */
static const int statuses[][2] = {
    /*                         starting        running */
    [RESULT_OK]           = {EX_OK,          EX_OK},
    [RESULT_INVALID]      = {EX_CONFIG,      EX_DATAERR},
    [RESULT_NOT_FOUND]    = {EX_CONFIG,      EX_NOINPUT},
    [RESULT_CONFLICT]     = {EX_TEMPFAIL,    EX_CANTCREAT},
    [RESULT_UNAVAILABLE]  = {EX_UNAVAILABLE, EX_UNAVAILABLE},
    [RESULT_TOO_LONG]     = {EX_UNAVAILABLE, EX_UNAVAILABLE},
    [RESULT_STALE]        = {EX_TEMPFAIL,    EX_TEMPFAIL},
    [RESULT_OUT_OF_RANGE] = {EX_CONFIG,      EX_DATAERR},
    [RESULT_CORRUPT]      = {EX_SOFTWARE,    EX_SOFTWARE},
    [RESULT_INTERNAL]     = {EX_OSERR,       EX_SOFTWARE},
};
/* clang-format on */

int exit_status(enum result result, enum exit_phase phase)
{
  return (size_t)result < sizeof statuses / sizeof *statuses ? statuses[result][phase] : EX_SOFTWARE;
}
