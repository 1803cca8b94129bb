/* status: how a merchant's figures stand: how far, what is being rebuilt, what could not be read, what was
 * proved. */
#pragma once

#include "fcgi/exchange.h"

void status_get(struct exchange *x);
