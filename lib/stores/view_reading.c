#include "stores/view_reading.h"

#include <string.h>

#include "stores/keys.h"
#include "translation/head.h"

/* ---- cards kept ---- */

#define CARDS_KEPT_MAX 1000

struct view_cards {
  GHashTable *bytes; /* merchant to its card's bytes */
};

struct view_cards *view_cards_new(void)
{
  struct view_cards *cards = g_new(struct view_cards, 1);
  cards->bytes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  return cards;
}

void view_cards_free(struct view_cards *cards)
{
  if (cards == NULL)
    return;
  g_hash_table_unref(cards->bytes);
  g_free(cards);
}

static void cards_keep(struct view_cards *cards, const char *merchant, GBytes *bytes)
{
  if (cards == NULL || g_hash_table_lookup(cards->bytes, merchant) == bytes)
    return;
  if (g_hash_table_size(cards->bytes) >= CARDS_KEPT_MAX)
    g_hash_table_remove_all(cards->bytes);
  g_hash_table_replace(cards->bytes, g_strdup(merchant), g_bytes_ref(bytes));
}

/* ---- one reading ---- */

static void reading_init(struct reading *reading, const char *merchant)
{
  reading->keys = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(reading->keys, g_strdup(KEY_HEAD));
  g_ptr_array_add(reading->keys, key_card(merchant));
  g_ptr_array_add(reading->keys, key_proof(merchant));
  g_ptr_array_add(reading->keys, key_parked(merchant, reading->card.prefix));
}

/* What was read; the card stays. */
static void values_clear(struct reading *reading)
{
  if (reading->values != NULL)
    kv_values_clear(reading->values, reading->keys->len);
  g_clear_pointer(&reading->values, g_free);
  g_clear_pointer(&reading->keys, g_ptr_array_unref);
}

void reading_clear(struct reading *reading)
{
  values_clear(reading);
  g_clear_pointer(&reading->card_bytes, g_bytes_unref);
}

MUST_CHECK static enum result take_card(struct reading *reading, GBytes *bytes, struct err *e)
{
  if (bytes == NULL)
    return err_set(e, RESULT_STALE, "no card: this merchant's figures are being built");
  enum result r = card_decode(bytes, &reading->card, e);
  if (r != RESULT_OK)
    return r;
  g_clear_pointer(&reading->card_bytes, g_bytes_unref);
  reading->card_bytes = g_bytes_ref(bytes);
  return RESULT_OK;
}

MUST_CHECK static enum result read_card(struct reading *reading, struct kv *kv, const char *merchant,
                                        struct err *e)
{
  g_autofree char *key = key_card(merchant);
  const char *keys[] = {key};
  kv_value value = NULL;
  enum result r = kv->get(kv, keys, 1, &value, e);
  if (r == RESULT_OK)
    r = take_card(reading, value, e);
  kv_values_clear(&value, 1);
  return r;
}

MUST_CHECK static enum result read_once(struct reading *reading, struct kv *kv, const char *merchant,
                                        reading_keys_fn add_keys, void *arg, struct err *e)
{
  reading_init(reading, merchant);
  enum result r = add_keys != NULL ? add_keys(arg, &reading->card, reading->keys, e) : RESULT_OK;
  if (r != RESULT_OK)
    return r;
  reading->values = g_new0(kv_value, reading->keys->len);
  return kv->get(kv, (const char *const *)reading->keys->pdata, reading->keys->len, reading->values, e);
}

/* Whether the card that came with the rows is the one that their keys were made from. */
static bool under_same_card(const struct reading *reading)
{
  GBytes *now = reading->values[READ_CARD];
  return now != NULL && g_bytes_equal(now, reading->card_bytes);
}

/* Reads under the card that was kept. False: there is none, or not all went well under it, for whatever
 * reason. */
static bool read_under_kept(struct reading *reading, struct kv *kv, const char *merchant,
                            struct view_cards *cards, reading_keys_fn add_keys, void *arg)
{
  GBytes *kept = cards != NULL ? g_hash_table_lookup(cards->bytes, merchant) : NULL;
  if (kept == NULL || take_card(reading, kept, NULL) != RESULT_OK)
    return false;
  if (read_once(reading, kv, merchant, add_keys, arg, NULL) == RESULT_OK && under_same_card(reading))
    return true;
  values_clear(reading);
  g_hash_table_remove(cards->bytes, merchant);
  return false;
}

MUST_CHECK static enum result read_under_card(struct reading *reading, struct kv *kv, const char *merchant,
                                              reading_keys_fn add_keys, void *arg, struct err *e)
{
  enum result r = read_card(reading, kv, merchant, e);
  for (int attempt = 0; r == RESULT_OK && attempt < 2; attempt++) {
    r = read_once(reading, kv, merchant, add_keys, arg, e);
    if (r != RESULT_OK)
      break;
    if (under_same_card(reading))
      return RESULT_OK;
    r = take_card(reading, reading->values[READ_CARD], e);
    values_clear(reading);
  }
  return r != RESULT_OK
             ? r
             : err_set(e, RESULT_UNAVAILABLE, "the merchant's rows were replaced twice while reading");
}

enum result reading_get(struct reading *out, struct kv *kv, const char *merchant, struct view_cards *cards,
                        reading_keys_fn add_keys, void *arg, struct err *e)
{
  enum result r = RESULT_OK;
  if (!read_under_kept(out, kv, merchant, cards, add_keys, arg))
    r = read_under_card(out, kv, merchant, add_keys, arg, e);
  if (r == RESULT_OK)
    cards_keep(cards, merchant, out->card_bytes);
  else
    reading_clear(out);
  return r;
}

/* ---- where the picture stands ---- */

static void stand_of(const struct head *head, const struct card *card, struct stand *out)
{
  bool by_ck = head->has_ck && head->ck >= card->base;
  out->as_of = by_ck ? head->ck : card->base;
  /* A base has no wall time of its own: the start of its second is a time at which the picture was surely
   * true. */
  out->as_of_ms = by_ck ? head->ck_wall_ms : (int64_t)cluster_time_seconds(card->base) * 1000;
  out->rebuilding = head->has_mark && card->base < head->mark;
  out->mark = head->has_mark ? head->mark : 0;
}

enum result reading_stand(const struct reading *reading, struct stand *out, struct err *e)
{
  const struct card *card = &reading->card;
  if (reading->values[READ_HEAD] == NULL)
    return err_set(e, RESULT_STALE, "no head: all figures are being rebuilt");
  struct head head;
  head_init(&head);
  enum result r = head_decode(reading->values[READ_HEAD], &head, e);
  if (r == RESULT_OK && strcmp(head.epoch, card->epoch) != 0)
    r = err_set(e, RESULT_STALE, "the card is of another epoch: this merchant's figures are being rebuilt");
  if (r == RESULT_OK && !card->cut)
    r = err_set(e, RESULT_STALE,
                "the merchant's zone or document is not understood on this server: no figures");
  if (r == RESULT_OK)
    stand_of(&head, card, out);
  head_clear(&head);
  return r;
}
