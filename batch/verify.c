#include "batch/verify.h"

#include <string.h>

#include "base/failpoint.h"
#include "batch/folds.h"
#include "batch/sheet.h"
#include "batch/standing.h"
#include "batch/strays.h"
#include "stores/keys.h"
#include "translation/parked.h"
#include "translation/row_codec.h"

/* A chunk is made longer or shorter after each, so that none holds its snapshot for long. */
#define VERIFY_CHUNK_FIRST_DAYS 31
#define VERIFY_CHUNK_MOST_DAYS 1464
#define VERIFY_CHUNK_SHORT_MS 300
#define VERIFY_CHUNK_LONG_MS 1500

/* The keys of a chunk's reading, in this order; rows behind them. */
enum { READ_HEAD, READ_CARD, READ_PARKED, READ_FIXED };

struct verifying {
  struct batch *batch;
  const char *merchant;
  verify_sink sink;
  void *sink_arg;
  struct verify_report *report;
};

/* A chunk of days at one instant. */
struct chunk {
  struct verifying *verifying;
  struct standing standing;
  civil_day from, to;
  int64_t planned_at; /* seconds: hours closed at that time are read without their minutes */
  struct sheet sheet;
  GArray *unreadable; /* of struct fold_range: each within an hour whose entries cannot be told apart */
  struct parked_list parked;
  GPtrArray *keys;
  kv_value *values;
};

/* ---- reading ---- */

/* Closed hours may keep their minutes until cron drops them; they are not served. */
static bool reads_minutes(const struct chunk *chunk, const struct bucket_hour *hour)
{
  return !bucket_hour_closed(hour, chunk->planned_at);
}

static int year_of(civil_day date)
{
  int year, month, day_of_month;
  civil_to_ymd(date, &year, &month, &day_of_month);
  return year;
}

/* A year's string is read once for all of its dates. */
static bool begins_year(const struct chunk *chunk, civil_day date)
{
  return date == chunk->from || year_of(date) != year_of(date - 1);
}

static void add_day_keys(struct chunk *chunk, const char *currency, const struct bucket_day *day)
{
  const char *merchant = chunk->verifying->merchant, *prefix = chunk->standing.card.prefix;
  if (begins_year(chunk, day->date))
    g_ptr_array_add(chunk->keys, key_days(merchant, prefix, currency, year_of(day->date)));
  g_ptr_array_add(chunk->keys, key_hours(merchant, prefix, currency, day->date));
  for (int h = 0; h < day->count; h++)
    if (reads_minutes(chunk, &day->hours[h]))
      g_ptr_array_add(chunk->keys, key_minutes(merchant, prefix, currency, day->hours[h].start));
}

static void chunk_add_keys(struct chunk *chunk)
{
  const struct card *card = &chunk->standing.card;
  chunk->keys = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(chunk->keys, g_strdup(KEY_HEAD));
  g_ptr_array_add(chunk->keys, key_card(chunk->verifying->merchant));
  g_ptr_array_add(chunk->keys, key_parked(chunk->verifying->merchant, card->prefix));
  for (size_t c = 0; c < card->currency_count; c++)
    for (civil_day date = chunk->from; date < chunk->to; date++) {
      struct bucket_day day;
      bucket_day_of(chunk->standing.zone, date, &day);
      add_day_keys(chunk, card->currencies[c], &day);
    }
}

/* Rows, head and card of one instant; RESULT_CONFLICT when the card is not the one that the keys were made
 * from. */
MUST_CHECK static enum result chunk_read(struct chunk *chunk, struct err *e)
{
  struct kv *kv = chunk->verifying->batch->kv;
  char prefix[CARD_PREFIX_SIZE];
  memcpy(prefix, chunk->standing.card.prefix, sizeof prefix);
  chunk_add_keys(chunk);
  chunk->values = g_new0(kv_value, chunk->keys->len);
  enum result r = kv->get(kv, (const char *const *)chunk->keys->pdata, chunk->keys->len, chunk->values, e);
  if (r == RESULT_OK)
    r = standing_of(chunk->values[READ_HEAD], chunk->values[READ_CARD], &chunk->standing, e);
  if (r == RESULT_OK && strcmp(prefix, chunk->standing.card.prefix) != 0)
    return RESULT_CONFLICT;
  return r == RESULT_OK ? parked_list_decode(chunk->values[READ_PARKED], &chunk->parked, e) : r;
}

/* ---- folding ---- */

