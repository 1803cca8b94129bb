#include "batch/backlog.h"

#include <string.h>

#include "base/log.h"
#include "base/mutant.h"
#include "batch/picture.h"
#include "batch/recut.h"
#include "domain/metric.h"
#include "translation/card.h"

#define BUDGET_MS 1000 /* so long flushes wait for merchants of the backlog */
#define REST_MS 60000
#define REST_TIMES 10
#define REST_MOST_MS 3600000
#define LOOK_MS 600000 /* the store may have lost a card that was cut here */
#define PAUSE_MS 60000 /* where nobody can be cut at all */

void backlog_init(struct backlog *backlog)
{
  *backlog = (struct backlog){.rests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
}

void backlog_clear(struct backlog *backlog)
{
  g_clear_pointer(&backlog->rests, g_hash_table_unref);
}

static int64_t now_ms(const struct batch *batch)
{
  return batch->clock->monotonic_ms(batch->clock);
}

void backlog_put(struct batch *batch, const char *merchant, int64_t began_ms)
{
  struct backlog *backlog = batch->backlog;
  int64_t ended_ms = now_ms(batch);
  int64_t until_ms = ended_ms + CLAMP(REST_TIMES * (ended_ms - began_ms), REST_MS, REST_MOST_MS);
  g_hash_table_insert(backlog->rests, g_strdup(merchant), g_memdup2(&until_ms, sizeof until_ms));
  backlog->next_ms = MIN(backlog->next_ms, until_ms);
}

bool backlog_has(const struct backlog *backlog, const char *merchant)
{
  return g_hash_table_contains(backlog->rests, merchant);
}

static bool outdated(GBytes *bytes, const struct head *head)
{
  struct card card;
  if (bytes == NULL || card_decode(bytes, &card, NULL) != RESULT_OK || strcmp(card.epoch, head->epoch) != 0)
    return !MUTANT("backlog-leaves-cardless");
  return strcmp(card.metric_table, metric_table_hash()) != 0 ||
         strcmp(card.zone_rules, recut_zone_rules(card.zone)) != 0;
}

/* RESULT_UNAVAILABLE: nobody can be cut just now. */
MUST_CHECK static enum result cut_one(struct batch *batch, const char *merchant, struct err *e)
{
  struct err why = ERR_NONE;
  struct head head;
  int64_t began_ms = now_ms(batch);
  enum result r = recut_merchant(batch, merchant, 0, &why);
  if (r == RESULT_OK || r == RESULT_NOT_FOUND)
    return RESULT_OK;
  head_init(&head);
  bool alone = picture_stores_answer(batch, &head);
  head_clear(&head);
  if (!alone)
    return err_set(e, RESULT_UNAVAILABLE, "%s", why.text);
  backlog_put(batch, merchant, began_ms);
  log_event(LOG_LEVEL_WARN, "merchant_not_cut", "merchant=%s why=\"%s\"", merchant, why.text);
  return RESULT_OK;
}

/* *all: nobody is left, but those who rest. */
MUST_CHECK static enum result cut_some(struct batch *batch, const struct picture *picture, bool *all,
                                       struct err *e)
{
  int64_t until_ms = now_ms(batch) + BUDGET_MS;
  enum result r = RESULT_OK;
  *all = false;
  for (guint i = 0; r == RESULT_OK && i < picture->ids->len; i++) {
    const char *merchant = g_ptr_array_index(picture->ids, i);
    if (!outdated(picture_card(picture, i), &picture->head) || backlog_has(batch->backlog, merchant))
      continue;
    if (now_ms(batch) >= until_ms)
      return RESULT_OK;
    r = cut_one(batch, merchant, e);
  }
  *all = r == RESULT_OK;
  return r;
}

MUST_CHECK static enum result read_and_cut(struct batch *batch, bool *all, struct err *e)
{
  struct picture picture;
  g_autoptr(GHashTable) nobody = g_hash_table_new(g_str_hash, g_str_equal);
  picture_init(&picture);
  enum result r = picture_list(batch, picture.ids, e);
  if (r == RESULT_OK) {
    r = picture_read(&picture, batch, nobody, e);
    batch->kv->unwatch(batch->kv);
  }
  if (r == RESULT_OK && (!picture.head.has_ck || picture.head.has_mark))
    r = err_set(e, RESULT_UNAVAILABLE, "a rebuild cuts them");
  if (r == RESULT_OK)
    r = cut_some(batch, &picture, all, e);
  picture_clear(&picture);
  return r;
}

static gboolean has_rested(gpointer id, gpointer until_ms, gpointer at_ms)
{
  (void)id;
  return *(const int64_t *)until_ms <= *(const int64_t *)at_ms;
}

/* When somebody has rested, or all cards are to be looked at all the same. */
static int64_t next_look(const struct backlog *backlog, int64_t at_ms)
{
  GHashTableIter iter;
  gpointer until_ms;
  int64_t next_ms = at_ms + LOOK_MS;
  g_hash_table_iter_init(&iter, backlog->rests);
  while (g_hash_table_iter_next(&iter, NULL, &until_ms))
    next_ms = MIN(next_ms, *(const int64_t *)until_ms);
  return next_ms;
}

void backlog_work(struct batch *batch)
{
  struct backlog *backlog = batch->backlog;
  struct err why = ERR_NONE;
  int64_t at_ms = now_ms(batch);
  bool all = false;
  if (at_ms < backlog->next_ms)
    return;
  g_hash_table_foreach_remove(backlog->rests, has_rested, &at_ms);
  if (read_and_cut(batch, &all, &why) != RESULT_OK) {
    backlog->next_ms = at_ms + PAUSE_MS;
    log_event(LOG_LEVEL_INFO, "backlog_waits", "why=\"%s\"", why.text);
  } else {
    backlog->next_ms = all ? next_look(backlog, at_ms) : at_ms;
  }
}
