#include "batch/backlog.h"

#include <string.h>

#include "base/log.h"
#include "base/mutant.h"
#include "batch/picture.h"
#include "batch/recut.h"
#include "domain/metric.h"
#include "translation/card.h"

#define BUDGET_MS 1000 /* so long flushes wait for merchants of the backlog */
#define REST_TIMES 10
#define REST_MS 60000
#define REST_MOST_MS 3600000
#define MEMORY_MS 3600000 /* a failure so long ago is none of a row */
#define LOOK_MS 600000    /* the store may have lost a card that was cut here */
#define PAUSE_MS 60000    /* where nobody can be cut at all */

struct trouble {
  int64_t since_ms;       /* when the first re-cut in the row of those that failed began */
  int64_t failed_ms;      /* when the last one failed */
  int64_t rests_until_ms; /* the backlog does not try the merchant before */
  int64_t hurry_from_ms;  /* no ask ends the rest before */
  cluster_time asked;     /* the newest ask that a try was for */
  cluster_time failed_at; /* MongoDB's time when the last one had failed */
  bool given_up;
  bool hurried; /* the next try is because of an ask */
};

void backlog_init(struct backlog *backlog)
{
  *backlog = (struct backlog){.troubles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
}

void backlog_clear(struct backlog *backlog)
{
  g_clear_pointer(&backlog->troubles, g_hash_table_unref);
}

static int64_t now_ms(const struct batch *batch)
{
  return batch->clock->monotonic_ms(batch->clock);
}

static struct trouble *trouble_of(const struct backlog *backlog, const char *merchant)
{
  return g_hash_table_lookup(backlog->troubles, merchant);
}

static struct trouble *note_failure(struct batch *batch, const char *merchant, int64_t began_ms,
                                    cluster_time now)
{
  struct trouble *trouble = trouble_of(batch->backlog, merchant);
  if (trouble == NULL) {
    trouble = g_new0(struct trouble, 1);
    g_hash_table_insert(batch->backlog->troubles, g_strdup(merchant), trouble);
  }
  if (trouble->failed_ms == 0 || began_ms - trouble->failed_ms > MEMORY_MS)
    trouble->since_ms = began_ms;
  trouble->failed_ms = now_ms(batch);
  trouble->failed_at = now;
  return trouble;
}

static void let_rest(struct backlog *backlog, struct trouble *trouble, int64_t began_ms)
{
  int64_t took_ms = trouble->failed_ms - began_ms;
  trouble->rests_until_ms = trouble->failed_ms + CLAMP(REST_TIMES * took_ms, REST_MS, REST_MOST_MS);
  if (trouble->hurried)
    trouble->hurry_from_ms = trouble->rests_until_ms;
  trouble->hurried = false;
  backlog->next_ms = MIN(backlog->next_ms, trouble->rests_until_ms);
}

enum failure backlog_failed(struct batch *batch, const char *merchant, cluster_time asked, int64_t began_ms,
                            bool late, const struct err *why)
{
  cluster_time now;
  if (!batch_stores_take_writes(batch, &now))
    return FAILURE_NOBODYS;
  struct trouble *trouble = note_failure(batch, merchant, began_ms, now);
  trouble->asked = MAX(trouble->asked, asked);
  if (!late || trouble->failed_ms - trouble->since_ms < BATCH_PATIENCE_MS)
    return FAILURE_WAIT;
  trouble->given_up = true;
  let_rest(batch->backlog, trouble, began_ms);
  log_event(LOG_LEVEL_ERROR, "merchant_given_up", "merchant=%s why=\"%s\"", merchant, why->text);
  return FAILURE_GIVEN_UP;
}

bool backlog_has(const struct backlog *backlog, const char *merchant)
{
  const struct trouble *trouble = trouble_of(backlog, merchant);
  return trouble != NULL && trouble->given_up;
}

void backlog_forget(struct backlog *backlog, const char *merchant)
{
  g_hash_table_remove(backlog->troubles, merchant);
}

void backlog_hurry(struct batch *batch, const char *merchant, cluster_time asked)
{
  struct backlog *backlog = batch->backlog;
  struct trouble *trouble = trouble_of(backlog, merchant);
  if (trouble == NULL || !trouble->given_up || asked <= trouble->asked ||
      now_ms(batch) < trouble->hurry_from_ms)
    return;
  trouble->asked = asked;
  trouble->hurried = true;
  trouble->rests_until_ms = 0;
  backlog->next_ms = backlog->rests_until_ms = 0;
}

/* ---- behind a request ---- */

struct pass {
  int64_t failed_ms; /* so long the failures took together */
  int64_t next_ms;   /* when the first of those who rest has rested */
  bool all;          /* nobody is left but they */
};

enum need { NEED_NONE, NEED_OUTDATED, NEED_CARD };

/* *base: of the card; 0 without one. */
static enum need need_of(GBytes *bytes, const struct head *head, cluster_time *base)
{
  struct card card;
  *base = 0;
  if (bytes == NULL || card_decode(bytes, &card, NULL) != RESULT_OK || strcmp(card.epoch, head->epoch) != 0)
    return MUTANT("backlog-leaves-cardless") ? NEED_NONE : NEED_CARD;
  *base = card.base;
  bool same = strcmp(card.metric_table, metric_table_hash()) == 0 &&
              strcmp(card.zone_rules, recut_zone_rules(card.zone)) == 0;
  return same ? NEED_NONE : NEED_OUTDATED;
}

/* Another tailer moves the checkpoint past the cut each time. The event of an ask comes to both, and the
 * flushes of both wait for the merchant: then it stands still. */
MUST_CHECK static enum result have_flushes_wait(struct batch *batch, const char *merchant, struct err *e)
{
  backlog_forget(batch->backlog, merchant);
  return batch->source->ask_recut(batch->source, merchant, e);
}

/* RESULT_UNAVAILABLE: nobody can be cut just now. */
MUST_CHECK static enum result cut_one(struct batch *batch, const char *merchant, enum need need,
                                      struct pass *pass, struct err *e)
{
  struct err why = ERR_NONE;
  int64_t began_ms = now_ms(batch);
  g_strlcpy(batch->backlog->last, merchant, sizeof batch->backlog->last);
  enum result r = recut_merchant(batch, merchant, 0, &why);
  if (r == RESULT_OK || r == RESULT_NOT_FOUND) {
    backlog_forget(batch->backlog, merchant);
    return RESULT_OK;
  }
  pass->failed_ms += now_ms(batch) - began_ms;
  if (r == RESULT_CONFLICT)
    return have_flushes_wait(batch, merchant, e);
  cluster_time now;
  if (!batch_stores_take_writes(batch, &now))
    return err_set(e, RESULT_UNAVAILABLE, "%s", why.text);
  struct trouble *trouble = note_failure(batch, merchant, began_ms, now);
  trouble->given_up = trouble->given_up || need == NEED_CARD; /* without a card it has nothing to lose */
  let_rest(batch->backlog, trouble, began_ms);
  pass->next_ms = MIN(pass->next_ms, trouble->rests_until_ms);
  log_event(LOG_LEVEL_WARN, "merchant_not_cut", "merchant=%s why=\"%s\"", merchant, why.text);
  return RESULT_OK;
}

/* Where the pass before ended: who comes first there must not keep those behind from their turn for ever. */
static guint first_of_pass(const struct backlog *backlog, const GPtrArray *ids)
{
  for (guint i = 0; i < ids->len; i++)
    if (strcmp(g_ptr_array_index(ids, i), backlog->last) == 0)
      return i + 1;
  return 0;
}

/* Whether the merchant is to be tried in this pass. Without a need it may be one whose card a flush is about
 * to take away; another batch has cut it if its card is newer than its last failure. */
static bool has_turn(struct backlog *backlog, const char *merchant, enum need need, cluster_time base,
                     int64_t at_ms, struct pass *pass)
{
  const struct trouble *trouble = trouble_of(backlog, merchant);
  bool rests = trouble != NULL && trouble->rests_until_ms > at_ms;
  if (need != NEED_NONE && rests)
    pass->next_ms = MIN(pass->next_ms, trouble->rests_until_ms);
  if (need == NEED_NONE && trouble != NULL && base > trouble->failed_at)
    backlog_forget(backlog, merchant);
  return need != NEED_NONE && !rests;
}

MUST_CHECK static enum result cut_some(struct batch *batch, const struct picture *picture, struct pass *pass,
                                       struct err *e)
{
  int64_t began_ms = now_ms(batch);
  enum result r = RESULT_OK;
  guint first = first_of_pass(batch->backlog, picture->ids), count = picture->ids->len;
  for (guint k = 0; r == RESULT_OK && k < count; k++) {
    guint i = (first + k) % count;
    const char *merchant = g_ptr_array_index(picture->ids, i);
    cluster_time base;
    enum need need = need_of(picture_card(picture, i), &picture->head, &base);
    if (!has_turn(batch->backlog, merchant, need, base, began_ms, pass))
      continue;
    if (now_ms(batch) - began_ms >= BUDGET_MS)
      return RESULT_OK;
    r = cut_one(batch, merchant, need, pass, e);
  }
  pass->all = r == RESULT_OK;
  return r;
}

static gboolean is_gone(gpointer id, gpointer trouble, gpointer ids)
{
  (void)trouble;
  return !g_hash_table_contains(ids, id);
}

/* The documents of merchants may be deleted by hand. */
static void forget_the_gone(struct backlog *backlog, const GPtrArray *ids)
{
  g_autoptr(GHashTable) there = g_hash_table_new(g_str_hash, g_str_equal);
  if (g_hash_table_size(backlog->troubles) == 0)
    return;
  for (guint i = 0; i < ids->len; i++)
    g_hash_table_add(there, g_ptr_array_index(ids, i));
  g_hash_table_foreach_remove(backlog->troubles, is_gone, there);
}

MUST_CHECK static enum result read_and_cut(struct batch *batch, struct pass *pass, struct err *e)
{
  struct picture picture;
  g_autoptr(GHashTable) nobody = g_hash_table_new(g_str_hash, g_str_equal);
  picture_init(&picture);
  enum result r = picture_list(batch, picture.ids, e);
  if (r == RESULT_OK) {
    forget_the_gone(batch->backlog, picture.ids);
    r = picture_read(&picture, batch, nobody, e);
    batch->kv->unwatch(batch->kv);
  }
  if (r == RESULT_OK && (!picture.head.has_ck || picture.head.has_mark))
    r = err_set(e, RESULT_UNAVAILABLE, "a rebuild cuts them");
  if (r == RESULT_OK)
    r = cut_some(batch, &picture, pass, e);
  picture_clear(&picture);
  return r;
}

void backlog_work(struct batch *batch)
{
  struct backlog *backlog = batch->backlog;
  struct err why = ERR_NONE;
  int64_t began_ms = now_ms(batch);
  if (began_ms < MAX(backlog->next_ms, backlog->rests_until_ms))
    return;
  struct pass pass = {.next_ms = began_ms + LOOK_MS};
  enum result r = read_and_cut(batch, &pass, &why);
  int64_t ended_ms = now_ms(batch);
  backlog->next_ms = pass.all ? pass.next_ms : ended_ms;
  backlog->rests_until_ms =
      ended_ms + (r == RESULT_OK ? MIN(REST_TIMES * pass.failed_ms, REST_MOST_MS) : PAUSE_MS);
  if (r != RESULT_OK)
    log_event(LOG_LEVEL_INFO, "backlog_waits", "why=\"%s\"", why.text);
}
