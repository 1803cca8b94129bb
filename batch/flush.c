#include "batch/flush.h"

#include <inttypes.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/mutant.h"
#include "batch/backlog.h"
#include "batch/flush_work.h"
#include "batch/rebuild.h"
#include "batch/recut.h"
#include "domain/metric.h"

void flush_init(struct flush *flush)
{
  *flush = (struct flush){.token = NULL};
  flush->dirty = g_array_new(FALSE, FALSE, sizeof(struct flush_dirty));
  flush->asks = g_array_new(FALSE, FALSE, sizeof(struct flush_ask));
  flush->traced = g_ptr_array_new_with_free_func(g_free);
}

void flush_clear(struct flush *flush)
{
  g_clear_pointer(&flush->token, g_free);
  g_clear_pointer(&flush->dirty, g_array_unref);
  g_clear_pointer(&flush->asks, g_array_unref);
  g_clear_pointer(&flush->traced, g_ptr_array_unref);
}

const char *flush_outcome_name(enum flush_outcome outcome)
{
  static const char *const names[] = {"done", "dropped", "lost", "stale", "retry"};
  return names[outcome];
}

#define TRACED_LINE_BYTES 700 /* a line of the log has room for 1,023, its other fields included */

static void log_ids(const struct flush *flush, GString *ids)
{
  if (ids->len > 0)
    log_event(LOG_LEVEL_INFO, "traced", "to=%" PRI_CLUSTER_TIME " request_ids=%s", flush->to, ids->str);
  g_string_truncate(ids, 0);
}

void flush_log_traced(const struct flush *flush)
{
  g_autoptr(GString) ids = g_string_new(NULL);
  for (guint i = 0; i < flush->traced->len; i++) {
    g_string_append_printf(ids, "%s%s", ids->len > 0 ? "," : "", (char *)g_ptr_array_index(flush->traced, i));
    if (ids->len > TRACED_LINE_BYTES)
      log_ids(flush, ids);
  }
  log_ids(flush, ids);
  if (flush->untraced > 0)
    log_event(LOG_LEVEL_INFO, "untraced", "to=%" PRI_CLUSTER_TIME " entries=%" PRId64, flush->to,
              flush->untraced);
}

/* Whether the merchant's document at `to` asks for other rows than its card has. An event that changed
 * nothing of that is ignored. */
MUST_CHECK static enum result ask_wants_recut(struct flush_work *work, const struct flush_ask *ask,
                                              const struct flush_merchant *merchant, bool *wants,
                                              struct err *e)
{
  *wants = false;
  bool live = flush_work_live(work, merchant);
  if (live && merchant->card.base >= ask->at)
    return RESULT_OK;
  if (ask->must || !live) {
    *wants = true;
    return RESULT_OK;
  }
  struct merchant document;
  enum result r =
      work->batch->source->merchant(work->batch->source, work->flush->to, ask->merchant, &document, e);
  if (r == RESULT_OK)
    *wants = !card_matches(&merchant->card, &document, recut_zone_rules(document.zone));
  if (r != RESULT_NOT_FOUND && r != RESULT_CORRUPT)
    return r;
  err_clear(e);
  *wants = true; /* it cannot be cut, and its card must not stay */
  return RESULT_OK;
}

/* Rows cut under another metric table or other zone rules cannot be added to. */
static bool card_outdated(const struct flush_work *work, const struct flush_merchant *merchant)
{
  return !flush_work_live(work, merchant) || strcmp(merchant->card.metric_table, metric_table_hash()) != 0 ||
         strcmp(merchant->card.zone_rules, recut_zone_rules(merchant->card.zone)) != 0;
}

/* Whether the figures have waited for long enough. */
static bool is_late(const struct flush_work *work)
{
  struct clock *clock = work->batch->clock;
  return clock->wall_ms(clock) - work->head.ck_wall_ms > BATCH_PATIENCE_MS;
}

