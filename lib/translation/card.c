#include "translation/card.h"

#include <inttypes.h>
#include <string.h>

#include "base/text_fields.h"
#include "domain/metric.h"

/* "c1 <epoch> <prefix> <base> <zone> <zone rules|-> <metric table> <columns> <CUR[,CUR]|-> <recut>
 * <cut|uncut>" */
enum {
  CARD_VERSION,
  CARD_EPOCH,
  CARD_PREFIX,
  CARD_BASE,
  CARD_ZONE,
  CARD_ZONE_RULES,
  CARD_METRIC_TABLE,
  CARD_COLUMNS,
  CARD_CURRENCIES,
  CARD_RECUT,
  CARD_CUT,
  CARD_FIELDS
};

char *card_encode(const struct card *card)
{
  GString *text = g_string_new("c1");
  g_string_append_printf(text, " %s %s %" PRI_CLUSTER_TIME " %s %s %s %s ", card->epoch, card->prefix,
                         card->base, card->zone, card->zone_rules, card->metric_table, card->columns);
  if (card->currency_count == 0)
    g_string_append_c(text, '-');
  for (size_t i = 0; i < card->currency_count; i++)
    g_string_append_printf(text, "%s%s", i > 0 ? "," : "", card->currencies[i]);
  g_string_append_printf(text, " %" PRId64 " %s", card->recut, card->cut ? "cut" : "uncut");
  return g_string_free(text, FALSE);
}

static bool read_currencies(const char *field, struct card *out)
{
  size_t length = strlen(field);
  if (strcmp(field, "-") == 0)
    return true;
  size_t count = (length + 1) / 4;
  if ((length + 1) % 4 != 0 || count > MERCHANT_CURRENCIES_MAX)
    return false;
  for (size_t i = 0; i < count; i++) {
    const char *code = field + 4 * i;
    for (int k = 0; k < 3; k++)
      if (code[k] < 'A' || code[k] > 'Z')
        return false;
    if (code[3] != (i + 1 == count ? '\0' : ','))
      return false;
    memcpy(out->currencies[i], code, 3);
    out->currencies[i][3] = '\0';
  }
  out->currency_count = count;
  return true;
}

static bool read_fields(char *text, struct card *out)
{
  char *fields[CARD_FIELDS];
  if (!text_fields_split(text, fields, CARD_FIELDS) || strcmp(fields[CARD_VERSION], "c1") != 0)
    return false;
  out->cut = strcmp(fields[CARD_CUT], "cut") == 0;
  return text_fields_copy(fields[CARD_EPOCH], out->epoch, sizeof out->epoch) &&
         text_fields_copy(fields[CARD_PREFIX], out->prefix, sizeof out->prefix) &&
         text_fields_hex64(fields[CARD_BASE], &out->base) &&
         text_fields_copy(fields[CARD_ZONE], out->zone, sizeof out->zone) &&
         text_fields_copy(fields[CARD_ZONE_RULES], out->zone_rules, sizeof out->zone_rules) &&
         text_fields_copy(fields[CARD_METRIC_TABLE], out->metric_table, sizeof out->metric_table) &&
         text_fields_copy(fields[CARD_COLUMNS], out->columns, sizeof out->columns) &&
         read_currencies(fields[CARD_CURRENCIES], out) &&
         text_fields_int64(fields[CARD_RECUT], &out->recut) &&
         (out->cut || strcmp(fields[CARD_CUT], "uncut") == 0);
}

enum result card_decode(GBytes *bytes, struct card *out, struct err *e)
{
  g_autofree char *text = text_fields_of_bytes(bytes);
  *out = (struct card){.cut = false};
  if (text != NULL && read_fields(text, out))
    return RESULT_OK;
  return err_set(e, RESULT_CORRUPT, "card: not in its form");
}

static bool same_currencies(const struct card *card, const struct merchant *merchant)
{
  if (card->currency_count != merchant->currency_count)
    return false;
  for (size_t i = 0; i < card->currency_count; i++)
    if (strcmp(card->currencies[i], merchant->currencies[i]) != 0)
      return false;
  return true;
}

bool card_matches(const struct card *card, const struct merchant *merchant, const char *zone_rules)
{
  return strcmp(card->zone, merchant->zone) == 0 && strcmp(card->zone_rules, zone_rules) == 0 &&
         strcmp(card->metric_table, metric_table_hash()) == 0 && same_currencies(card, merchant) &&
         card->recut == merchant->recut;
}
