/* fastcgi: libfcgi's request as an exchange. The one place where both are known. */
#pragma once

#include <fcgiapp.h>

#include "fcgi/context.h"

/* Serves the request that was accepted last and finishes it: its connection is closed, or kept when the front
 * door asked for that. */
void fastcgi_serve(struct context *context, FCGX_Request *fastcgi);
