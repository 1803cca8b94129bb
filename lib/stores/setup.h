/* setup: makes the databases ready: collections, validators, indexes, users with least privilege, Redis ACL.
 * Idempotent. */
#pragma once

#include <glib.h>

#include "base/conf.h"
#include "base/err.h"

/* Needs [admin] credentials. Adds a line per thing made or found to `report` (char *). */
MUST_CHECK enum result setup_run(const struct conf *conf, GPtrArray *report, struct err *e);