static struct fold_range range_of(const struct chunk *chunk, int64_t from, int64_t to)
{
  struct fold_range range = {.from = from, .to = to};
  g_strlcpy(range.merchant, chunk->verifying->merchant, sizeof range.merchant);
  return range;
}

/* Closed hours are folded by the hour, open ones by the minute, as the rows are kept. */
static void add_ranges(const struct chunk *chunk, GArray *closed, GArray *open)
{
  int64_t as_of = (int64_t)cluster_time_seconds(chunk->standing.as_of);
  for (civil_day date = chunk->from; date < chunk->to; date++) {
    struct bucket_day day;
    bucket_day_of(chunk->standing.zone, date, &day);
    for (int h = 0; h < day.count; h++) {
      struct fold_range range = range_of(chunk, day.hours[h].start, day.hours[h].end);
      GArray *into = bucket_hour_closed(&day.hours[h], as_of) ? closed : open;
      struct fold_range *last = into->len > 0 ? &g_array_index(into, struct fold_range, into->len - 1) : NULL;
      if (last != NULL && last->to == range.from)
        last->to = range.to;
      else
        g_array_append_val(into, range);
    }
  }
}

static void take_folds(struct chunk *chunk, const struct folds *folds, bool by_minute)
{
  for (guint i = 0; i < folds->groups->len; i++) {
    struct fold_group group = folds_group(&g_array_index(folds->groups, struct folded, i));
    sheet_add_group(&chunk->sheet, &group, by_minute);
  }
  g_array_append_vals(chunk->unreadable, folds->corrupt->data, folds->corrupt->len);
}

MUST_CHECK static enum result fold_ranges(struct chunk *chunk, const GArray *ranges, bool by_minute,
                                          struct err *e)
{
  struct folds folds;
  folds_init(&folds);
  enum result r = RESULT_OK;
  for (guint i = 0; i < ranges->len && r == RESULT_OK; i++) {
    const struct fold_range *range = &g_array_index(ranges, struct fold_range, i);
    int step = by_minute ? BUCKET_MINUTE : zone_grain(chunk->standing.zone, range->from, range->to);
    r = folds_collect_span(&folds, chunk->verifying->batch, chunk->standing.as_of, chunk->standing.zone,
                           range, step, e);
  }
  if (r == RESULT_OK)
    take_folds(chunk, &folds, by_minute);
  folds_clear(&folds);
  return r;
}

MUST_CHECK static enum result chunk_fold(struct chunk *chunk, struct err *e)
{
  GArray *closed = g_array_new(FALSE, FALSE, sizeof(struct fold_range));
  GArray *open = g_array_new(FALSE, FALSE, sizeof(struct fold_range));
  add_ranges(chunk, closed, open);
  enum result r = fold_ranges(chunk, closed, false, e);
  if (r == RESULT_OK)
    r = fold_ranges(chunk, open, true, e);
  g_array_unref(closed);
  g_array_unref(open);
  return r;
}

/* ---- comparing ---- */

/* How many columns differ; each is reported. */
static int report_columns(const struct chunk *chunk, const struct verify_difference *where,
                          const struct row *stored, const struct row *expected)
{
  int found = 0;
  for (int m = 0; m < METRIC_ADDITIVE; m++) {
    if (stored->columns[m] == expected->columns[m])
      continue;
    struct verify_difference difference = *where;
    difference.metric = metric_table[m].name;
    difference.stored = stored->columns[m];
    difference.expected = expected->columns[m];
    chunk->verifying->sink(&difference, chunk->verifying->sink_arg);
    found++;
  }
  return found;
}

static bool never_written(const struct row *stored)
{
  return stored->start == 0 && row_is_zero(stored);
}

/* A bucket without figures is kept as a slot never written, and in no other way. */
static bool is_expected(const struct row *stored, const struct row *expected)
{
  if (row_is_zero(expected))
    return never_written(stored);
  return stored->start == expected->start && row_equal(stored, expected);
}

/* Compares one slot with what the ledger says; `hour_start` is the hour it belongs to. */
static void compare(const struct chunk *chunk, const char *kind, const char *currency, GBytes *dense,
                    size_t slot, const struct row *expected, int64_t hour_start)
{
  struct verify_report *report = chunk->verifying->report;
  struct row stored;
  bool whole = row_codec_peek(dense, slot, &stored);
  report->buckets++;
  if (whole && is_expected(&stored, expected))
    return;
  report->differing++;
  report->first_unproved = MIN(report->first_unproved, hour_start);
  struct verify_difference where = {.merchant = chunk->verifying->merchant,
                                    .currency = currency,
                                    .kind = kind,
                                    .start = expected->start,
                                    .metric = "row"};
  bool in_place = whole && (never_written(&stored) || stored.start == expected->start);
  if (!in_place || report_columns(chunk, &where, &stored, expected) == 0)
    chunk->verifying->sink(&where, chunk->verifying->sink_arg);
}

