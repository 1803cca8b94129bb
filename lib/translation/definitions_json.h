/* definitions_json: what each metric means, for people and programs: the metric table with a worked example.
 */
#pragma once

#include <glib.h>

/* Appends
 * {"data":[{"name","label","unit","additive","formula","date_basis","version","example":{"entries","value"}}],
 * "meta":{"definitions_version"}}. `entries` are order bodies, and refund bodies that name the order by its
 * place in the list; `value` is what the metric comes to over them. A metric of a test build has no example:
 * null. */
void definitions_json_write(GString *out);
