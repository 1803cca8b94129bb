#include "stores/settings.h"

#include <string.h>

#include "base/clock.h"
#include "stores/audit.h"
#include "stores/people_mirror.h"
#include "stores/schema.h"
#include "translation/bson_fields.h"
#include "translation/merchant_bson.h"

#define ZONES_KEPT 100

struct work {
  struct people *people;
  const struct people_actor *by;
  const char *id;
  const struct settings *wanted;
  struct merchant merchant; /* as it is, then as it becomes */
};

static struct mongo_place merchants(const struct people *p)
{
  return (struct mongo_place){.mongo = p->mongo, .collection = COLLECTION_MERCHANTS};
}

static void tell(GString *detail, const char *what, const char *value)
{
  g_string_append_printf(detail, "%s%s%s%s", detail->len > 0 ? ", " : "", what, value != NULL ? " " : "",
                         value != NULL ? value : "");
}

/* ---- each setting: what of the update it needs ---- */

static void change_name(struct work *w, bson_t *set, GString *detail)
{
  if (w->wanted->name == NULL || strcmp(w->wanted->name, w->merchant.name) == 0)
    return;
  g_strlcpy(w->merchant.name, w->wanted->name, sizeof w->merchant.name);
  BSON_APPEND_UTF8(set, "name", w->merchant.name);
  tell(detail, "name", NULL);
}

/* The zones before are kept with the time until when each held: the newest, for the document must not grow
 * by what its owner does again and again. */
static void change_zone(struct work *w, bson_t *set, bson_t *update, GString *detail)
{
  struct clock *clock = clock_system();
  if (w->wanted->zone == NULL || strcmp(w->wanted->zone, w->merchant.zone) == 0)
    return;
  bson_t *push =
      BCON_NEW("zones", "{", "$each", "[", "{", "zone", BCON_UTF8(w->merchant.zone), "until",
               BCON_DATE_TIME(clock->wall_ms(clock)), "}", "]", "$slice", BCON_INT32(-ZONES_KEPT), "}");
  BSON_APPEND_DOCUMENT(update, "$push", push);
  bson_destroy(push);
  g_strlcpy(w->merchant.zone, w->wanted->zone, sizeof w->merchant.zone);
  BSON_APPEND_UTF8(set, "zone", w->merchant.zone);
  tell(detail, "timezone", w->merchant.zone);
}

static void change_locale(struct work *w, bson_t *set, bson_t *update, GString *detail)
{
  const char *locale = w->wanted->locale;
  if (locale == NULL || strcmp(locale, w->merchant.locale) == 0)
    return;
  g_strlcpy(w->merchant.locale, locale, sizeof w->merchant.locale);
  if (locale[0] != '\0') {
    BSON_APPEND_UTF8(set, "locale", locale);
  } else {
    bson_t *unset = BCON_NEW("locale", BCON_UTF8(""));
    BSON_APPEND_DOCUMENT(update, "$unset", unset);
    bson_destroy(unset);
  }
  tell(detail, "locale", locale[0] != '\0' ? locale : "none");
}

static bool is_wanted(const struct settings *wanted, const char *currency)
{
  for (size_t i = 0; i < wanted->currency_count; i++)
    if (strcmp(wanted->currencies[i], currency) == 0)
      return true;
  return false;
}

/* New ones come behind those that are there: their order is the cards' too. */
MUST_CHECK static enum result add_currencies(struct work *w, bool *any, struct err *e)
{
  struct merchant *merchant = &w->merchant;
  *any = false;
  if (w->wanted->currency_count == 0)
    return RESULT_OK;
  for (size_t i = 0; i < merchant->currency_count; i++)
    if (!is_wanted(w->wanted, merchant->currencies[i]))
      return err_set(e, RESULT_INVALID, "currency %s cannot be taken away", merchant->currencies[i]);
  for (size_t i = 0; i < w->wanted->currency_count; i++) {
    const char *currency = w->wanted->currencies[i];
    if (merchant_has_currency(merchant, currency))
      continue;
    if (merchant->currency_count == MERCHANT_CURRENCIES_MAX)
      return err_set(e, RESULT_INVALID, "more than %d currencies", MERCHANT_CURRENCIES_MAX);
    g_strlcpy(merchant->currencies[merchant->currency_count++], currency, sizeof merchant->currencies[0]);
    *any = true;
  }
  return RESULT_OK;
}

MUST_CHECK static enum result change_currencies(struct work *w, bson_t *set, GString *detail, struct err *e)
{
  bool any = false;
  bson_t array;
  g_autoptr(GString) names = g_string_new(NULL);
  enum result r = add_currencies(w, &any, e);
  if (r != RESULT_OK || !any)
    return r;
  BSON_APPEND_ARRAY_BEGIN(set, "currencies", &array);
  for (uint32_t i = 0; i < w->merchant.currency_count; i++) {
    bson_fields_append_text(&array, i, w->merchant.currencies[i]);
    g_string_append_printf(names, "%s%s", i > 0 ? "," : "", w->merchant.currencies[i]);
  }
  bson_append_array_end(set, &array);
  tell(detail, "currencies", names->str);
  return RESULT_OK;
}

/* ---- all of them ---- */

MUST_CHECK static enum result write_change(struct mongo_change *change, const struct work *w,
                                           const bson_t *filter, const bson_t *update, const char *detail,
                                           struct err *e)
{
  enum result r = mongo_change_update(change, merchants(w->people), filter, update, e);
  if (r != RESULT_OK)
    return r;
  struct audit_record record = {.action = AUDIT_SETTINGS_CHANGE,
                                .who = w->by->who,
                                .request_id = w->by->request_id,
                                .merchant = w->id,
                                .subject = w->id,
                                .detail = detail};
  return audit_add_in(change, w->people, &record, e);
}

MUST_CHECK static enum result read_merchant(struct mongo_change *change, struct work *w, const bson_t *filter,
                                            struct err *e)
{
  bson_t *document = NULL;
  enum result r = mongo_change_find(change, merchants(w->people), filter, &document, e);
  if (r == RESULT_OK)
    r = merchant_bson_read(document, &w->merchant, e);
  bson_destroy(document);
  return r;
}

MUST_CHECK static enum result change_all(struct mongo_change *change, void *arg, struct err *e)
{
  struct work *w = arg;
  g_autoptr(GString) detail = g_string_new(NULL);
  bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, set = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&filter, "_id", w->id);
  enum result r = read_merchant(change, w, &filter, e);
  if (r == RESULT_OK) {
    change_name(w, &set, detail);
    change_zone(w, &set, &update, detail);
    change_locale(w, &set, &update, detail);
    r = change_currencies(w, &set, detail, e);
  }
  BSON_APPEND_DOCUMENT(&update, "$set", &set);
  if (r == RESULT_OK && detail->len > 0)
    r = write_change(change, w, &filter, &update, detail->str, e);
  bson_destroy(&set);
  bson_destroy(&update);
  bson_destroy(&filter);
  return r;
}

/* The mirror is overwritten also when nothing was to be changed: Redis may have been away before. */
enum result settings_change(struct people *p, const struct people_actor *by, const char *id,
                            const struct settings *wanted, struct merchant *out, struct err *e)
{
  struct work w = {.people = p, .by = by, .id = id, .wanted = wanted};
  enum result r = mongo_change_run(p->mongo, change_all, &w, e);
  if (r == RESULT_OK)
    r = people_refresh_merchant(p, id, e);
  if (r == RESULT_OK && out != NULL)
    *out = w.merchant;
  return r;
}
