/* json_fields: JSON objects read through field tables (domain/field.h). */
#pragma once

#include <json-c/json.h>

#include "domain/field.h"

/* Reads the members of `object` that the table names into `record`, which must be zeroed; the caller owns
 * what comes to lie in it (field_clear). Wrong types, missing and unknown members and faulty lists become
 * violations, and the fields are marked; limits are left to field_check. `pointer` is where the object lies
 * in the body: "" for the body itself. Integers must be written without fraction or exponent; one that leaves
 * int64 is kept as the nearest int64, which no limit admits. */
void json_fields_read(struct json_object *object, const struct field_table *table, void *record,
                      const char *pointer, struct violations *violations);