static void compare_minutes(const struct chunk *chunk, const struct sheet_day *day, int h, GBytes *dense)
{
  const struct bucket_hour *bucket = &day->day.hours[h];
  const struct sheet_hour *hour = &day->hours[h];
  if (dense == NULL && !hour->by_minute)
    return;
  if (bucket_hour_closed(bucket, (int64_t)cluster_time_seconds(chunk->standing.as_of)))
    return;
  for (int i = 0; i < BUCKET_MINUTES_MAX; i++) {
    struct row none = row_zero(bucket->start + i * BUCKET_MINUTE);
    compare(chunk, "minute", day->currency, dense, (size_t)i, hour->by_minute ? &hour->minutes[i] : &none,
            bucket->start);
  }
}

/* Entries that cannot be read make an hour differ, unless it is parked for that. */
static bool unreadable(const struct chunk *chunk, const struct bucket_hour *bucket,
                       const struct sheet_hour *hour)
{
  for (guint i = 0; i < chunk->unreadable->len; i++) {
    const struct fold_range *range = &g_array_index(chunk->unreadable, struct fold_range, i);
    if (range->from >= bucket->start && range->from < bucket->end)
      return true;
  }
  return hour->poison;
}

static void report_unreadable(const struct chunk *chunk, const char *currency, int64_t start)
{
  struct verify_report *report = chunk->verifying->report;
  struct verify_difference difference = {.merchant = chunk->verifying->merchant,
                                         .currency = currency,
                                         .kind = "hour",
                                         .start = start,
                                         .metric = "row"};
  report->buckets++;
  report->differing++;
  report->first_unproved = MIN(report->first_unproved, start);
  chunk->verifying->sink(&difference, chunk->verifying->sink_arg);
}

/* Returns whether the whole day could be compared. */
static bool compare_hours(const struct chunk *chunk, struct sheet_day *day, kv_value hours,
                          kv_value **minutes)
{
  bool whole = true;
  for (int h = 0; h < day->day.count; h++) {
    struct sheet_hour *hour = &day->hours[h];
    kv_value minute_rows = reads_minutes(chunk, &day->day.hours[h]) ? *(*minutes)++ : NULL;
    if (parked_list_has(&chunk->parked, day->day.hours[h].start, day->currency)) {
      chunk->verifying->report->parked++;
      whole = false;
      continue;
    }
    if (hour->by_minute)
      sheet_hour_sum(hour, day->day.hours[h].start);
    if (unreadable(chunk, &day->day.hours[h], hour)) {
      report_unreadable(chunk, day->currency, day->day.hours[h].start);
      whole = false;
      continue;
    }
    compare(chunk, "hour", day->currency, hours, (size_t)h, &hour->row, day->day.hours[h].start);
    compare_minutes(chunk, day, h, minute_rows);
  }
  return whole;
}

static void chunk_compare(struct chunk *chunk)
{
  const struct card *card = &chunk->standing.card;
  kv_value *next = chunk->values + READ_FIXED, days = NULL;
  for (size_t c = 0; c < card->currency_count; c++)
    for (civil_day date = chunk->from; date < chunk->to; date++) {
      struct sheet_day *day = sheet_day_get(&chunk->sheet, card->currencies[c], date);
      days = begins_year(chunk, date) ? *next++ : days;
      kv_value hours = *next++;
      bool whole = compare_hours(chunk, day, hours, &next);
      if (whole && day->day.count > 0 && sheet_day_sum(day))
        compare(chunk, "day", day->currency, days, (size_t)civil_day_of_year(date) - 1, &day->row,
                day->day.start);
    }
}

/* Nothing is known of a parked hour, also of one outside the days that are compared. */
static void note_parked(const struct chunk *chunk)
{
  struct verify_report *report = chunk->verifying->report;
  for (guint i = 0; i < chunk->parked.items->len; i++)
    report->first_unproved =
        MIN(report->first_unproved, g_array_index(chunk->parked.items, struct parked, i).start);
}

/* ---- the whole ---- */

