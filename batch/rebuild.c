#include "batch/rebuild.h"

#include <string.h>

#include "base/counters.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/mutant.h"
#include "batch/backlog.h"
#include "batch/picture.h"
#include "batch/recut.h"
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
    picture_take_head(value, &head);
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

/* Otherwise each of thousands would be folded in vain. */
static bool mark_is_ours(struct batch *batch, const struct rebuild *rebuild)
{
  const char *keys[] = {KEY_HEAD};
  kv_value value = NULL;
  struct head head;
  head_init(&head);
  bool read = batch->kv->get(batch->kv, keys, 1, &value, NULL) == RESULT_OK;
  if (read)
    picture_take_head(value, &head);
  bool ours = read && our_mark(&head, rebuild);
  kv_values_clear(&value, 1);
  head_clear(&head);
  return ours;
}

/* Whether the others have waited for long enough. */
static bool is_late(const struct batch *batch, const struct rebuild *rebuild)
{
  int64_t mark_ms = (int64_t)cluster_time_seconds(rebuild->mark) * 1000;
  return batch->clock->wall_ms(batch->clock) - mark_ms > BATCH_PATIENCE_MS;
}

/* A merchant that was given up goes into `given_up`; one that fails otherwise keeps the end waiting. */
struct round {
  struct batch *batch;
  const struct rebuild *rebuild;
  GHashTable *given_up;
  enum result first; /* failure of those that are waited for */
  guint failed;      /* or given up */
};

/* RESULT_UNAVAILABLE: nobody can be cut for that mark just now. */
MUST_CHECK static enum result cut_one(struct round *round, const char *id, struct err *e)
{
  struct batch *batch = round->batch;
  bool late = is_late(batch, round->rebuild);
  if (late && backlog_has(batch->backlog, id)) {
    round->failed++;
    g_hash_table_add(round->given_up, g_strdup(id));
    return RESULT_OK;
  }
  FAILPOINT("batch.rebuild_before_merchant");
  struct err why = ERR_NONE;
  int64_t began_ms = batch->clock->monotonic_ms(batch->clock);
  enum result r = recut_merchant(batch, id, round->rebuild->mark, &why);
  if (r == RESULT_OK || r == RESULT_NOT_FOUND) {
    backlog_forget(batch->backlog, id);
    return RESULT_OK;
  }
  round->failed++;
  log_event(LOG_LEVEL_WARN, "merchant_not_cut", "merchant=%s why=\"%s\"", id, why.text);
  enum failure failure = backlog_failed(batch, id, 0, began_ms, is_late(batch, round->rebuild), &why);
  if (failure == FAILURE_NOBODYS || !mark_is_ours(batch, round->rebuild))
    return err_set(e, RESULT_UNAVAILABLE, "%s", why.text);
  if (failure == FAILURE_GIVEN_UP)
    g_hash_table_add(round->given_up, g_strdup(id));
  else if (round->first == RESULT_OK)
    round->first = err_set(e, r, "%s", why.text);
  return RESULT_OK;
}

/* Re-cuts those whose base is before the mark. One that cannot be cut does not keep the others from it; the
 * first failure, but of those given up, is the result. Where all fail it is nobody's fault, and their old
 * figures stay. */
MUST_CHECK static enum result cut_behind(struct batch *batch, const struct picture *picture,
                                         const struct rebuild *rebuild, GHashTable *given_up, struct err *e)
{
  struct round round = {.batch = batch, .rebuild = rebuild, .given_up = given_up, .first = RESULT_OK};
  guint count = picture->ids->len;
  for (guint i = 0; i < count; i++) {
    tell_progress(batch, i - round.failed, count);
    if (card_past(picture_card(picture, i), &picture->head, rebuild->mark))
      continue;
    enum result r = cut_one(&round, g_ptr_array_index(picture->ids, i), e);
    if (r != RESULT_OK)
      return r;
  }
  tell_progress(batch, count - round.failed, count);
  if (round.failed < count || round.first != RESULT_OK || count == 0)
    return round.first;
  for (guint i = 0; i < count; i++)
    backlog_forget(batch->backlog, g_ptr_array_index(picture->ids, i));
  return err_set(e, RESULT_UNAVAILABLE, "no merchant can be cut");
}

/* Whether each merchant is past the mark or given up. The cards of those given up go: the figures of one who
 * has none are unknown. */
static bool settle_all(const struct picture *picture, const struct rebuild *rebuild, GHashTable *given_up,
                       struct kv_writes *writes)
{
  for (guint i = 0; i < picture->ids->len; i++) {
    const char *id = g_ptr_array_index(picture->ids, i);
    if (card_past(picture_card(picture, i), &picture->head, rebuild->mark))
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
  enum result r = MUTANT("rebuild-finishes-unlisted") ? RESULT_OK : picture_list(batch, picture.ids, e);
  if (r == RESULT_OK)
    r = picture_read(&picture, batch, given_up, e);
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
  enum result r = picture_list(batch, picture.ids, e);
  if (r == RESULT_OK) {
    r = picture_read(&picture, batch, given_up, e);
    batch->kv->unwatch(batch->kv);
  }
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
