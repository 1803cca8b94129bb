/* metrics_trace: /metrics/trace: the entries behind a figure. Their sum is the figure: the ledger is read as
 * it was at the very time of the picture that the figure comes from. */
#pragma once

#include "fcgi/exchange.h"

void metrics_trace(struct exchange *x);
