/* orders: /orders and /orders/{id} of a merchant. */
#pragma once

#include "fcgi/exchange.h"

void orders_post(struct exchange *x); /* validate, total, store; or with dry_run only the first two */
void orders_list(struct exchange *x); /* newest first, by pages */
void orders_get(struct exchange *x);  /* one, with its refunds and what is left */
