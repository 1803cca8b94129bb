/* quarantine: /quarantine of a merchant, for its owners: keys in the ledger that are none of ours. */
#pragma once

#include "fcgi/exchange.h"

void quarantine_get(struct exchange *x);        /* newest first, by pages */
void quarantine_post_retry(struct exchange *x); /* asks that one is looked at again */
