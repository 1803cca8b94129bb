/* refunds: /orders/{id}/refunds of a merchant. */
#pragma once

#include "fcgi/exchange.h"

void refunds_post(struct exchange *x);
