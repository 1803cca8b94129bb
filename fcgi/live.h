/* live: GET /v1/merchants/{merchant}/live: whether somebody may listen to what takings-push tells. */
#pragma once

#include "fcgi/exchange.h"

void live_get(struct exchange *x);
