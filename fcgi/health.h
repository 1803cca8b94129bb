/* health: for those who watch the service: alive, ready, which version. Public. */
#pragma once

#include "fcgi/exchange.h"

void health_live(struct exchange *x); /* this process serves; asks no back end */
/* Each back end answers and the figures have a position; else 503 and why. */
void health_ready(struct exchange *x);
void health_version(struct exchange *x);