static void chunk_clear(struct chunk *chunk)
{
  if (chunk->values != NULL)
    kv_values_clear(chunk->values, chunk->keys->len);
  g_clear_pointer(&chunk->values, g_free);
  g_clear_pointer(&chunk->keys, g_ptr_array_unref);
  g_array_unref(chunk->unreadable);
  sheet_clear(&chunk->sheet);
  parked_list_clear(&chunk->parked);
}

MUST_CHECK static enum result verify_chunk(struct verifying *verifying, const struct standing *standing,
                                           civil_day from, civil_day to, struct err *e)
{
  struct chunk chunk = {.verifying = verifying,
                        .standing = *standing,
                        .from = from,
                        .to = to,
                        .planned_at = (int64_t)cluster_time_seconds(standing->as_of)};
  sheet_init(&chunk.sheet, standing->zone);
  chunk.unreadable = g_array_new(FALSE, FALSE, sizeof(struct fold_range));
  parked_list_init(&chunk.parked);
  enum result r = chunk_read(&chunk, e);
  FAILPOINT("batch.verify_after_read");
  if (r == RESULT_OK)
    r = chunk_fold(&chunk, e);
  if (r == RESULT_OK) {
    chunk_compare(&chunk);
    note_parked(&chunk);
    verifying->report->as_of = chunk.standing.as_of;
  }
  chunk_clear(&chunk);
  return r;
}

/* A re-cut in between changes the keys: take the new card and do the chunk again. */
MUST_CHECK static enum result verify_chunk_surely(struct verifying *verifying, struct standing *standing,
                                                  civil_day from, civil_day to, struct err *e)
{
  enum result r = RESULT_CONFLICT;
  for (int attempt = 0; r == RESULT_CONFLICT && attempt < BATCH_CONFLICTS_MAX; attempt++) {
    r = verify_chunk(verifying, standing, from, to, e);
    if (r == RESULT_CONFLICT) {
      enum result again = standing_read(verifying->batch->kv, verifying->merchant, standing, e);
      r = again == RESULT_OK ? RESULT_CONFLICT : again;
    }
  }
  return r == RESULT_CONFLICT ? err_set(e, RESULT_UNAVAILABLE, "the merchant is being cut again and again")
                              : r;
}

/* The local dates to compare. */
MUST_CHECK static enum result dates_of(struct verifying *verifying, const struct standing *standing,
                                       const struct verify_range *range, civil_day *from, civil_day *to,
                                       struct err *e)
{
  bool any = false;
  int64_t now = (int64_t)cluster_time_seconds(standing->as_of), first = now, last = now;
  enum result r = verifying->batch->source->extent(verifying->batch->source, standing->as_of,
                                                   verifying->merchant, &any, &first, &last, e);
  if (r != RESULT_OK)
    return r;
  if (!any)
    first = last = now;
  *from = range->has_from ? range->from : bucket_date_at(standing->zone, first);
  *to = range->has_to ? range->to : bucket_date_at(standing->zone, MAX(last, now)) + 1;
  return RESULT_OK;
}

static civil_day next_days(civil_day days, int64_t took_ms)
{
  if (took_ms > VERIFY_CHUNK_LONG_MS)
    return MAX(days / 2, 1);
  return took_ms < VERIFY_CHUNK_SHORT_MS ? MIN(days * 2, VERIFY_CHUNK_MOST_DAYS) : days;
}

MUST_CHECK static enum result verify_dates(struct verifying *verifying, struct standing *standing,
                                           civil_day from, civil_day to, struct err *e)
{
  struct clock *clock = verifying->batch->clock;
  civil_day days = VERIFY_CHUNK_FIRST_DAYS;
  enum result r = RESULT_OK;
  while (r == RESULT_OK && from < to) {
    civil_day stop = MIN(from + days, to);
    int64_t began = clock->monotonic_ms(clock);
    struct err why = ERR_NONE;
    r = verify_chunk_surely(verifying, standing, from, stop, &why);
    int64_t took_ms = clock->monotonic_ms(clock) - began;
    int64_t fewer;
    if (r == RESULT_TOO_LONG && folds_shorten(stop - from, 1, &fewer)) {
      days = (civil_day)fewer;
      r = RESULT_OK;
      continue;
    }
    if (r != RESULT_OK)
      return err_set(e, r, "%s", why.text);
    days = next_days(days, took_ms);
    from = stop;
  }
  return r;
}

/* Rows of dates that the history did not reach when it was asked are compared like all others: an entry may
 * have come since, and if none has, they should not be there. */
