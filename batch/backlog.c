#include "batch/backlog.h"

#include <string.h>

#include "base/log.h"
#include "base/mutant.h"
#include "batch/picture.h"
#include "batch/recut.h"
#include "domain/metric.h"
#include "translation/card.h"

#define PATIENCE_MS 60000 /* so long a merchant fails before it is given up */
#define BUDGET_MS 1000    /* so long flushes wait for merchants of the backlog */
#define REST_TIMES 10
#define REST_MS 60000
#define REST_MOST_MS 3600000
#define LOOK_MS 600000 /* the store may have lost a card that was cut here */
#define PAUSE_MS 60000 /* where nobody can be cut at all */

struct trouble {
  int64_t since_ms;       /* when the first re-cut that failed began */
  int64_t tried_s;        /* when the last one began, seconds since the epoch */
  int64_t rests_until_ms; /* the backlog does not try the merchant before */
  bool given_up;
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

static struct trouble *note_failure(struct batch *batch, const char *merchant, int64_t began_ms)
{
  struct trouble *trouble = trouble_of(batch->backlog, merchant);
  if (trouble == NULL) {
    trouble = g_new0(struct trouble, 1);
    trouble->since_ms = began_ms;
    g_hash_table_insert(batch->backlog->troubles, g_strdup(merchant), trouble);
  }
  trouble->tried_s = (batch->clock->wall_ms(batch->clock) - (now_ms(batch) - began_ms)) / 1000;
  return trouble;
}

static void let_rest(struct batch *batch, struct trouble *trouble, int64_t began_ms)
{
  int64_t ended_ms = now_ms(batch);
  trouble->given_up = true;
  trouble->rests_until_ms = ended_ms + CLAMP(REST_TIMES * (ended_ms - began_ms), REST_MS, REST_MOST_MS);
  batch->backlog->next_ms = MIN(batch->backlog->next_ms, trouble->rests_until_ms);
}

bool backlog_take(struct batch *batch, const char *merchant, int64_t began_ms, bool late,
                  const struct err *why)
{
  struct trouble *trouble = note_failure(batch, merchant, began_ms);
  if (!late || now_ms(batch) - trouble->since_ms < PATIENCE_MS)
    return false;
  let_rest(batch, trouble, began_ms);
  log_event(LOG_LEVEL_ERROR, "merchant_given_up", "merchant=%s why=\"%s\"", merchant, why->text);
  return true;
}

bool backlog_has(struct backlog *backlog, const char *merchant)
{
  const struct trouble *trouble = trouble_of(backlog, merchant);
  if (trouble == NULL || !trouble->given_up)
    return false;
  backlog->next_ms = MIN(backlog->next_ms, trouble->rests_until_ms);
  return true;
}

void backlog_forget(struct backlog *backlog, const char *merchant)
{
  g_hash_table_remove(backlog->troubles, merchant);
}

void backlog_hurry(struct backlog *backlog, const char *merchant, cluster_time asked)
{
  struct trouble *trouble = trouble_of(backlog, merchant);
  if (trouble == NULL || !trouble->given_up || cluster_time_seconds(asked) <= trouble->tried_s)
    return;
  trouble->rests_until_ms = 0;
  backlog->next_ms = 0;
}

/* ---- behind a request ---- */

struct pass {
  int64_t began_ms;
  int64_t failed_ms; /* so long the failures took together */
  int64_t next_ms;   /* when the first of those who rest has rested */
  bool all;          /* nobody is left but they */
};

static bool outdated(GBytes *bytes, const struct head *head)
{
  struct card card;
  if (bytes == NULL || card_decode(bytes, &card, NULL) != RESULT_OK || strcmp(card.epoch, head->epoch) != 0)
    return !MUTANT("backlog-leaves-cardless");
  return strcmp(card.metric_table, metric_table_hash()) != 0 ||
         strcmp(card.zone_rules, recut_zone_rules(card.zone)) != 0;
}

/* RESULT_UNAVAILABLE: nobody can be cut just now. */
MUST_CHECK static enum result cut_one(struct batch *batch, const char *merchant, struct pass *pass,
                                      struct err *e)
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
  if (!picture_stores_serve(batch))
    return err_set(e, RESULT_UNAVAILABLE, "%s", why.text);
  struct trouble *trouble = note_failure(batch, merchant, began_ms);
  let_rest(batch, trouble, began_ms);
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

MUST_CHECK static enum result cut_some(struct batch *batch, const struct picture *picture, struct pass *pass,
                                       struct err *e)
{
  enum result r = RESULT_OK;
  guint first = first_of_pass(batch->backlog, picture->ids), count = picture->ids->len;
  for (guint k = 0; r == RESULT_OK && k < count; k++) {
    guint i = (first + k) % count;
    const char *merchant = g_ptr_array_index(picture->ids, i);
    if (!outdated(picture_card(picture, i), &picture->head))
      continue;
    const struct trouble *trouble = trouble_of(batch->backlog, merchant);
    if (trouble != NULL && trouble->rests_until_ms > pass->began_ms) {
      pass->next_ms = MIN(pass->next_ms, trouble->rests_until_ms);
      continue;
    }
    if (now_ms(batch) - pass->began_ms >= BUDGET_MS)
      return RESULT_OK;
    r = cut_one(batch, merchant, pass, e);
  }
  pass->all = r == RESULT_OK;
  return r;
}

MUST_CHECK static enum result read_and_cut(struct batch *batch, struct pass *pass, struct err *e)
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
    r = cut_some(batch, &picture, pass, e);
  picture_clear(&picture);
  return r;
}

void backlog_work(struct batch *batch)
{
  struct backlog *backlog = batch->backlog;
  struct err why = ERR_NONE;
  struct pass pass = {.began_ms = now_ms(batch)};
  if (pass.began_ms < backlog->next_ms)
    return;
  pass.next_ms = pass.began_ms + LOOK_MS;
  enum result r = read_and_cut(batch, &pass, &why);
  int64_t ended_ms = now_ms(batch);
  if (r != RESULT_OK) {
    backlog->next_ms = ended_ms + PAUSE_MS;
    log_event(LOG_LEVEL_INFO, "backlog_waits", "why=\"%s\"", why.text);
  } else {
    int64_t soonest_ms = ended_ms + MIN(REST_TIMES * pass.failed_ms, REST_MOST_MS);
    backlog->next_ms = pass.all ? MAX(pass.next_ms, soonest_ms) : soonest_ms;
  }
}
