#include "translation/people_json.h"

#include <glib.h>

#include "domain/merchant.h"
#include "translation/json_fields.h"

#define PASSWORD_BYTES_MAX 1024 /* as stores/people.h has it; how short a new one may be is told there */

/* clang-format off */
#define FIELD(name_, kind, need, low, high, record, member) \
  {.name = name_, .type = kind, .required = need, .least = low, .most = high, \
   .offset = offsetof(struct record, member), .given = FIELD_UNFLAGGED}
#define LIST(name_, need, high, record, member, count, table) \
  {.name = name_, .type = FIELD_LIST, .required = need, .least = 1, .most = high, \
   .offset = offsetof(struct record, member), .given = FIELD_UNFLAGGED, \
   .items = &table, .items_count = offsetof(struct record, count)}
#define TABLE(fields, record) {fields, G_N_ELEMENTS(fields), sizeof(struct record), offsetof(struct record, faults)}

static const struct field scope_fields[] = {FIELD("", FIELD_CODE, true, 1, 32, text_item, text)};
static const struct field_table scope_table = TABLE(scope_fields, text_item);
static const struct field currency_fields[] = {FIELD("", FIELD_CURRENCY, true, 0, 0, currency_item, currency)};
static const struct field_table currency_table = TABLE(currency_fields, currency_item);

/* What belongs to nobody is answered like a wrong password, so both may be any text, none too. */
static const struct field log_in_fields[] = {
    [LOG_IN_BODY_EMAIL] = FIELD("email", FIELD_TEXT, true, 0, 254, log_in_body, email),
    [LOG_IN_BODY_PASSWORD] = FIELD("password", FIELD_TEXT, true, 0, PASSWORD_BYTES_MAX, log_in_body, password),
};
static const struct field password_fields[] = {
    [PASSWORD_BODY_CURRENT] = FIELD("current", FIELD_TEXT, true, 0, PASSWORD_BYTES_MAX, password_body, current),
    [PASSWORD_BODY_NEW] = FIELD("new", FIELD_TEXT, true, 1, PASSWORD_BYTES_MAX, password_body, new_one),
};
static const struct field key_fields[] = {
    [KEY_BODY_SCOPES] = LIST("scopes", true, 5, key_body, scopes, scope_count, scope_table),
    [KEY_BODY_NAME] = FIELD("name", FIELD_PROSE, false, 1, 100, key_body, name),
    [KEY_BODY_EXPIRES_AT] = {.name = "expires_at", .type = FIELD_INSTANT,
                             .offset = offsetof(struct key_body, expires_at_ms),
                             .given = offsetof(struct key_body, has_expires_at)},
};
static const struct field member_fields[] = {
    [MEMBER_BODY_EMAIL] = FIELD("email", FIELD_PROSE, true, 3, 254, member_body, email),
    [MEMBER_BODY_ROLE] = FIELD("role", FIELD_CODE, true, 1, 15, member_body, role),
    [MEMBER_BODY_PASSWORD] = FIELD("password", FIELD_TEXT, false, 1, PASSWORD_BYTES_MAX, member_body, password),
};
static const struct field role_fields[] = {
    [ROLE_BODY_ROLE] = FIELD("role", FIELD_CODE, true, 1, 15, role_body, role),
};
static const struct field settings_fields[] = {
    [SETTINGS_BODY_NAME] = FIELD("name", FIELD_PROSE, false, 1, MERCHANT_NAME_SIZE - 1, settings_body, name),
    [SETTINGS_BODY_CURRENCIES] = LIST("currencies", false, MERCHANT_CURRENCIES_MAX, settings_body, currencies,
                                      currency_count, currency_table),
    [SETTINGS_BODY_TIMEZONE] = FIELD("timezone", FIELD_CODE, false, 1, MERCHANT_ZONE_SIZE - 1, settings_body,
                                     timezone),
    [SETTINGS_BODY_LOCALE] = {.name = "locale", .type = FIELD_CODE, .least = 2, .most = MERCHANT_LOCALE_MAX,
                              .nullable = true, .offset = offsetof(struct settings_body, locale),
                              .given = offsetof(struct settings_body, has_locale)},
};
/* clang-format on */

const struct field_table log_in_body_table = TABLE(log_in_fields, log_in_body);
const struct field_table password_body_table = TABLE(password_fields, password_body);
const struct field_table key_body_table = TABLE(key_fields, key_body);
const struct field_table member_body_table = TABLE(member_fields, member_body);
const struct field_table role_body_table = TABLE(role_fields, role_body);
const struct field_table settings_body_table = TABLE(settings_fields, settings_body);

void people_json_read(struct json_object *body, const struct field_table *table, void *record,
                      struct violations *violations)
{
  json_fields_read(body, table, record, "", violations);
  field_check(table, record, "", violations);
}
