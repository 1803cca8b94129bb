#include "batch/rebuild.h"

#include <string.h>

#include "base/counters.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/mutant.h"
#include "batch/recut.h"
#include "domain/metric.h"
#include "stores/keys.h"
#include "translation/card.h"
#include "translation/head.h"
#include "translation/position.h"

const char *rebuild_outcome_name(enum rebuild_outcome outcome)
{
  static const char *const names[] = {"done", "lost", "retry"};
  return names[outcome];
}

static enum rebuild_outcome outcome_of(enum result r)
{
  return r == RESULT_OK ? REBUILD_DONE : r == RESULT_NOT_FOUND ? REBUILD_LOST : REBUILD_RETRY;
}

static void write_head(struct kv_writes *writes, const struct head *head)
{
  g_autofree char *text = head_encode(head);
  kv_writes_set(writes, KEY_HEAD, text, strlen(text));
}

/* ---- the mark ---- */

/* The head names one pipeline. A token at ck that came from another becomes the time of ck, which every
 * pipeline can be opened at. */
static void take_over(struct head *head, const char *pipeline)
{
  char position[POSITION_AT_SIZE];
  if (head->has_ck && strcmp(head->pipeline, pipeline) != 0) {
    g_free(head->token);
    head->token = g_strdup(position_at(head->ck, position));
  }
  g_strlcpy(head->pipeline, pipeline, sizeof head->pipeline);
}

/* A head is only ever made with a new random epoch and no ck. */
static void mark_head(struct head *head, const struct rebuild *rebuild)
{
  if (head->epoch[0] == '\0' || rebuild->new_epoch)
    head_new(head);
  g_free(head->mark_token);
  head->has_mark = true;
  head->mark = rebuild->mark;
  head->mark_token = g_strdup(rebuild->token);
  take_over(head, rebuild->pipeline);
}

/* A head that cannot be read is as good as none. */
static void read_head(GBytes *bytes, struct head *head)
{
  head_clear(head);
  if (bytes != NULL && head_decode(bytes, head, NULL) != RESULT_OK)
    log_event(LOG_LEVEL_ERROR, "head_unreadable", "key=%s", KEY_HEAD);
}

MUST_CHECK static enum result try_mark(struct batch *batch, const struct rebuild *rebuild, struct err *e)
{
  struct kv *kv = batch->kv;
  const char *keys[] = {KEY_HEAD};
  kv_value value = NULL;
  struct kv_writes writes;
  struct head head;
  head_init(&head);
  kv_writes_init(&writes);
  enum result r = kv->watch(kv, keys, 1, e);
  if (r == RESULT_OK)
    r = kv->get(kv, keys, 1, &value, e);
  if (r == RESULT_OK) {
    read_head(value, &head);
    mark_head(&head, rebuild);
    write_head(&writes, &head);
    FAILPOINT("batch.rebuild_before_mark");
    r = kv->exec(kv, &writes, e);
  } else {
    kv->unwatch(kv);
  }
  kv_values_clear(&value, 1);
  kv_writes_clear(&writes);
  head_clear(&head);
  return r;
}

MUST_CHECK static enum result set_mark(struct batch *batch, const struct rebuild *rebuild, struct err *e)
{
  enum result r = RESULT_CONFLICT;
  for (int attempt = 0; r == RESULT_CONFLICT && attempt < BATCH_CONFLICTS_MAX; attempt++) {
    err_clear(e);
    r = try_mark(batch, rebuild, e);
  }
  return r;
}

/* ---- the merchants ---- */

static void collect_id(const char *id, void *arg)
{
  g_ptr_array_add(arg, g_strdup(id));
}

/* The ids of all merchants, read now: after T0. */
MUST_CHECK static enum result list_merchants(struct batch *batch, GPtrArray *ids, struct err *e)
{
  cluster_time now;
  enum result r = batch->source->now(batch->source, &now, e);
  return r == RESULT_OK ? batch->source->merchants(batch->source, now, collect_id, ids, e) : r;
}

struct picture {
  struct head head;
  GPtrArray *ids;
  kv_value *values; /* head, then the card of each */
};

