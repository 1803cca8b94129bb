/* fastcgi: libfcgi's request as an exchange. The one place where both are known. */
#pragma once

#include <fcgiapp.h>

#include "fcgi/context.h"

/* Serves the request that was accepted last, finishes it and closes its connection, also when the front door
 * asked to keep it: a connection that is kept holds a thread. A request that was begun in another role than
 * the responder's, to authorise others or to filter a file, gets no answer. */
void fastcgi_serve(struct context *context, FCGX_Request *fastcgi);
