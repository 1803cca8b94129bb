/* people_json: the bodies by which people log in and change keys, members, settings and their own password,
 * read through field tables. What
 * needs knowledge beyond a field's own limits (which scopes, roles and zones there are) is the caller's to
 * check. */
#pragma once

#include <json-c/json.h>

#include "domain/field.h"

/* The elements of lists of texts and of currencies. */
struct text_item {
  char *text;
  uint32_t faults;
};
struct currency_item {
  char currency[4];
  uint32_t faults;
};

struct log_in_body {
  char *email, *password;
  uint32_t faults;
};
enum log_in_body_field { LOG_IN_BODY_EMAIL, LOG_IN_BODY_PASSWORD };

struct password_body {
  char *current, *new_one;
  uint32_t faults;
};
enum password_body_field { PASSWORD_BODY_CURRENT, PASSWORD_BODY_NEW };

struct key_body {
  char *name; /* NULL: none */
  struct text_item *scopes;
  size_t scope_count;
  bool has_expires_at;
  int64_t expires_at_ms;
  uint32_t faults;
};
enum key_body_field { KEY_BODY_SCOPES, KEY_BODY_NAME, KEY_BODY_EXPIRES_AT };

struct member_body {
  char *email, *role;
  char *password; /* NULL: none */
  uint32_t faults;
};
enum member_body_field { MEMBER_BODY_EMAIL, MEMBER_BODY_ROLE, MEMBER_BODY_PASSWORD };

struct role_body {
  char *role;
  uint32_t faults;
};
enum role_body_field { ROLE_BODY_ROLE };

struct settings_body {
  char *name, *timezone; /* NULL: to stay */
  struct currency_item *currencies;
  size_t currency_count; /* 0: to stay */
  bool has_locale;
  char *locale; /* NULL: none from now on */
  uint32_t faults;
};
enum settings_body_field {
  SETTINGS_BODY_NAME,
  SETTINGS_BODY_CURRENCIES,
  SETTINGS_BODY_TIMEZONE,
  SETTINGS_BODY_LOCALE
};

extern const struct field_table log_in_body_table;
extern const struct field_table password_body_table;
extern const struct field_table key_body_table;
extern const struct field_table member_body_table;
extern const struct field_table role_body_table;
extern const struct field_table settings_body_table;

/* Reads a body into a zeroed record of the table and checks all its limits; adds all violations and marks
 * what was refused. The caller owns what is in the record: field_clear. */
void people_json_read(struct json_object *body, const struct field_table *table, void *record,
                      struct violations *violations);
