/* settings: what owners and the command line change of a merchant (MongoDB; mirrored as in stores/people.h).
 */
#pragma once

#include "stores/people.h"

/* What a merchant's settings are to become; NULL and 0: stay as they are. */
struct settings {
  const char *name;
  const char *zone;
  const char (*currencies)[4]; /* all of them, those that are there among them: none is ever taken away */
  size_t currency_count;
  const char *locale; /* "": none from now on */
};
/* Changes the settings; *out (may be NULL) gets the merchant as it then is. A zone or a currency that is new
 * makes the batch cut all rows anew. What is so already is no change, and the audit is told of none.
 * RESULT_INVALID: a currency that is there is missing, or there would be more than MERCHANT_CURRENCIES_MAX.
 * RESULT_UNAVAILABLE: it may be done or not. */
MUST_CHECK enum result settings_change(struct people *p, const struct people_actor *by, const char *id,
                                       const struct settings *settings, struct merchant *out, struct err *e);
