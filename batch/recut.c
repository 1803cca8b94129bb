#include "batch/recut.h"

#include <string.h>

#include "base/counters.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/mutant.h"
#include "base/random_id.h"
#include "batch/folds.h"
#include "batch/hour_rows.h"
#include "domain/metric.h"
#include "domain/zone_cache.h"
#include "stores/keys.h"
#include "translation/card.h"
#include "translation/head.h"
#include "translation/row_codec.h"

/* One aggregate shall not hold a snapshot longer than about this: the next chunk is made shorter or longer
 * after it. */
#define RECUT_CHUNK_MS 2500
#define RECUT_CHUNK_FIRST_S (INT64_C(90) * 86400)
#define RECUT_CHUNK_LEAST_S INT64_C(1800) /* within a local hour: where one is too much, folds divides it */
#define RECUT_CHUNK_MOST_S (INT64_C(20) * 366 * 86400)

/* A merchant's history being cut at one time. */
struct cut {
  struct batch *batch;
  const char *id;
  cluster_time at;
  struct merchant merchant;
  const struct zone *zone; /* NULL: unknown on this machine */
  struct sheet sheet;
  struct parked_list parked;
  int64_t rows; /* written */
};

const char *recut_zone_rules(const char *zone_name)
{
  const struct zone *zone;
  return zone_cache_get(zone_name, &zone, NULL) == RESULT_OK ? zone_rules_hash(zone) : "-";
}

static void cut_clear(struct cut *cut)
{
  if (cut->zone != NULL)
    sheet_clear(&cut->sheet);
  if (cut->parked.items != NULL)
    parked_list_clear(&cut->parked);
  cut->zone = NULL;
}

/* ---- folding ---- */

static void take_folds(struct cut *cut, const struct folds *folds, bool by_minute)
{
  for (guint i = 0; i < folds->groups->len; i++) {
    struct fold_group group = folds_group(&g_array_index(folds->groups, struct folded, i));
    sheet_add_group(&cut->sheet, &group, by_minute);
  }
  for (guint i = 0; i < folds->corrupt->len; i++) {
    struct bucket_hour hour;
    bucket_hour_at(cut->zone, g_array_index(folds->corrupt, struct fold_range, i).from, &hour);
    struct parked item = {
        .start = hour.start, .end = hour.end, .currency = PARKED_ANY_CURRENCY, .at = cut->at};
    parked_list_put(&cut->parked, &item);
  }
}

MUST_CHECK static enum result fold_chunk(struct cut *cut, int64_t from, int64_t to, int step, bool by_minute,
                                         struct err *e)
{
  struct fold_range span = {.from = from, .to = to};
  g_strlcpy(span.merchant, cut->id, sizeof span.merchant);
  struct folds folds;
  folds_init(&folds);
  enum result r = folds_collect_span(&folds, cut->batch, cut->at, cut->zone, &span, step, e);
  if (r == RESULT_OK)
    take_folds(cut, &folds, by_minute);
  folds_clear(&folds);
  return r;
}

/* Where the chunk that begins at `from` may end: at the end of a local hour. */
static int64_t chunk_end(const struct cut *cut, int64_t from, int64_t length, int64_t to)
{
  if (to - from <= length)
    return to;
  struct bucket_hour hour;
  bucket_hour_at(cut->zone, from + length - 1, &hour);
  return MIN(hour.end, to);
}

static int64_t next_length(int64_t length, int64_t took_ms)
{
  if (took_ms > RECUT_CHUNK_MS)
    return MAX(length / 2, RECUT_CHUNK_LEAST_S);
  return took_ms < RECUT_CHUNK_MS / 4 ? MIN(length * 2, RECUT_CHUNK_MOST_S) : length;
}

/* A chunk that is more than the server folds within its time limit is made shorter. */
MUST_CHECK static enum result fold_chunk_or_less(struct cut *cut, int64_t from, int64_t to, int64_t *length,
                                                 int64_t *stop, bool by_minute, struct err *e)
{
  for (;;) {
    *stop = chunk_end(cut, from, *length, to);
    int step = by_minute ? BUCKET_MINUTE : zone_grain(cut->zone, from, *stop);
    struct err why = ERR_NONE;
    enum result r = fold_chunk(cut, from, *stop, step, by_minute, &why);
    if (r == RESULT_OK)
      return r;
    if (r != RESULT_TOO_LONG || !folds_shorten(MIN(*length, *stop - from), RECUT_CHUNK_LEAST_S, length))
      return err_set(e, r, "%s", why.text);
  }
}