static void picture_clear(struct picture *picture)
{
  head_clear(&picture->head);
  if (picture->values != NULL)
    kv_values_clear(picture->values, picture->ids->len + 1);
  g_clear_pointer(&picture->values, g_free);
  g_clear_pointer(&picture->ids, g_ptr_array_unref);
}

/* The head, and the cards that the finish takes away: who has been cut meanwhile must keep his. */
MUST_CHECK static enum result watch(struct kv *kv, GHashTable *given_up, struct err *e)
{
  GHashTableIter iter;
  gpointer id;
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(keys, g_strdup(KEY_HEAD));
  g_hash_table_iter_init(&iter, given_up);
  while (g_hash_table_iter_next(&iter, &id, NULL))
    g_ptr_array_add(keys, key_card(id));
  return kv->watch(kv, (const char *const *)keys->pdata, keys->len, e);
}

/* Reads the head and every merchant's card. The head is watched, and so are the cards of `given_up`. */
MUST_CHECK static enum result picture_read(struct picture *picture, struct batch *batch, bool list_anew,
                                           GHashTable *given_up, struct err *e)
{
  struct kv *kv = batch->kv;
  enum result r = list_anew ? list_merchants(batch, picture->ids, e) : RESULT_OK;
  if (r != RESULT_OK)
    return r;
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(keys, g_strdup(KEY_HEAD));
  for (guint i = 0; i < picture->ids->len; i++)
    g_ptr_array_add(keys, key_card(g_ptr_array_index(picture->ids, i)));
  picture->values = g_new0(kv_value, keys->len);
  r = watch(kv, given_up, e);
  if (r == RESULT_OK)
    r = kv->get(kv, (const char *const *)keys->pdata, keys->len, picture->values, e);
  if (r == RESULT_OK)
    read_head(picture->values[0], &picture->head);
  return r;
}

static void picture_init(struct picture *picture)
{
  head_init(&picture->head);
  picture->ids = g_ptr_array_new_with_free_func(g_free);
  picture->values = NULL;
}

static bool our_mark(const struct head *head, const struct rebuild *rebuild)
{
  return head->has_mark && head->mark == rebuild->mark && strcmp(head->mark_token, rebuild->token) == 0;
}

/* Whether the merchant's rows are true at the mark or later: they are at max(ck, base). It is ck where
 * another tailer with a position of its own goes on meanwhile; then a cut could never be as new as ck, and
 * nobody needs it. */
static bool card_past(GBytes *bytes, const struct head *head, cluster_time mark)
{
  struct card card;
  if (bytes == NULL || card_decode(bytes, &card, NULL) != RESULT_OK || strcmp(card.epoch, head->epoch) != 0)
    return false;
  return card.base >= mark || (head->has_ck && head->ck >= mark);
}

static void tell_progress(const struct batch *batch, guint done, guint all)
{
  int64_t now_ms = batch->clock->wall_ms(batch->clock);
  counter_set(COUNTER_REBUILD_MERCHANTS, 0, all, now_ms);
  counter_set(COUNTER_REBUILD_MERCHANTS_DONE, 0, done, now_ms);
}

/* Whether a failure was the merchant's alone, so that the next may be tried: both stores answer, and the mark
 * is still ours. Otherwise each of thousands would wait for them, or be folded, in vain. */
static bool others_can_be_cut(struct batch *batch, const struct rebuild *rebuild)
{
  const char *keys[] = {KEY_HEAD};
  kv_value value = NULL;
  cluster_time now;
  struct head head;
  head_init(&head);
  bool answered = batch->source->now(batch->source, &now, NULL) == RESULT_OK &&
                  batch->kv->get(batch->kv, keys, 1, &value, NULL) == RESULT_OK;
  if (answered)
    read_head(value, &head);
  bool ours = answered && our_mark(&head, rebuild);
  kv_values_clear(&value, 1);
  head_clear(&head);
  return ours;
}

/* So long after the mark the others wait for a merchant that cannot be cut. */
#define REBUILD_PATIENCE_MS 60000

/* Whether the end need not wait for that merchant any longer: another re-cut is asked for, with an event of
 * its own after the mark. */
