#include "stores/view.h"

#include <string.h>

#include <glib.h>

#include "domain/zone_cache.h"
#include "stores/keys.h"
#include "stores/view_plan.h"
#include "translation/row_codec.h"

/* The keys that every reading begins with, in this order; the rows come behind them. */
enum { READ_HEAD, READ_CARD, READ_PROOF, READ_PARKED, READ_FIXED };

/* Keys and what one MGET returned for them. */
struct reading {
  GPtrArray *keys;
  kv_value *values;
};

static void reading_init(struct reading *reading, const char *merchant, const char *prefix)
{
  reading->keys = g_ptr_array_new_with_free_func(g_free);
  reading->values = NULL;
  g_ptr_array_add(reading->keys, g_strdup(KEY_HEAD));
  g_ptr_array_add(reading->keys, key_card(merchant));
  g_ptr_array_add(reading->keys, key_proof(merchant));
  g_ptr_array_add(reading->keys, key_parked(merchant, prefix));
}

static void reading_clear(struct reading *reading)
{
  if (reading->values != NULL)
    kv_values_clear(reading->values, reading->keys->len);
  g_clear_pointer(&reading->values, g_free);
  g_clear_pointer(&reading->keys, g_ptr_array_unref);
}

MUST_CHECK static enum result reading_run(struct reading *reading, struct kv *kv, struct err *e)
{
  reading->values = g_new0(kv_value, reading->keys->len);
  return kv->get(kv, (const char *const *)reading->keys->pdata, reading->keys->len, reading->values, e);
}

/* A card as it was read: the bytes tell whether a later reading saw the same one. */
struct card_read {
  GBytes *bytes;
  struct card card;
};

MUST_CHECK static enum result card_read_take(struct card_read *into, GBytes *bytes, struct err *e)
{
  if (bytes == NULL)
    return err_set(e, RESULT_STALE, "no card: this merchant's figures are being built");
  enum result r = card_decode(bytes, &into->card, e);
  if (r != RESULT_OK)
    return r;
  g_clear_pointer(&into->bytes, g_bytes_unref);
  into->bytes = g_bytes_ref(bytes);
  return RESULT_OK;
}

MUST_CHECK static enum result card_read_first(struct kv *kv, const char *merchant, struct card_read *out,
                                              struct err *e)
{
  g_autofree char *key = key_card(merchant);
  const char *keys[] = {key};
  kv_value value = NULL;
  enum result r = kv->get(kv, keys, 1, &value, e);
  if (r == RESULT_OK)
    r = card_read_take(out, value, e);
  kv_values_clear(&value, 1);
  return r;
}

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

/* ---- where the picture stands ---- */

/* Where head and card together say the picture stands. */
struct stand {
  cluster_time as_of;
  int64_t as_of_ms;
  bool rebuilding;
  cluster_time mark;
};

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

