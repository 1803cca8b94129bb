/* etag: weak entity tags of readings, and the answer to If-None-Match. */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "fcgi/exchange.h"

/* The tag of a representation made of two texts: W/"…". Caller owns: g_free. */
char *etag_make(const char *figures, gsize figures_length, const GString *flags);

/* Whether an If-None-Match header names the tag, compared weakly. */
bool etag_matches(const char *if_none_match, const char *etag);