static bool give_up(struct batch *batch, const struct rebuild *rebuild, const char *id, GHashTable *given_up)
{
  int64_t mark_ms = (int64_t)cluster_time_seconds(rebuild->mark) * 1000;
  if (batch->clock->wall_ms(batch->clock) - mark_ms <= REBUILD_PATIENCE_MS ||
      batch->source->ask_recut(batch->source, id, NULL) != RESULT_OK)
    return false;
  g_hash_table_add(given_up, g_strdup(id));
  return true;
}

/* Re-cuts those whose base is before the mark. One that cannot be cut does not keep the others from it; the
 * first failure, but of those given up, is the result. */
MUST_CHECK static enum result cut_behind(struct batch *batch, const struct picture *picture,
                                         const struct rebuild *rebuild, GHashTable *given_up, struct err *e)
{
  enum result first = RESULT_OK;
  guint failed = 0;
  for (guint i = 0; i < picture->ids->len; i++) {
    const char *id = g_ptr_array_index(picture->ids, i);
    tell_progress(batch, i - failed, picture->ids->len);
    if (card_past(picture->values[i + 1], &picture->head, rebuild->mark))
      continue;
    FAILPOINT("batch.rebuild_before_merchant");
    struct err why = ERR_NONE;
    enum result r = recut_merchant(batch, id, rebuild->mark, &why);
    if (r == RESULT_OK || r == RESULT_NOT_FOUND)
      continue;
    failed++;
    log_event(LOG_LEVEL_WARN, "merchant_not_cut", "merchant=%s why=\"%s\"", id, why.text);
    if (!others_can_be_cut(batch, rebuild))
      return first == RESULT_OK ? err_set(e, r, "%s", why.text) : first;
    if (!give_up(batch, rebuild, id, given_up))
      first = first == RESULT_OK ? err_set(e, r, "%s", why.text) : first;
  }
  tell_progress(batch, picture->ids->len - failed, picture->ids->len);
  return first;
}

/* Whether each merchant is past the mark or given up. The cards of those given up go: the figures of one who
 * has none are unknown. */
static bool settle_all(const struct picture *picture, const struct rebuild *rebuild, GHashTable *given_up,
                       struct kv_writes *writes)
{
  for (guint i = 0; i < picture->ids->len; i++) {
    const char *id = g_ptr_array_index(picture->ids, i);
    if (card_past(picture->values[i + 1], &picture->head, rebuild->mark))
      continue;
    if (!g_hash_table_contains(given_up, id))
      return false;
    g_autofree char *key = key_card(id);
    if (!MUTANT("rebuild-leaves-cards"))
      kv_writes_delete(writes, key);
  }
  return true;
}

/* ---- the finish ---- */

static void finish_head(struct head *head, const struct rebuild *rebuild)
{
  if (!head->has_ck || head->ck < rebuild->mark) {
    head->has_ck = true;
    head->ck = rebuild->mark;
    head->ck_wall_ms = MAX(head->ck_wall_ms, (int64_t)cluster_time_seconds(rebuild->mark) * 1000);
    g_free(head->token);
    head->token = g_strdup(rebuild->token);
  }
  head->has_mark = false;
  head->mark = 0;
  g_clear_pointer(&head->mark_token, g_free);
}

/* RESULT_CONFLICT: some merchant is not past the mark, or the head changed. RESULT_NOT_FOUND: the mark is not
 * ours. */
MUST_CHECK static enum result try_finish(struct batch *batch, const struct rebuild *rebuild,
                                         GHashTable *given_up, struct err *e)
{
  struct kv *kv = batch->kv;
  struct picture picture;
  struct kv_writes writes;
  picture_init(&picture);
  kv_writes_init(&writes);
  enum result r = picture_read(&picture, batch, !MUTANT("rebuild-finishes-unlisted"), given_up, e);
  if (r == RESULT_OK && !our_mark(&picture.head, rebuild))
    r = err_set(e, RESULT_NOT_FOUND, "the mark in the head is another's");
  if (r == RESULT_OK && !settle_all(&picture, rebuild, given_up, &writes))
    r = RESULT_CONFLICT;
  if (r == RESULT_OK) {
    finish_head(&picture.head, rebuild);
    write_head(&writes, &picture.head);
    FAILPOINT("batch.rebuild_before_finish");
    r = kv->exec(kv, &writes, e);
  } else {
    kv->unwatch(kv);
  }
  kv_writes_clear(&writes);
  picture_clear(&picture);
  return r;
}