MUST_CHECK static enum result verify_strays(struct verifying *verifying, struct standing *standing,
                                            const struct verify_range *range, civil_day from, civil_day to,
                                            struct err *e)
{
  if (range->has_from || range->has_to)
    return RESULT_OK;
  g_autoptr(GArray) dates = g_array_new(FALSE, FALSE, sizeof(civil_day));
  enum result r = strays_find(verifying->batch->kv, verifying->merchant, standing, from, to, dates, e);
  for (guint i = 0; r == RESULT_OK && i < dates->len; i++) {
    civil_day date = g_array_index(dates, civil_day, i);
    r = verify_chunk_surely(verifying, standing, date, date + 1, e);
  }
  return r;
}

enum result verify_merchant(struct batch *batch, const char *merchant, const struct verify_range *range,
                            verify_sink sink, void *arg, struct verify_report *report, struct err *e)
{
  *report = (struct verify_report){.first_unproved = INT64_MAX};
  struct verifying verifying = {
      .batch = batch, .merchant = merchant, .sink = sink, .sink_arg = arg, .report = report};
  struct standing standing;
  civil_day from = 0, to = 0;
  enum result r = standing_read(batch->kv, merchant, &standing, e);
  if (r == RESULT_OK)
    r = dates_of(&verifying, &standing, range, &from, &to, e);
  if (r != RESULT_OK)
    return r;
  r = verify_strays(&verifying, &standing, range, from, to, e);
  if (r == RESULT_OK)
    r = verify_dates(&verifying, &standing, from, to, e);
  struct bucket_day first, end;
  bucket_day_of(standing.zone, from, &first);
  bucket_day_of(standing.zone, to, &end);
  report->from = range->has_from ? first.start : INT64_MIN;
  report->to = end.start;
  report->as_of = report->as_of != 0 ? report->as_of : standing.as_of;
  return r;
}

/* ---- the record ---- */

static void move_through(const struct verify_report *report, int64_t newest, struct proof *proof)
{
  if (report->from <= proof->verified_through)
    proof->verified_through = MAX(proof->verified_through, MIN(report->to, newest));
  proof->verified_through = MIN(proof->verified_through, report->first_unproved);
}

MUST_CHECK static enum result write_proof(struct kv *kv, const char *key, const struct proof *proof,
                                          struct err *e)
{
  g_autofree char *text = proof_encode(proof);
  struct kv_writes writes;
  kv_writes_init(&writes);
  kv_writes_set(&writes, key, text, strlen(text));
  FAILPOINT("batch.verify_before_record");
  enum result r = kv->exec(kv, &writes, e);
  FAILPOINT("batch.verify_after_record");
  kv_writes_clear(&writes);
  return r;
}

MUST_CHECK static enum result try_record(struct batch *batch, const char *merchant,
                                         const struct verify_report *report, int64_t drift,
                                         struct proof *proof, struct err *e)
{
  g_autofree char *key = key_proof(merchant);
  const char *keys[] = {key};
  kv_value value = NULL;
  enum result r = batch->kv->watch(batch->kv, keys, 1, e);
  if (r == RESULT_OK)
    r = batch->kv->get(batch->kv, keys, 1, &value, e);
  if (r == RESULT_OK && proof_decode(value, proof, NULL) != RESULT_OK)
    *proof = (struct proof){.any = false}; /* a record that cannot be read proves nothing */
  kv_values_clear(&value, 1);
  struct standing standing;
  if (r == RESULT_OK)
    r = standing_read(batch->kv, merchant, &standing, e);
  if (r != RESULT_OK) {
    batch->kv->unwatch(batch->kv);
    return r;
  }
  struct bucket_hour hour;
  bucket_hour_at(standing.zone, (int64_t)cluster_time_seconds(report->as_of), &hour);
  move_through(report, hour.start, proof);
  proof->any = true;
  proof->at_ms = batch->clock->wall_ms(batch->clock);
  proof->as_of = report->as_of;
  proof->from = MAX(report->from, 0);
  proof->to = report->to;
  proof->differing = report->differing;
  proof->drift += drift;
  return write_proof(batch->kv, key, proof, e);
}

enum result verify_record(struct batch *batch, const char *merchant, const struct verify_report *report,
                          int64_t drift, struct proof *proof, struct err *e)
{
  enum result r = RESULT_CONFLICT;
  for (int attempt = 0; r == RESULT_CONFLICT && attempt < BATCH_CONFLICTS_MAX; attempt++)
    r = try_record(batch, merchant, report, drift, proof, e);
  return r == RESULT_CONFLICT ? err_set(e, RESULT_UNAVAILABLE, "the proof is being written again and again")
                              : r;
}
