/* event_bson: a change event of the projected stream to struct event. */
#pragma once

#include <bson/bson.h>

#include "base/err.h"
#include "domain/event.h"

/* The event's resume token (the _data text of its _id) is copied to *token: g_free; out->token points to it.
 * A key of the ledger that does not parse gives EVENT_FOREIGN; *key then names it (borrowed from the
 * document; may be NULL). RESULT_CORRUPT: not a change event at all. */
MUST_CHECK enum result event_bson_read(const bson_t *document, struct event *out, char **token,
                                       const char **key, struct err *e);