MUST_CHECK static enum result fold_span(struct cut *cut, int64_t from, int64_t to, bool by_minute,
                                        struct err *e)
{
  struct clock *clock = cut->batch->clock;
  int64_t length = RECUT_CHUNK_FIRST_S;
  enum result r = RESULT_OK;
  while (from < to && r == RESULT_OK) {
    int64_t stop = to;
    int64_t began = clock->monotonic_ms(clock);
    r = fold_chunk_or_less(cut, from, to, &length, &stop, by_minute, e);
    length = next_length(length, clock->monotonic_ms(clock) - began);
    from = stop;
    FAILPOINT("batch.recut_after_chunk");
  }
  return r;
}

/* The first instant of the first hour that is still open at the cut's time. */
static int64_t open_from(const struct cut *cut)
{
  int64_t now = (int64_t)cluster_time_seconds(cut->at);
  struct bucket_hour hour;
  bucket_hour_at(cut->zone, now - BUCKET_CLOSE_AFTER, &hour);
  return bucket_hour_closed(&hour, now) ? hour.end : hour.start;
}

MUST_CHECK static enum result fold_history(struct cut *cut, struct err *e)
{
  bool any;
  int64_t first, last;
  enum result r = cut->batch->source->extent(cut->batch->source, cut->at, cut->id, &any, &first, &last, e);
  if (r != RESULT_OK || !any)
    return r;
  struct bucket_hour hour;
  bucket_hour_at(cut->zone, first, &hour);
  int64_t open = MAX(open_from(cut), hour.start);
  r = fold_span(cut, hour.start, MIN(open, last + 1), false, e);
  return r == RESULT_OK ? fold_span(cut, open, last + 1, true, e) : r;
}

/* ---- writing ---- */

static void write_dense(struct cut *cut, struct kv_writes *writes, const char *key, const struct row *rows,
                        int count)
{
  g_autofree uint8_t *bytes = g_malloc0((gsize)count * ROW_CODEC_SIZE);
  for (int i = 0; i < count; i++)
    if (!row_is_zero(&rows[i])) {
      row_codec_write(&rows[i], bytes + i * (int)ROW_CODEC_SIZE);
      cut->rows++;
    }
  kv_writes_set(writes, key, bytes, (size_t)count * ROW_CODEC_SIZE);
}

static void park_hour(struct cut *cut, const struct sheet_day *day, int h)
{
  struct parked item = {.start = day->day.hours[h].start, .end = day->day.hours[h].end, .at = cut->at};
  memcpy(item.currency, day->currency, sizeof item.currency);
  parked_list_put(&cut->parked, &item);
}

/* What is parked has no row of its own under a new prefix. */
static void settle_day(struct cut *cut, struct sheet_day *day)
{
  for (int h = 0; h < day->day.count; h++) {
    struct sheet_hour *hour = &day->hours[h];
    if (hour->by_minute)
      sheet_hour_sum(hour, day->day.hours[h].start);
    if (!hour->poison)
      continue;
    park_hour(cut, day, h);
    hour->row = row_zero(day->day.hours[h].start);
    hour->by_minute = false;
  }
}

static void write_sheet_day(struct cut *cut, struct sheet_day *day, const char *prefix,
                            struct kv_writes *writes)
{
  settle_day(cut, day);
  if (!sheet_day_sum(day)) { /* every hour of it is beyond what can be shown */
    for (int h = 0; h < day->day.count; h++)
      park_hour(cut, day, h);
    return;
  }
  struct row hours[BUCKET_HOURS_MAX];
  for (int h = 0; h < day->day.count; h++) {
    hours[h] = day->hours[h].row;
    if (!day->hours[h].by_minute)
      continue;
    g_autofree char *minutes = key_minutes(cut->id, prefix, day->currency, day->day.hours[h].start);
    write_dense(cut, writes, minutes, day->hours[h].minutes, BUCKET_MINUTES_MAX);
  }
  g_autofree char *key = key_hours(cut->id, prefix, day->currency, day->day.date);
  write_dense(cut, writes, key, hours, day->day.count);
  int year, month, day_of_month;
  civil_to_ymd(day->day.date, &year, &month, &day_of_month);
  g_autofree char *days = key_days(cut->id, prefix, day->currency, year);
  if (row_is_zero(&day->row))
    return;
  uint8_t bytes[ROW_CODEC_SIZE];
  row_codec_write(&day->row, bytes);
  cut->rows++;
  kv_writes_set_range(writes, days, ((size_t)civil_day_of_year(day->day.date) - 1) * ROW_CODEC_SIZE, bytes,
                      sizeof bytes);
}