MUST_CHECK static enum result stand_read(GBytes *head_bytes, const struct card *card, struct stand *out,
                                         struct err *e)
{
  if (head_bytes == NULL)
    return err_set(e, RESULT_STALE, "no head: all figures are being rebuilt");
  struct head head;
  head_init(&head);
  enum result r = head_decode(head_bytes, &head, e);
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

/* Reads the fixed keys and whatever `add_keys` adds at one instant, under one and the same card: when the
 * card that comes with the rows is not the one the keys were made from, once again. */
typedef enum result (*add_keys_fn)(void *arg, const struct card *card, GPtrArray *keys, struct err *e);

MUST_CHECK static enum result read_once(struct kv *kv, const char *merchant, struct card_read *card,
                                        add_keys_fn add_keys, void *arg, struct reading *reading,
                                        struct err *e)
{
  reading_init(reading, merchant, card->card.prefix);
  enum result r = add_keys != NULL ? add_keys(arg, &card->card, reading->keys, e) : RESULT_OK;
  if (r == RESULT_OK)
    r = reading_run(reading, kv, e);
  return r;
}

/* Whether the card that came with the rows is the one that their keys were made from. */
static bool under_same_card(const struct reading *reading, const struct card_read *card)
{
  GBytes *now = reading->values[READ_CARD];
  return now != NULL && g_bytes_equal(now, card->bytes);
}

/* Reads under the card that was kept. False: there is none, or not all went well under it, for whatever
 * reason. */
static bool read_under_kept(struct kv *kv, const char *merchant, struct view_cards *cards,
                            struct card_read *card, add_keys_fn add_keys, void *arg, struct reading *reading)
{
  GBytes *kept = cards != NULL ? g_hash_table_lookup(cards->bytes, merchant) : NULL;
  if (kept == NULL || card_read_take(card, kept, NULL) != RESULT_OK)
    return false;
  if (read_once(kv, merchant, card, add_keys, arg, reading, NULL) == RESULT_OK &&
      under_same_card(reading, card))
    return true;
  reading_clear(reading);
  g_hash_table_remove(cards->bytes, merchant);
  return false;
}

MUST_CHECK static enum result read_under_card(struct kv *kv, const char *merchant, struct card_read *card,
                                              add_keys_fn add_keys, void *arg, struct reading *reading,
                                              struct err *e)
{
  enum result r = card_read_first(kv, merchant, card, e);
  for (int attempt = 0; r == RESULT_OK && attempt < 2; attempt++) {
    r = read_once(kv, merchant, card, add_keys, arg, reading, e);
    if (r != RESULT_OK)
      break;
    if (under_same_card(reading, card))
      return RESULT_OK;
    r = card_read_take(card, reading->values[READ_CARD], e);
    reading_clear(reading);
  }
  reading_clear(reading);
  return r != RESULT_OK
             ? r
             : err_set(e, RESULT_UNAVAILABLE, "the merchant's rows were replaced twice while reading");
}

/* ---- a question ---- */

struct asking {
  const struct view_question *question;
  struct row_layout layout; /* of the card's rows: an older or newer build may have cut them */
  struct view *view;
  struct view_plan plan;
};

MUST_CHECK static enum result choose_currencies(struct asking *asking, const struct card *card, struct err *e)
{
  struct view *view = asking->view;
  const char *wanted = asking->question->currency;
  view->parts = g_new0(struct view_part, card->currency_count);
  view->part_count = 0;
  for (size_t i = 0; i < card->currency_count; i++)
    if (wanted == NULL || strcmp(wanted, card->currencies[i]) == 0)
      memcpy(view->parts[view->part_count++].currency, card->currencies[i], sizeof card->currencies[i]);
  if (wanted != NULL && view->part_count == 0)
    return err_set(e, RESULT_INVALID, "the merchant does not sell in '%s'", wanted);
  return RESULT_OK;
}

/* Forgets what was planned under another card. */
static void asking_reset(struct asking *asking)
{
  g_clear_pointer(&asking->view->parts, g_free);
  asking->view->part_count = 0;
  view_plan_clear(&asking->plan);
}

MUST_CHECK static enum result add_row_keys(void *arg, const struct card *card, GPtrArray *keys, struct err *e)
{
  struct asking *asking = arg;
  const struct view_question *question = asking->question;
  struct view *view = asking->view;
  asking_reset(asking);
  if (!card->cut)
    return RESULT_OK; /* stand_read says why */
  struct err why = ERR_NONE;
  if (zone_cache_get_of(card->zone, card->zone_rules, &view->zone, &why) != RESULT_OK)
    return err_set(e, RESULT_STALE, "the merchant's hours are not known here: %s", why.text);
  enum result r = question->range(question->range_arg, view->zone, &view->range, &view->interval, e);
  if (r == RESULT_OK)
    r = choose_currencies(asking, card, e);
  if (r != RESULT_OK)
    return r;
  view_plan_init(&asking->plan, view->zone, &view->range, view->interval);
  for (size_t i = 0; i < view->part_count; i++)
    for (guint s = 0; s < asking->plan.sources->len; s++)
      g_ptr_array_add(keys, view_plan_key(&g_array_index(asking->plan.sources, struct view_source, s),
                                          question->merchant, card->prefix, view->parts[i].currency));
  return RESULT_OK;
}

static bool piece_parked(const struct view *view, const struct view_piece *piece, enum view_source_kind kind,
                         const char *currency)
{
  if (kind == VIEW_HOURS)
    return parked_list_has(&view->parked, piece->hour.start, currency);
  for (guint i = 0; i < view->parked.items->len; i++) {
    const struct parked *item = &g_array_index(view->parked.items, struct parked, i);
    bool same_currency =
        strcmp(item->currency, currency) == 0 || strcmp(item->currency, PARKED_ANY_CURRENCY) == 0;
    if (same_currency && bucket_date_at(view->zone, item->start) == piece->date)
      return true;
  }
  return false;
}

MUST_CHECK static enum result add_piece(const struct asking *asking, struct view_part *part,
                                        const struct view_piece *piece, GBytes *const *values, struct err *e)
{
  const struct view *view = asking->view;
  const struct view_plan *plan = &asking->plan;
  const struct view_source *source = &g_array_index(plan->sources, struct view_source, piece->source);
  struct view_bucket *bucket = &part->buckets[piece->bucket];
  if (piece_parked(view, piece, source->kind, part->currency)) {
    bucket->known = false;
    return RESULT_OK;
  }
  struct row row;
  enum result r =
      row_codec_read_laid_out(&asking->layout, values[piece->source], piece->slot, piece->start, &row, e);
  if (r == RESULT_OK)
    bucket->lost |= row_add_columns(&bucket->row, &row);
  return r;
}

static void sum_up(const struct view *view, struct view_part *part)
{
  part->total = (struct view_bucket){.end = view->range.to, .known = true, .row = row_zero(view->range.from)};
  for (size_t i = 0; i < part->bucket_count; i++) {
    const struct view_bucket *bucket = &part->buckets[i];
    part->total.known = part->total.known && bucket->known;
    if (bucket->known)
      part->total.lost |= bucket->lost | row_add_columns(&part->total.row, &bucket->row);
  }
}

MUST_CHECK static enum result fill_part(const struct asking *asking, struct view_part *part,
                                        GBytes *const *values, struct err *e)
{
  const struct view *view = asking->view;
  const struct view_plan *plan = &asking->plan;
  part->bucket_count = plan->buckets->len;
  part->buckets = g_new0(struct view_bucket, plan->buckets->len);
  for (guint i = 0; i < plan->buckets->len; i++) {
    const struct view_plan_bucket *planned = &g_array_index(plan->buckets, struct view_plan_bucket, i);
    part->buckets[i] =
        (struct view_bucket){.end = planned->end, .known = true, .row = row_zero(planned->start)};
  }
  for (guint i = 0; i < plan->pieces->len; i++) {
    enum result r = add_piece(asking, part, &g_array_index(plan->pieces, struct view_piece, i), values, e);
    if (r != RESULT_OK)
      return r;
  }
  sum_up(view, part);
  return RESULT_OK;
}

/* A derived metric is known where all that it is made of is. */
static void note_known_metrics(const struct row_layout *layout, bool known[METRIC_ALL])
{
  uint32_t kept = 0;
  for (int m = 0; m < METRIC_ADDITIVE; m++)
    kept |= layout->where[m] >= 0 ? 1u << m : 0;
  for (int m = 0; m < METRIC_ALL; m++)
    known[m] = (metric_made_of(m) & ~kept) == 0;
}

MUST_CHECK static enum result fill(struct asking *asking, const struct reading *reading,
                                   const struct card *card, struct err *e)
{
  struct view *view = asking->view;
  struct stand stand;
  enum result r = stand_read(reading->values[READ_HEAD], card, &stand, e);
  if (r == RESULT_OK)
    r = proof_decode(reading->values[READ_PROOF], &view->proof, e);
  if (r == RESULT_OK)
    r = parked_list_decode(reading->values[READ_PARKED], &view->parked, e);
  if (r == RESULT_OK)
    r = row_layout_parse(card->columns, &asking->layout, e);
  if (r != RESULT_OK)
    return r;
  note_known_metrics(&asking->layout, view->metric_known);
  view->card = *card;
  view->as_of = stand.as_of;
  view->as_of_ms = stand.as_of_ms;
  view->rebuilding = stand.rebuilding;
  view->complete = !stand.rebuilding && view->range.to <= (int64_t)cluster_time_seconds(stand.as_of);
  guint sources = asking->plan.sources->len;
  for (size_t i = 0; i < view->part_count; i++) {
    r = fill_part(asking, &view->parts[i], reading->values + READ_FIXED + i * sources, e);
    if (r != RESULT_OK)
      return r;
    view->complete = view->complete && view->parts[i].total.known;
  }
  return RESULT_OK;
}

enum result view_read(struct kv *kv, const struct view_question *question, struct view *out, struct err *e)
{
  *out = (struct view){.zone = NULL};
  parked_list_init(&out->parked);
  struct asking asking = {.question = question, .view = out};
  struct card_read card = {.bytes = NULL};
  struct reading reading = {.keys = NULL};
  const char *merchant = question->merchant;
  enum result r = RESULT_OK;
  if (!read_under_kept(kv, merchant, question->cards, &card, add_row_keys, &asking, &reading))
    r = read_under_card(kv, merchant, &card, add_row_keys, &asking, &reading, e);
  if (r == RESULT_OK) {
    cards_keep(question->cards, merchant, card.bytes);
    r = fill(&asking, &reading, &card.card, e);
  }
  reading_clear(&reading);
  view_plan_clear(&asking.plan);
  g_clear_pointer(&card.bytes, g_bytes_unref);
  if (r != RESULT_OK)
    view_clear(out);
  return r;
}

enum result view_bucket_check(const struct view_bucket *bucket, int metric, struct err *e)
{
  if (!bucket->known || (metric_made_of(metric) & bucket->lost) == 0)
    return RESULT_OK;
  return err_set(e, RESULT_OUT_OF_RANGE, "%s leaves the exact range", metric_table[metric].name);
}

void view_clear(struct view *view)
{
  for (size_t i = 0; i < view->part_count; i++)
    g_free(view->parts[i].buckets);
  g_clear_pointer(&view->parts, g_free);
  view->part_count = 0;
  parked_list_clear(&view->parked);
}

/* ---- the stamp ---- */

MUST_CHECK static enum result fill_stamp(struct view_stamp *out, const struct reading *reading,
                                         const struct card *card, struct err *e)
{
  struct stand stand;
  enum result r = stand_read(reading->values[READ_HEAD], card, &stand, e);
  if (r == RESULT_OK)
    r = proof_decode(reading->values[READ_PROOF], &out->proof, e);
  if (r == RESULT_OK)
    r = parked_list_decode(reading->values[READ_PARKED], &out->parked, e);
  if (r != RESULT_OK)
    return r;
  out->card = *card;
  out->as_of = stand.as_of;
  out->as_of_ms = stand.as_of_ms;
  out->rebuilding = stand.rebuilding;
  out->rebuild_mark = stand.mark;
  return RESULT_OK;
}

enum result view_read_stamp(struct kv *kv, const char *merchant, struct view_stamp *out, struct err *e)
{
  *out = (struct view_stamp){.as_of = 0};
  parked_list_init(&out->parked);
  struct card_read card = {.bytes = NULL};
  struct reading reading = {.keys = NULL};
  enum result r = read_under_card(kv, merchant, &card, NULL, NULL, &reading, e);
  if (r == RESULT_OK)
    r = fill_stamp(out, &reading, &card.card, e);
  reading_clear(&reading);
  g_clear_pointer(&card.bytes, g_bytes_unref);
  if (r != RESULT_OK)
    view_stamp_clear(out);
  return r;
}

void view_stamp_clear(struct view_stamp *stamp)
{
  parked_list_clear(&stamp->parked);
}
