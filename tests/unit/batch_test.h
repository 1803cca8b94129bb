/* batch_test: what the tests of a flush, a re-cut, a rebuild and a verify share: what they put into the store
 * in memory and read out of it. */
#pragma once

#include <string.h>

#include "batch/batch.h"
#include "domain/metric.h"
#include "domain/zone.h"
#include "stores/keys.h"
#include "tests/sim/memory_kv.h"
#include "tests/unit/unit.h"
#include "translation/card.h"
#include "translation/head.h"
#include "translation/row_codec.h"

#define EPOCH "0123456789abcdef"

/* A gate (tests/sim/memory_kv.h) that lets everything happen. */
static inline enum memory_fate open_gate(void *arg, const char *step)
{
  (void)arg;
  (void)step;
  return MEMORY_DO;
}

/* Takes the text. */
static inline void put(struct kv *kv, const char *key, char *text)
{
  struct kv_writes writes;
  kv_writes_init(&writes);
  kv_writes_set(&writes, key, text, strlen(text));
  assert_int_equal(kv->exec(kv, &writes, NULL), RESULT_OK);
  kv_writes_clear(&writes);
  g_free(text);
}

/* NULL: it has none. Caller owns: kv_values_clear. */
static inline kv_value get(struct kv *kv, const char *key)
{
  const char *keys[] = {key};
  kv_value value = NULL;
  assert_int_equal(kv->get(kv, keys, 1, &value, NULL), RESULT_OK);
  return value;
}

/* ck 0: a head without checkpoint, as a rebuild has it. */
static inline void put_head(struct kv *kv, cluster_time ck)
{
  struct head head;
  head_init(&head);
  g_strlcpy(head.epoch, EPOCH, sizeof head.epoch);
  head.has_ck = ck != 0;
  head.ck = ck;
  head.ck_wall_ms = cluster_time_seconds(ck) * INT64_C(1000);
  if (head.has_ck)
    head.token = g_strdup("at:0000000000000001");
  put(kv, KEY_HEAD, head_encode(&head));
  head_clear(&head);
}

/* Of a merchant with euros, cut in this zone with the rules it has now. */
static inline void put_card(struct kv *kv, const char *id, const struct zone *zone, cluster_time base)
{
  struct card card = {.base = base, .cut = true, .currencies = {"EUR"}, .currency_count = 1};
  g_strlcpy(card.epoch, EPOCH, sizeof card.epoch);
  g_strlcpy(card.prefix, EPOCH, sizeof card.prefix);
  g_strlcpy(card.zone, zone_name(zone), sizeof card.zone);
  g_strlcpy(card.zone_rules, zone_rules_hash(zone), sizeof card.zone_rules);
  g_strlcpy(card.metric_table, metric_table_hash(), sizeof card.metric_table);
  row_layout_format(card.columns);
  g_autofree char *key = key_card(id);
  put(kv, key, card_encode(&card));
}

/* False: the merchant has none. */
static inline bool get_card(struct kv *kv, const char *id, struct card *out)
{
  g_autofree char *key = key_card(id);
  kv_value value = get(kv, key);
  bool there = value != NULL;
  if (there)
    assert_int_equal(card_decode(value, out, NULL), RESULT_OK);
  kv_values_clear(&value, 1);
  return there;
}

/* The document of a merchant with euros. */
static inline struct merchant a_merchant(const char *id, const char *zone)
{
  struct merchant merchant = {.currencies = {"EUR"}, .currency_count = 1};
  g_strlcpy(merchant.id, id, sizeof merchant.id);
  g_strlcpy(merchant.zone, zone, sizeof merchant.zone);
  return merchant;
}