static void write_rows(struct cut *cut, const char *prefix, struct kv_writes *writes)
{
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, cut->sheet.days);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    write_sheet_day(cut, value, prefix, writes);
  if (cut->parked.items->len == 0)
    return;
  g_autofree char *key = key_parked(cut->id, prefix);
  g_autofree char *text = parked_list_encode(&cut->parked);
  kv_writes_set(writes, key, text, strlen(text));
}

/* A name that no zone has may be any text, and a card's fields hold no blanks. */
static void tell_unknown_zone(const char *name, struct card *card)
{
  g_strlcpy(card->zone, name[0] != '\0' ? name : "-", sizeof card->zone);
  for (char *c = card->zone; *c != '\0'; c++)
    if (!g_ascii_isgraph(*c))
      *c = '?';
}

static void make_card(const struct cut *cut, const struct head *head, struct card *card)
{
  *card = (struct card){.base = cut->at, .recut = cut->merchant.recut, .cut = cut->zone != NULL};
  g_strlcpy(card->epoch, head->epoch, sizeof card->epoch);
  random_id_make(card->prefix);
  if (cut->zone != NULL)
    g_strlcpy(card->zone, cut->merchant.zone, sizeof card->zone);
  else
    tell_unknown_zone(cut->merchant.zone, card);
  /* by what was cut: a zone that can be opened only now must make the card an outdated one */
  g_strlcpy(card->zone_rules, cut->zone != NULL ? zone_rules_hash(cut->zone) : "-", sizeof card->zone_rules);
  g_strlcpy(card->metric_table, metric_table_hash(), sizeof card->metric_table);
  row_layout_format(card->columns);
  memcpy(card->currencies, cut->merchant.currencies, sizeof card->currencies);
  card->currency_count = cut->merchant.currency_count;
}

static void write_card(const struct cut *cut, const struct card *card, struct kv_writes *writes)
{
  g_autofree char *key = key_card(cut->id);
  g_autofree char *text = card_encode(card);
  kv_writes_set(writes, key, text, strlen(text));
  g_autofree char *channel = key_channel(cut->id);
  g_autofree char *hint =
      g_strdup_printf("{\"position\":\"p1_%" PRI_CLUSTER_TIME "\",\"all\":true}", cut->at);
  kv_writes_publish(writes, channel, hint, strlen(hint));
}

/* Whether what was cut may take the place of what is served. */
enum place { PLACE_FREE, PLACE_TAKEN, PLACE_TOO_OLD, PLACE_NO_HEAD };

static enum place place_for(const struct cut *cut, const struct head *head, GBytes *card_bytes)
{
  if (head->epoch[0] == '\0')
    return PLACE_NO_HEAD;
  if (head->has_ck && head->ck > cut->at)
    return PLACE_TOO_OLD;
  struct card card;
  bool live = card_bytes != NULL && card_decode(card_bytes, &card, NULL) == RESULT_OK &&
              strcmp(card.epoch, head->epoch) == 0;
  if (live && card.base >= cut->at && !MUTANT("recut-ignores-base"))
    return PLACE_TAKEN;
  return PLACE_FREE;
}

/* One transaction: rows under a new prefix, and the card that names it. */
MUST_CHECK static enum result put_in_place(struct cut *cut, const struct head *head, struct err *e)
{
  struct kv *kv = cut->batch->kv;
  struct kv_writes writes;
  struct card card;
  kv_writes_init(&writes);
  make_card(cut, head, &card);
  cut->rows = 0;
  if (cut->zone != NULL)
    write_rows(cut, card.prefix, &writes);
  write_card(cut, &card, &writes);
  FAILPOINT("batch.recut_before_exec");
  enum result r = kv->exec(kv, &writes, e);
  FAILPOINT("batch.recut_after_exec");
  if (r == RESULT_OK)
    counter_add(COUNTER_ROWS_WRITTEN, 0, cut->rows);
  kv_writes_clear(&writes);
  return r;
}

MUST_CHECK static enum result try_commit(struct cut *cut, enum place *place, struct err *e)
{
  struct kv *kv = cut->batch->kv;
  g_autofree char *card_key = key_card(cut->id);
  const char *keys[] = {KEY_HEAD, card_key};
  kv_value values[2] = {NULL, NULL};
  struct head head;
  head_init(&head);
  enum result r = kv->watch(kv, keys, MUTANT("recut-watches-nothing") ? 0 : 2, e);
  FAILPOINT("batch.recut_after_watch");
  if (r == RESULT_OK)
    r = kv->get(kv, keys, 2, values, e);
  if (r == RESULT_OK && values[0] != NULL)
    r = head_decode(values[0], &head, e);
  if (r == RESULT_OK) {
    *place = place_for(cut, &head, values[1]);
    if (*place == PLACE_FREE)
      r = put_in_place(cut, &head, e);
  }
  if (r != RESULT_OK || *place != PLACE_FREE)
    kv->unwatch(kv);
  kv_values_clear(values, 2);
  head_clear(&head);
  return r;
}

