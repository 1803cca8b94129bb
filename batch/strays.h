/* strays: dates outside of a merchant's history of which rows are stored all the same. */
#pragma once

#include <glib.h>

#include "batch/standing.h"
#include "domain/instant.h"

/* Appends to `dates` (of civil_day; in order, each once) every date outside of [from, to) that has an hours
 * string, a minutes string or a day row. They are found by and by, not at one instant: whether something is
 * wrong with such a date is for the caller to see. */
MUST_CHECK enum result strays_find(struct kv *kv, const char *merchant, const struct standing *standing,
                                   civil_day from, civil_day to, GArray *dates, struct err *e);
