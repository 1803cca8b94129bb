#include "batch/close.h"

#include <stdio.h>
#include <string.h>

#include "base/counters.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/mutant.h"
#include "batch/folds.h"
#include "batch/hour_rows.h"
#include "batch/standing.h"
#include "stores/keys.h"
#include "translation/row_codec.h"

/* The keys of closing an hour, in this order; those of the sheet behind them. */
enum { READ_HEAD, READ_CARD, READ_PARKED, READ_MINUTES, READ_FIXED };

/* An hour of one currency, or of all (PARKED_ANY_CURRENCY). */
struct candidate {
  int64_t start;
  char currency[4];
};

struct closing {
  struct batch *batch;
  const char *merchant;
  struct standing standing;
  struct bucket_hour hour;
  const struct candidate *candidate;
  struct sheet sheet;
  struct parked_list parked;
  bool was_parked;
  bool unprepared; /* a currency was folded whose rows were not read */
  GPtrArray *keys;
  kv_value *values;
};

static bool any_currency(const struct candidate *candidate)
{
  return strcmp(candidate->currency, PARKED_ANY_CURRENCY) == 0;
}

static bool concerns(const struct closing *closing, const char *currency)
{
  return any_currency(closing->candidate) || strcmp(closing->candidate->currency, currency) == 0;
}

/* Whether prepare_sheet knew of it. */
static bool prepared(const struct closing *closing, const char *currency)
{
  const struct card *card = &closing->standing.card;
  if (!any_currency(closing->candidate))
    return true;
  for (size_t i = 0; i < card->currency_count; i++)
    if (strcmp(card->currencies[i], currency) == 0)
      return true;
  return false;
}

/* ---- reading ---- */

/* The sheet says which strings are needed before anything is folded. */
static void prepare_sheet(struct closing *closing)
{
  const struct card *card = &closing->standing.card;
  sheet_init(&closing->sheet, closing->standing.zone);
  for (size_t i = 0; i < card->currency_count; i++)
    if (concerns(closing, card->currencies[i]))
      sheet_day_get(&closing->sheet, card->currencies[i], closing->hour.date)
          ->hours[closing->hour.ordinal]
          .replaced = true;
  if (!any_currency(closing->candidate)) /* also one that the merchant sells in no more */
    sheet_day_get(&closing->sheet, closing->candidate->currency, closing->hour.date)
        ->hours[closing->hour.ordinal]
        .replaced = true;
}

static void add_keys(struct closing *closing)
{
  const char *prefix = closing->standing.card.prefix;
  closing->keys = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(closing->keys, g_strdup(KEY_HEAD));
  g_ptr_array_add(closing->keys, key_card(closing->merchant));
  g_ptr_array_add(closing->keys, key_parked(closing->merchant, prefix));
  g_ptr_array_add(closing->keys,
                  key_minutes(closing->merchant, prefix, closing->candidate->currency, closing->hour.start));
  hour_rows_add_keys(&closing->sheet, closing->merchant, prefix, closing->keys);
  closing->values = g_new0(kv_value, closing->keys->len);
}

/* Watches what is replaced (not the head: rows that did not change are still right later), then reads it all
 * at once. */
MUST_CHECK static enum result read_watched(struct closing *closing, struct err *e)
{
  struct kv *kv = closing->batch->kv;
  char prefix[CARD_PREFIX_SIZE];
  memcpy(prefix, closing->standing.card.prefix, sizeof prefix);
  const char *const *keys = (const char *const *)closing->keys->pdata;
  size_t watched = MUTANT("close-watches-nothing") ? 0 : closing->keys->len - 1;
  enum result r = kv->watch(kv, keys + 1, watched, e);
  if (r == RESULT_OK)
    r = kv->get(kv, keys, closing->keys->len, closing->values, e);
  if (r == RESULT_OK)
    r = standing_of(closing->values[READ_HEAD], closing->values[READ_CARD], &closing->standing, e);
  if (r == RESULT_OK && strcmp(prefix, closing->standing.card.prefix) != 0)
    return RESULT_CONFLICT;
  /* The store may have fallen back meanwhile: minutes that were closed may be open again. */
  if (r == RESULT_OK &&
      !bucket_hour_closed(&closing->hour, (int64_t)cluster_time_seconds(closing->standing.as_of)))
    return RESULT_CONFLICT;
  if (r == RESULT_OK)
    r = parked_list_decode(closing->values[READ_PARKED], &closing->parked, e);
  if (r == RESULT_OK)
    closing->was_parked =
        parked_list_has(&closing->parked, closing->hour.start, closing->candidate->currency);
  return r;
}