/* ---- the whole ---- */

MUST_CHECK static enum result cut_at(struct cut *cut, struct err *e)
{
  enum result r = cut->batch->source->merchant(cut->batch->source, cut->at, cut->id, &cut->merchant, e);
  bool readable = r == RESULT_OK;
  if (!readable && r != RESULT_CORRUPT)
    return r;
  if (!readable) {
    err_clear(e);
    cut->merchant = (struct merchant){.recut = 0};
  }
  parked_list_init(&cut->parked);
  if (!readable || zone_cache_get(cut->merchant.zone, &cut->zone, NULL) != RESULT_OK) {
    cut->zone = NULL;
    log_event(LOG_LEVEL_ERROR, "merchant_cannot_be_cut", "merchant=%s why=%s", cut->id,
              readable ? "unknown_zone" : "unreadable_document");
    return RESULT_OK;
  }
  sheet_init(&cut->sheet, cut->zone);
  return fold_history(cut, e);
}

/* Folds once, then commits; a conflict reads head and card again, without folding. */
MUST_CHECK static enum result cut_and_commit(struct cut *cut, enum place *place, struct err *e)
{
  *place = PLACE_TOO_OLD;
  enum result r = cut_at(cut, e);
  for (int attempt = 0; r == RESULT_OK && attempt < BATCH_CONFLICTS_MAX; attempt++) {
    r = try_commit(cut, place, e);
    if (r != RESULT_CONFLICT)
      return r;
    err_clear(e);
    r = RESULT_OK;
  }
  *place = PLACE_TOO_OLD; /* or others changed it each time */
  return r;
}

MUST_CHECK static enum result attempt_cut(struct batch *batch, const char *id, cluster_time not_before,
                                          enum place *place, struct err *e)
{
  struct cut cut = {.batch = batch, .id = id};
  enum result r = batch->source->now(batch->source, &cut.at, e);
  if (r != RESULT_OK)
    return r;
  if (cut.at < not_before)
    return err_set(e, RESULT_UNAVAILABLE, "the store's time is before the event that asked");
  int64_t began = batch->clock->monotonic_ms(batch->clock);
  r = cut_and_commit(&cut, place, e);
  if (r == RESULT_OK && *place == PLACE_FREE)
    log_event(LOG_LEVEL_INFO, "recut_done",
              "merchant=%s at=%" PRI_CLUSTER_TIME " days=%u parked=%u ms=%" PRId64, id, cut.at,
              cut.zone != NULL ? g_hash_table_size(cut.sheet.days) : 0, cut.parked.items->len,
              batch->clock->monotonic_ms(batch->clock) - began);
  cut_clear(&cut);
  return r;
}

#define RECUT_ATTEMPTS 5
#define RECUT_LONG_MS 60000 /* a fold that took so long and left the snapshot window will again */

MUST_CHECK static enum result cut_surely(struct batch *batch, const char *merchant, cluster_time not_before,
                                         struct err *e)
{
  enum result r = RESULT_OK;
  for (int attempt = 0; attempt < RECUT_ATTEMPTS; attempt++) {
    err_clear(e);
    enum place place = PLACE_TOO_OLD;
    int64_t began = batch->clock->monotonic_ms(batch->clock);
    r = attempt_cut(batch, merchant, not_before, &place, e);
    if (r == RESULT_OK && (place == PLACE_FREE || place == PLACE_TAKEN))
      return RESULT_OK;
    if (r == RESULT_OK && place == PLACE_NO_HEAD)
      return err_set(e, RESULT_UNAVAILABLE, "there is no head to cut %s for", merchant);
    if (r != RESULT_OK && r != RESULT_STALE)
      return r;
    if (r == RESULT_STALE && batch->clock->monotonic_ms(batch->clock) - began > RECUT_LONG_MS)
      return RESULT_UNAVAILABLE;
  }
  return err_set(e, r == RESULT_OK ? RESULT_CONFLICT : RESULT_UNAVAILABLE,
                 "%s could not be cut in %d attempts", merchant, RECUT_ATTEMPTS);
}

enum result recut_merchant(struct batch *batch, const char *merchant, cluster_time not_before, struct err *e)
{
  enum result r = cut_surely(batch, merchant, not_before, e);
  if (r != RESULT_NOT_FOUND)
    counter_add(COUNTER_RECUTS, r == RESULT_OK ? COUNTER_RECUT_DONE : COUNTER_RECUT_FAILED, 1);
  return r;
}
