/* field_digest: a record's fields as bytes for a hash: `name=value` lines in table order, numbers in decimal,
 * texts behind their length, of a list the count and then each element's lines. Fields that were not given
 * are left out; so what the server fills in later does not change the digest (docs/data.md, "Body hash"). */
#pragma once

#include <glib.h>

#include "domain/field.h"

void field_digest_update(GChecksum *checksum, const struct field_table *table, const void *record);