/* What the re-cuts of a flush have come to. */
struct recuts {
  bool any;          /* somebody was cut */
  struct err waits;  /* why the flush waits for somebody; no text: it does not */
  int64_t failed_ms; /* so long those took that it waits for */
};

/* So long a flush tries others behind one that it waits for: their minutes run side by side. */
#define RECUTS_FAILED_MS 5000

/* A merchant without document (any more) cannot be cut and is left out, and so is one that is given up
 * because the others have waited for long enough. Who was given up is not tried again by a flush that is
 * late, nor by any if it has no figures left to lose. */
MUST_CHECK static enum result recut(struct flush_work *work, struct flush_merchant *merchant,
                                    cluster_time not_before, struct recuts *recuts, struct err *e)
{
  struct batch *batch = work->batch;
  if (backlog_has(batch->backlog, merchant->id) && (is_late(work) || !flush_work_live(work, merchant))) {
    flush_work_give_up(merchant);
    return RESULT_OK;
  }
  FAILPOINT("batch.flush_before_recut");
  struct err why = ERR_NONE;
  int64_t began_ms = batch->clock->monotonic_ms(batch->clock);
  enum result r = recut_merchant(batch, merchant->id, not_before, &why);
  if (r == RESULT_OK || r == RESULT_NOT_FOUND) {
    backlog_forget(batch->backlog, merchant->id);
    recuts->any = recuts->any || r == RESULT_OK;
    if (r == RESULT_NOT_FOUND)
      flush_work_give_up(merchant);
    return RESULT_OK;
  }
  if (r == RESULT_CONFLICT) /* while this flush waits, its checkpoint stands still; and so will the other's */
    return err_set(e, RESULT_UNAVAILABLE, "%s", why.text);
  switch (backlog_failed(batch, merchant->id, not_before, began_ms, is_late(work), &why)) {
  case FAILURE_NOBODYS:
    return err_set(e, r, "%s", why.text);
  case FAILURE_GIVEN_UP:
    flush_work_give_up(merchant);
    return RESULT_OK;
  case FAILURE_WAIT:
    break;
  }
  if (recuts->waits.text[0] == '\0')
    recuts->waits = why;
  recuts->failed_ms += batch->clock->monotonic_ms(batch->clock) - began_ms;
  return recuts->failed_ms < RECUTS_FAILED_MS ? RESULT_OK : err_set(e, r, "%s", recuts->waits.text);
}

