#include "fcgi/settings.h"

#include <string.h>

#include "domain/zone_cache.h"
#include "fcgi/admin.h"
#include "fcgi/merchants.h"
#include "fcgi/slots.h"
#include "stores/settings.h"
#include "translation/people_json.h"

static void answer(struct exchange *x, const struct merchant *merchant)
{
  GString *out = response_json(&x->response, 200);
  g_string_append(out, "{\"merchant\":");
  merchants_write_one(merchant, NULL, out);
  g_string_append(out, "}\n");
}

void settings_get(struct exchange *x)
{
  struct merchant merchant;
  struct err e = ERR_NONE;
  enum result r = people_get_merchant(&x->context->people, x->merchant, &merchant, &e);
  if (r == RESULT_OK)
    answer(x, &merchant);
  else
    exchange_fail(x, "settings_get", r, &e);
}

/* ---- changing ---- */

static void check_currencies(struct exchange *x, const struct settings_body *given)
{
  for (size_t i = 0; i < given->currency_count; i++)
    for (size_t k = 0; k < i; k++) {
      if (given->currencies[i].faults != 0 ||
          strcmp(given->currencies[i].currency, given->currencies[k].currency) != 0)
        continue;
      g_autofree char *pointer = g_strdup_printf("/currencies/%zu", i);
      violations_add(&x->violations, VIOLATION_POINTER, "invalid_currency", pointer, "is there already");
      break;
    }
}

static void check(struct admin_body *body, const struct settings_body *given)
{
  const struct zone *zone;
  struct err unsaid = ERR_NONE;
  check_currencies(body->x, given);
  if (given->name != NULL && strlen(given->name) >= MERCHANT_NAME_SIZE)
    admin_body_complain(body, SETTINGS_BODY_NAME, "invalid_field", "must have at most 200 bytes");
  if (given->timezone != NULL && zone_cache_get(given->timezone, &zone, &unsaid) != RESULT_OK)
    admin_body_complain(body, SETTINGS_BODY_TIMEZONE, "invalid_timezone",
                        "must be the name of a zone of the IANA database");
  if (given->locale != NULL && !merchant_locale_valid(given->locale))
    admin_body_complain(body, SETTINGS_BODY_LOCALE, "invalid_field",
                        "must be a language tag of BCP 47, such as de-CH or ar-KW-u-nu-latn, or null");
}

/* Another zone has all rows cut anew. False after it has answered. */
static bool may_change(struct exchange *x, const struct settings_body *given)
{
  struct merchant merchant;
  struct err e = ERR_NONE;
  if (given->timezone == NULL)
    return true;
  enum result r = people_get_merchant(&x->context->people, x->merchant, &merchant, &e);
  if (r == RESULT_OK)
    return strcmp(merchant.zone, given->timezone) == 0 || slots_allow_recut(x);
  exchange_fail(x, "settings_get", r, &e);
  return false;
}

static void change(struct admin_body *body, const struct settings_body *given)
{
  struct exchange *x = body->x;
  struct people_actor actor = admin_actor(x);
  struct merchant merchant;
  struct err e = ERR_NONE;
  char currencies[MERCHANT_CURRENCIES_MAX][4];
  for (size_t i = 0; i < given->currency_count; i++)
    memcpy(currencies[i], given->currencies[i].currency, sizeof currencies[i]);
  const char *locale = given->locale != NULL ? given->locale : "";
  struct settings wanted = {.name = given->name,
                            .zone = given->timezone,
                            .currencies = (const char(*)[4])currencies,
                            .currency_count = given->currency_count,
                            .locale = given->has_locale ? locale : NULL};
  enum result r = settings_change(&x->context->people, &actor, x->merchant, &wanted, &merchant, &e);
  if (r == RESULT_INVALID) {
    admin_body_complain(body, SETTINGS_BODY_CURRENCIES, "invalid_field",
                        "must hold all currencies that are there: none can be taken away");
    exchange_refuse_all(x);
  } else if (r != RESULT_OK) {
    exchange_fail(x, "settings_change", r, &e);
  } else {
    answer(x, &merchant);
  }
}

void settings_patch(struct exchange *x)
{
  struct settings_body given = {.name = NULL};
  struct admin_body body;
  if (admin_body_read(&body, x, &settings_body_table, &given)) {
    check(&body, &given);
    if (admin_body_good(&body) && may_change(x, &given))
      change(&body, &given);
  }
  admin_body_clear(&body);
}
