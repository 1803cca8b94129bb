/* me_password: a person's own password: /v1/me/password. */
#pragma once

#include "fcgi/exchange.h"

void me_password_put(struct exchange *x); /* another one, which ends all other sessions */
