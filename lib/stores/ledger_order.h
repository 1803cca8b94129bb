/* ledger_order: an order with its refunds, read within a call. For the files of stores/ledger.h only. */
#pragma once

#include "stores/ledger_call.h"

/* As ledger_get_order. */
MUST_CHECK enum result ledger_order_load(struct ledger_call *call, const char *merchant,
                                         const struct ulid *id, struct ledger_order *out, struct err *e);
