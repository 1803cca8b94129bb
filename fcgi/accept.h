/* accept: media types in headers. */
#pragma once

#include <stdbool.h>

/* Whether an Accept header takes a media type such as "application/json": by name, or by a wildcard, and not
 * with q=0. The most specific range that fits decides (RFC 9110, 12.5.1). */
bool accept_allows(const char *accept, const char *type);

/* Whether a Content-Type is that type ("application/json"), in UTF-8 where it names a charset. NULL: no. */
bool accept_is_type(const char *content_type, const char *type);
