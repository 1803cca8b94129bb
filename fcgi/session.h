/* session: logging in and out, and who is logged in: /v1/session. */
#pragma once

#include "fcgi/exchange.h"

void session_post(struct exchange *x);   /* log in */
void session_get(struct exchange *x);    /* who */
void session_delete(struct exchange *x); /* log out */
