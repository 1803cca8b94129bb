/* sessions: all sessions of a person: /v1/sessions. */
#pragma once

#include "fcgi/exchange.h"

void sessions_delete(struct exchange *x); /* log out everywhere */
