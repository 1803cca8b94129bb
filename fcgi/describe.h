/* describe: the worker's tables as JSON, for whoever must not have a copy of them: the build, which makes the
 * API's document and the pages about problems, and the tests, which compare. */
#pragma once

#include <glib.h>

/* [{"method":"GET","pattern":"/v1/…","scope":"orders:read"|null,"flags":["body",…],"parameters":["from",…]},…]
 */
void describe_routes(GString *out);

/* [{"code":"not_found","status":404,"title":"…","meaning":"…","remedy":"…"},…] */
void describe_problems(GString *out);
