/* admin: what the routes by which people log in and change things share: their bodies, and who they are. */
#pragma once

#include <json-c/json.h>

#include "domain/field.h"
#include "fcgi/exchange.h"

/* A body that is being read: whatever is found wrong with it comes into the exchange's violations. */
struct admin_body {
  struct exchange *x;
  struct json_object *json;
  const struct field_table *table;
  void *record;
};

/* Reads the body into a zeroed record of the table and checks its limits. false after it has answered: the
 * body is no JSON. In any case: admin_body_clear, which clears the record too. */
bool admin_body_read(struct admin_body *body, struct exchange *x, const struct field_table *table,
                     void *record);
void admin_body_clear(struct admin_body *body);

/* Refuses one field, by its index in the table, unless it was refused already. `code` is static. */
void admin_body_complain(struct admin_body *body, size_t field, const char *code, const char *detail);

/* Whether nothing is wrong; false after it has answered with all violations, in the order of the body. */
bool admin_body_good(struct admin_body *body);

/* Who calls, for the audit; borrowed from the exchange. */
struct people_actor admin_actor(const struct exchange *x);
