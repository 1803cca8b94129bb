#include "translation/merchant_bson.h"

#include <string.h>

#include <glib.h>

#include "domain/money.h"
#include "translation/bson_fields.h"

static const struct bson_field fields[] = {
    BSON_FIELD("_id", CHARS, REQUIRED, struct merchant, id),
    BSON_FIELD("name", CHARS, REQUIRED, struct merchant, name),
    BSON_FIELD("zone", CHARS, REQUIRED, struct merchant, zone),
    BSON_FIELD("locale", CHARS, OPTIONAL, struct merchant, locale),
    BSON_FIELD("recut", INT64, REQUIRED, struct merchant, recut),
};

enum result merchant_bson_write(const struct merchant *merchant, int64_t created_ms, bson_t *out,
                                struct err *e)
{
  bson_t currencies;
  enum result r = bson_fields_write(fields, G_N_ELEMENTS(fields), merchant, out, e);
  if (r != RESULT_OK)
    return r;
  BSON_APPEND_ARRAY_BEGIN(out, "currencies", &currencies);
  for (uint32_t i = 0; i < merchant->currency_count; i++) {
    bson_fields_append_text(&currencies, i, merchant->currencies[i]);
  }
  bson_append_array_end(out, &currencies);
  BSON_APPEND_DATE_TIME(out, "created_at", created_ms);
  return RESULT_OK;
}

static bool read_currencies(const bson_t *document, struct merchant *out)
{
  bson_t array;
  bson_iter_t iter;
  if (!bson_fields_sub(document, "currencies", BSON_TYPE_ARRAY, &array) || !bson_iter_init(&iter, &array))
    return false;
  while (bson_iter_next(&iter)) {
    const char *code = BSON_ITER_HOLDS_UTF8(&iter) ? bson_iter_utf8(&iter, NULL) : "";
    if (currency_find(code) == NULL || out->currency_count == MERCHANT_CURRENCIES_MAX)
      return false;
    g_strlcpy(out->currencies[out->currency_count++], code, sizeof out->currencies[0]);
  }
  return out->currency_count > 0;
}

enum result merchant_bson_read(const bson_t *document, struct merchant *out, struct err *e)
{
  *out = (struct merchant){.recut = 0};
  enum result r = bson_fields_read(fields, G_N_ELEMENTS(fields), document, out, e);
  if (r != RESULT_OK)
    return r;
  if (!merchant_id_valid(out->id, strlen(out->id)))
    return err_set(e, RESULT_CORRUPT, "field _id is no merchant's id");
  if (out->locale[0] != '\0' && !merchant_locale_valid(out->locale))
    return err_set(e, RESULT_CORRUPT, "merchant %s: field locale is no language tag", out->id);
  if (!read_currencies(document, out))
    return err_set(e, RESULT_CORRUPT, "merchant %s: field currencies is no list of currencies", out->id);
  return RESULT_OK;
}