MUST_CHECK static enum result cut_all(struct batch *batch, const struct rebuild *rebuild,
                                      GHashTable *given_up, struct err *e)
{
  struct picture picture;
  picture_init(&picture);
  g_hash_table_remove_all(given_up);
  enum result r = picture_read(&picture, batch, true, given_up, e);
  batch->kv->unwatch(batch->kv);
  if (r == RESULT_OK && !our_mark(&picture.head, rebuild))
    r = err_set(e, RESULT_NOT_FOUND, "the mark in the head is another's");
  if (r == RESULT_OK)
    r = cut_behind(batch, &picture, rebuild, given_up, e);
  picture_clear(&picture);
  return r;
}

/* Merchants that are made meanwhile want another round. */
#define REBUILD_ROUNDS 50

MUST_CHECK static enum result cut_until_finished(struct batch *batch, const struct rebuild *rebuild,
                                                 struct err *e)
{
  enum result r = RESULT_CONFLICT;
  g_autoptr(GHashTable) given_up = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (int round = 0; r == RESULT_CONFLICT && round < REBUILD_ROUNDS; round++) {
    err_clear(e);
    r = cut_all(batch, rebuild, given_up, e);
    if (r == RESULT_OK)
      r = try_finish(batch, rebuild, given_up, e);
  }
  return r;
}

enum rebuild_outcome rebuild_run(struct batch *batch, const struct rebuild *rebuild, struct err *e)
{
  log_event(LOG_LEVEL_INFO, "rebuild_started", "mark=%" PRI_CLUSTER_TIME " new_epoch=%d resume=%d",
            rebuild->mark, rebuild->new_epoch, rebuild->resume);
  enum result r = rebuild->resume ? RESULT_OK : set_mark(batch, rebuild, e);
  if (r == RESULT_OK)
    r = cut_until_finished(batch, rebuild, e);
  log_event(LOG_LEVEL_INFO, "rebuild_ended", "mark=%" PRI_CLUSTER_TIME " result=%s", rebuild->mark,
            result_name(r));
  counter_add(COUNTER_REBUILDS, outcome_of(r), 1);
  return outcome_of(r);
}

/* ---- after an upgrade ---- */

static bool outdated(GBytes *bytes, const struct head *head)
{
  struct card card;
  if (bytes == NULL || card_decode(bytes, &card, NULL) != RESULT_OK || strcmp(card.epoch, head->epoch) != 0)
    return false; /* its merchants event, or a rebuild, will cut it */
  return strcmp(card.metric_table, metric_table_hash()) != 0 ||
         strcmp(card.zone_rules, recut_zone_rules(card.zone)) != 0;
}

enum result rebuild_outdated(struct batch *batch, int64_t budget_ms, bool *all, struct err *e)
{
  int64_t until = batch->clock->monotonic_ms(batch->clock) + budget_ms;
  struct picture picture;
  picture_init(&picture);
  g_autoptr(GHashTable) nobody = g_hash_table_new(g_str_hash, g_str_equal);
  enum result r = picture_read(&picture, batch, true, nobody, e);
  batch->kv->unwatch(batch->kv);
  *all = r == RESULT_OK;
  for (guint i = 0; picture.values != NULL && i < picture.ids->len; i++) {
    if (!outdated(picture.values[i + 1], &picture.head))
      continue;
    if (batch->clock->monotonic_ms(batch->clock) >= until) {
      *all = false;
      break;
    }
    struct err why = ERR_NONE;
    enum result cut = recut_merchant(batch, g_ptr_array_index(picture.ids, i), 0, &why);
    if (cut == RESULT_OK || cut == RESULT_NOT_FOUND)
      continue;
    *all = false;
    r = r == RESULT_OK ? err_set(e, cut, "%s", why.text) : r;
  }
  picture_clear(&picture);
  return r;
}