/* ---- folding and comparing ---- */

MUST_CHECK static enum result fold_hour(struct closing *closing, bool *readable, struct err *e)
{
  struct fold_range span = {.from = closing->hour.start, .to = closing->hour.end};
  g_strlcpy(span.merchant, closing->merchant, sizeof span.merchant);
  int step = zone_grain(closing->standing.zone, span.from, span.to);
  struct folds folds;
  folds_init(&folds);
  enum result r = folds_collect(&folds, closing->batch, closing->standing.as_of, &span, 1, step, e);
  *readable = folds.corrupt->len == 0;
  for (guint i = 0; i < folds.groups->len; i++) {
    struct fold_group group = folds_group(&g_array_index(folds.groups, struct folded, i));
    if (!concerns(closing, group.currency))
      continue;
    if (prepared(closing, group.currency))
      sheet_add_group(&closing->sheet, &group, false);
    else
      closing->unprepared = true;
  }
  folds_clear(&folds);
  return r;
}

/* Whether nothing in the sheet is poison. */
static bool all_readable(const struct closing *closing)
{
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, closing->sheet.days);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    if (((const struct sheet_day *)value)->hours[closing->hour.ordinal].poison)
      return false;
  return true;
}

/* The served row of the hour against the one just folded. */
static bool equals_served(const struct closing *closing)
{
  const struct sheet_day *day =
      sheet_day_get((struct sheet *)&closing->sheet, closing->candidate->currency, closing->hour.date);
  struct row served;
  return row_codec_read(closing->values[READ_FIXED], (size_t)closing->hour.ordinal, closing->hour.start,
                        &served, NULL) == RESULT_OK &&
         row_equal(&served, &day->hours[closing->hour.ordinal].row);
}

/* ---- writing ---- */

MUST_CHECK static enum result write_hour(struct closing *closing, struct err *e)
{
  struct kv_writes writes;
  kv_writes_init(&writes);
  struct hour_rows_commit commit = {.sheet = &closing->sheet,
                                    .merchant = closing->merchant,
                                    .prefix = closing->standing.card.prefix,
                                    .at = closing->standing.as_of,
                                    .parked = &closing->parked,
                                    .writes = &writes};
  enum result r = hour_rows_commit(&commit, closing->values + READ_FIXED, e);
  if (any_currency(closing->candidate))
    parked_list_remove(&closing->parked, closing->hour.start, PARKED_ANY_CURRENCY);
  if (r == RESULT_OK) {
    hour_rows_write_parked(&commit, closing->values[READ_PARKED]);
    if (closing->was_parked)
      hour_rows_publish(&commit);
    FAILPOINT("batch.close_before_exec");
    r = closing->batch->kv->exec(closing->batch->kv, &writes, e);
    if (r == RESULT_OK)
      hour_rows_count_written(&writes);
  }
  kv_writes_clear(&writes);
  return r;
}

MUST_CHECK static enum result report_drift(struct closing *closing, struct close_report *report,
                                           struct err *e)
{
  bool first = report->drift++ == 0;
  counter_add(COUNTER_DRIFT, COUNTER_COMMAND_CLOSE_HOUR, 1);
  report->drift_from = first ? closing->hour.start : MIN(report->drift_from, closing->hour.start);
  report->drift_to = first ? closing->hour.end : MAX(report->drift_to, closing->hour.end);
  report->drift_as_of = closing->standing.as_of;
  log_event(LOG_LEVEL_ERROR, "drift", "merchant=%s currency=%s hour=%" PRId64 " as_of=%" PRI_CLUSTER_TIME,
            closing->merchant, closing->candidate->currency, closing->hour.start, closing->standing.as_of);
  return closing->batch->source->ask_recut(closing->batch->source, closing->merchant, e);
}

