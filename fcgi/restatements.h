/* restatements: /restatements of a merchant. */
#pragma once

#include "fcgi/exchange.h"

/* What entries that came late, into hours that were over, changed in the figures; newest first, by pages. */
void restatements_list(struct exchange *x);