MUST_CHECK static enum result recut_asked(struct flush_work *work, struct recuts *recuts, struct err *e)
{
  for (guint i = 0; i < work->flush->asks->len; i++) {
    const struct flush_ask *ask = &g_array_index(work->flush->asks, struct flush_ask, i);
    struct flush_merchant *merchant = flush_work_find(work, ask->merchant);
    bool wants;
    enum result r = ask_wants_recut(work, ask, merchant, &wants, e);
    if (r == RESULT_OK && wants)
      r = recut(work, merchant, ask->at, recuts, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

MUST_CHECK static enum result recut_outdated(struct flush_work *work, struct recuts *recuts, struct err *e)
{
  for (guint i = 0; i < work->merchants->len; i++) {
    struct flush_merchant *merchant = g_ptr_array_index(work->merchants, i);
    if (merchant->unknown || !card_outdated(work, merchant))
      continue;
    enum result r = recut(work, merchant, 0, recuts, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

/* Re-cuts first. RESULT_OK: none was wanted, so that by the cards as read every merchant with an ask in
 * (from, to] has a base at or past it; the commit insists on the same cards. RESULT_CONFLICT: some were made:
 * read again, for the store may have lost them meanwhile. */
MUST_CHECK static enum result do_recuts(struct flush_work *work, struct err *e)
{
  struct recuts recuts = {.any = false, .waits = ERR_NONE};
  enum result r = MUTANT("flush-before-recuts") ? RESULT_OK : recut_asked(work, &recuts, e);
  if (r == RESULT_OK && !recuts.any)
    r = recut_outdated(work, &recuts, e);
  if (r == RESULT_OK && recuts.waits.text[0] != '\0')
    return err_set(e, RESULT_UNAVAILABLE, "%s", recuts.waits.text);
  if (r == RESULT_OK && recuts.any && !MUTANT("flush-trusts-recuts"))
    return RESULT_CONFLICT;
  return r == RESULT_OK && recuts.any ? flush_work_read(work, e) : r;
}

/* Stored rows that cannot be read are cut anew, and then it is all flushed again; without those whose rows
 * cannot be cut. */
MUST_CHECK static enum result commit_readable(struct flush_work *work, struct err *e)
{
  for (;;) {
    struct flush_merchant *broken = NULL;
    enum result r = flush_work_commit(work, &broken, e);
    FAILPOINT("batch.flush_after_commit");
    if (r != RESULT_CORRUPT || broken == NULL)
      return r;
    err_clear(e);
    struct recuts recuts = {.any = false, .waits = ERR_NONE};
    r = recut(work, broken, broken->card.base + 1, &recuts, e);
    if (r == RESULT_OK && recuts.waits.text[0] != '\0')
      return err_set(e, RESULT_UNAVAILABLE, "%s", recuts.waits.text);
    if (r != RESULT_OK || recuts.any)
      return r == RESULT_OK ? RESULT_CONFLICT : r;
  }
}

MUST_CHECK static enum result fold_and_commit(struct flush_work *work, struct err *e)
{
  FAILPOINT("batch.flush_before_fold");
  enum result r = flush_work_fold(work, e);
  FAILPOINT("batch.flush_after_fold");
  return r == RESULT_OK ? commit_readable(work, e) : r;
}

/* The mark of a rebuild that only wants finishing: the store lost the end, or another tailer is about to
 * write it. */
static bool rebuild_unfinished(const struct head *head)
{
  return head->has_ck && head->has_mark && head->ck >= head->mark;
}

/* False: not now. True: read again. */
static bool finish_rebuild(struct flush_work *work, struct err *e)
{
  g_autofree char *token = g_strdup(work->head.mark_token);
  char pipeline[sizeof work->head.pipeline];
  memcpy(pipeline, work->head.pipeline, sizeof pipeline);
  struct rebuild rest = {.mark = work->head.mark, .token = token, .pipeline = pipeline, .resume = true};
  return rebuild_run(work->batch, &rest, e) != REBUILD_RETRY;
}

static enum flush_outcome outcome_of(enum result r)
{
  return r == RESULT_OK ? FLUSH_DONE : r == RESULT_STALE ? FLUSH_STALE : FLUSH_RETRY;
}

static enum flush_outcome run(struct flush_work *work, struct err *e)
{
  for (int attempt = 0; attempt < BATCH_CONFLICTS_MAX; attempt++) {
    err_clear(e);
    enum result r = flush_work_read(work, e);
    if (r != RESULT_OK)
      return FLUSH_RETRY;
    if (rebuild_unfinished(&work->head)) {
      if (!finish_rebuild(work, e))
        return FLUSH_RETRY;
      continue;
    }
    enum flush_outcome position = flush_work_position(work);
    if (position != FLUSH_DONE)
      return position;
    r = do_recuts(work, e);
    if (r == RESULT_OK)
      r = fold_and_commit(work, e);
    if (r != RESULT_CONFLICT)
      return outcome_of(r);
  }
  return FLUSH_RETRY;
}

enum flush_outcome flush_run(struct batch *batch, const struct flush *flush, struct err *e)
{
  struct flush_work work;
  flush_work_init(&work, batch, flush);
  enum flush_outcome outcome = run(&work, e);
  for (guint i = 0; outcome <= FLUSH_DROPPED && i < flush->asks->len; i++) {
    const struct flush_ask *ask = &g_array_index(flush->asks, struct flush_ask, i);
    backlog_hurry(batch, ask->merchant, ask->at);
  }
  flush_work_clear(&work);
  return outcome;
}