/* Folds, compares, and writes or reports. The watch is ended by the caller when nothing was executed. */
MUST_CHECK static enum result settle(struct closing *closing, struct close_report *report, struct err *e)
{
  if (any_currency(closing->candidate) && !closing->was_parked)
    return RESULT_OK; /* another run has unparked it */
  bool readable = true;
  enum result r = fold_hour(closing, &readable, e);
  FAILPOINT("batch.close_after_fold");
  if (r != RESULT_OK)
    return r;
  readable = readable && all_readable(closing);
  if (!readable && closing->was_parked) {
    report->parked++;
    return RESULT_OK;
  }
  if (closing->unprepared) { /* entries in a currency that the merchant sells in no more: only a re-cut has
                                all rows */
    report->parked++;
    return closing->batch->source->ask_recut(closing->batch->source, closing->merchant, e);
  }
  if (!readable || (!closing->was_parked && !equals_served(closing)))
    return report_drift(closing, report, e);
  r = write_hour(closing, e);
  if (r == RESULT_CORRUPT) { /* another row of the day, which cannot be summed with it */
    err_clear(e);
    return report_drift(closing, report, e);
  }
  counter_add(COUNTER_UNPARKED, 0, r == RESULT_OK && closing->was_parked);
  if (r == RESULT_OK && closing->was_parked)
    report->unparked++;
  else if (r == RESULT_OK)
    report->closed++;
  return r;
}

MUST_CHECK static enum result close_one(struct batch *batch, const char *merchant,
                                        const struct standing *standing, const struct candidate *candidate,
                                        struct close_report *report, struct err *e)
{
  struct closing closing = {
      .batch = batch, .merchant = merchant, .standing = *standing, .candidate = candidate};
  bucket_hour_at(standing->zone, candidate->start, &closing.hour);
  if (!bucket_hour_closed(&closing.hour, (int64_t)cluster_time_seconds(standing->as_of)))
    return RESULT_OK;
  parked_list_init(&closing.parked);
  prepare_sheet(&closing);
  add_keys(&closing);
  enum result r = read_watched(&closing, e);
  if (r == RESULT_OK)
    r = settle(&closing, report, e);
  batch->kv->unwatch(batch->kv); /* after an EXEC there is nothing to end */
  kv_values_clear(closing.values, closing.keys->len);
  g_free(closing.values);
  g_ptr_array_unref(closing.keys);
  sheet_clear(&closing.sheet);
  parked_list_clear(&closing.parked);
  if (r != RESULT_CONFLICT)
    return r;
  report->skipped++;
  err_clear(e);
  return RESULT_OK;
}

/* ---- which hours ---- */

struct finding {
  const char *rows_prefix;
  GArray *candidates; /* of struct candidate */
};

static void find_minutes(const char *key, void *arg)
{
  struct finding *finding = arg;
  struct candidate candidate;
  const char *rest = key + strlen(finding->rows_prefix);
  if (sscanf(rest, "m:%3[A-Z]:%" SCNd64, candidate.currency, &candidate.start) == 2)
    g_array_append_val(finding->candidates, candidate);
}

MUST_CHECK static enum result find_parked(struct batch *batch, const char *merchant,
                                          const struct standing *standing, GArray *candidates, struct err *e)
{
  g_autofree char *key = key_parked(merchant, standing->card.prefix);
  const char *keys[] = {key};
  kv_value value = NULL;
  struct parked_list parked;
  parked_list_init(&parked);
  enum result r = batch->kv->get(batch->kv, keys, 1, &value, e);
  if (r == RESULT_OK)
    r = parked_list_decode(value, &parked, e);
  for (guint i = 0; r == RESULT_OK && i < parked.items->len; i++) {
    const struct parked *item = &g_array_index(parked.items, struct parked, i);
    struct candidate candidate = {.start = item->start};
    memcpy(candidate.currency, item->currency, sizeof candidate.currency);
    g_array_append_val(candidates, candidate);
  }
  kv_values_clear(&value, 1);
  parked_list_clear(&parked);
  return r;
}

enum result close_hours(struct batch *batch, const char *merchant, struct close_report *report, struct err *e)
{
  struct standing standing;
  enum result r = standing_read(batch->kv, merchant, &standing, e);
  if (r != RESULT_OK)
    return r;
  g_autofree char *prefix = key_rows_prefix(merchant, standing.card.prefix);
  struct finding finding = {.rows_prefix = prefix,
                            .candidates = g_array_new(FALSE, FALSE, sizeof(struct candidate))};
  r = batch->kv->scan(batch->kv, prefix, find_minutes, &finding, e);
  if (r == RESULT_OK)
    r = find_parked(batch, merchant, &standing, finding.candidates, e);
  for (guint i = 0; r == RESULT_OK && i < finding.candidates->len; i++)
    r = close_one(batch, merchant, &standing, &g_array_index(finding.candidates, struct candidate, i), report,
                  e);
  g_array_unref(finding.candidates);
  return r;
}
