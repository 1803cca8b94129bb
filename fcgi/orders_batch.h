/* orders_batch: /orders/batch of a merchant. */
#pragma once

#include "fcgi/exchange.h"

/* Up to 1,000 orders in one body, a JSON object on each line, as if they were sent one after the other: each
 * gets a result of its own, and one that fails does not stop the others. */
void orders_batch_post(struct exchange *x);
