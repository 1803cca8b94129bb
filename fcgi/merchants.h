/* merchants: the merchants that exist for the caller. */
#pragma once

#include "fcgi/exchange.h"

void merchants_list(struct exchange *x);

/* Appends {"id","name","role","timezone","currencies","exponents"}; `role` NULL: without it. */
void merchants_write_one(const struct merchant *merchant, const char *role, GString *out);

/* Appends [{"id","name","role","timezone","currencies","exponents"}] of the caller's merchants. Names come
 * from MongoDB; while it is away, zone and currencies come from the card and the id stands for the name. */
MUST_CHECK enum result merchants_write(struct exchange *x, GString *out, struct err *e);
