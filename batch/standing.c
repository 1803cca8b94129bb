#include "batch/standing.h"

#include <string.h>

#include <glib.h>

#include "domain/metric.h"
#include "domain/zone_cache.h"
#include "stores/keys.h"
#include "translation/head.h"

MUST_CHECK static enum result read_card(const struct head *head, kv_value bytes, struct standing *out,
                                        struct err *e)
{
  enum result r = card_decode(bytes, &out->card, e);
  if (r != RESULT_OK)
    return r;
  if (strcmp(out->card.epoch, head->epoch) != 0 || !out->card.cut)
    return err_set(e, RESULT_STALE, "the merchant is still to be cut");
  if (strcmp(out->card.metric_table, metric_table_hash()) != 0)
    return err_set(e, RESULT_STALE,
                   "the merchant's rows are of another metric table: they are still to be cut anew");
  struct err why = ERR_NONE;
  if (zone_cache_get_of(out->card.zone, out->card.zone_rules, &out->zone, &why) != RESULT_OK)
    return err_set(e, RESULT_STALE, "the merchant's hours are not known here: %s", why.text);
  out->as_of = head->has_ck ? MAX(head->ck, out->card.base) : out->card.base;
  return RESULT_OK;
}

enum result standing_of(kv_value head_bytes, kv_value card_bytes, struct standing *out, struct err *e)
{
  if (head_bytes == NULL || card_bytes == NULL)
    return err_set(e, RESULT_STALE, "there is no %s: figures are being rebuilt",
                   head_bytes == NULL ? "head" : "card");
  struct head head;
  head_init(&head);
  enum result r = head_decode(head_bytes, &head, e);
  if (r == RESULT_OK)
    r = read_card(&head, card_bytes, out, e);
  head_clear(&head);
  return r;
}

enum result standing_read(struct kv *kv, const char *merchant, struct standing *out, struct err *e)
{
  g_autofree char *card = key_card(merchant);
  const char *keys[] = {KEY_HEAD, card};
  kv_value values[2] = {NULL, NULL};
  enum result r = kv->get(kv, keys, 2, values, e);
  if (r == RESULT_OK)
    r = standing_of(values[0], values[1], out, e);
  kv_values_clear(values, 2);
  return r;
}
