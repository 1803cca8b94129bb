#include "batch/hour_rows.h"

#include <inttypes.h>
#include <string.h>

#include "base/counters.h"
#include "stores/keys.h"
#include "translation/row_codec.h"

static GPtrArray *days_in_order(struct sheet *sheet)
{
  GPtrArray *days = g_ptr_array_new();
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, sheet->days);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    g_ptr_array_add(days, value); /* the order is the table's: the same until a day is added */
  return days;
}

void hour_rows_add_keys(struct sheet *sheet, const char *merchant, const char *prefix, GPtrArray *keys)
{
  g_autoptr(GPtrArray) days = days_in_order(sheet);
  for (guint i = 0; i < days->len; i++) {
    const struct sheet_day *day = g_ptr_array_index(days, i);
    g_ptr_array_add(keys, key_hours(merchant, prefix, day->currency, day->day.date));
    for (int h = 0; h < day->day.count; h++)
      if (day->hours[h].by_minute)
        g_ptr_array_add(keys, key_minutes(merchant, prefix, day->currency, day->day.hours[h].start));
  }
}

/* The minutes that were not folded now keep their stored rows, which are true at ck as the others are at
 * `to`. */
MUST_CHECK static enum result complete_minutes(struct sheet_hour *hour, int64_t start, GBytes *stored,
                                               struct err *e)
{
  for (int i = 0; i < BUCKET_MINUTES_MAX; i++) {
    if (hour->minute_replaced[i])
      continue;
    enum result r = row_codec_read(stored, (size_t)i, start + i * BUCKET_MINUTE, &hour->minutes[i], e);
    if (r != RESULT_OK)
      return r;
  }
  sheet_hour_sum(hour, start);
  return RESULT_OK;
}

/* Fills in every hour of the day that is not replaced; a poisoned one keeps its stored row, which nobody is
 * shown. */
MUST_CHECK static enum result complete_day(struct sheet_day *day, kv_value **next, struct err *e)
{
  GBytes *hours = *(*next)++;
  enum result r = RESULT_OK;
  for (int h = 0; h < day->day.count && r == RESULT_OK; h++) {
    struct sheet_hour *hour = &day->hours[h];
    if (hour->by_minute)
      r = complete_minutes(hour, day->day.hours[h].start, *(*next)++, e);
    if (r == RESULT_OK && (!hour->replaced || hour->poison))
      r = row_codec_read(hours, (size_t)h, day->day.hours[h].start, &hour->row, e);
  }
  return r;
}

/* A row without figures is stored as one that was never written: equal pictures are equal bytes. */
static void write_slot(struct kv_writes *writes, const char *key, size_t slot, const struct row *row)
{
  uint8_t bytes[ROW_CODEC_SIZE] = {0};
  if (!row_is_zero(row))
    row_codec_write(row, bytes);
  kv_writes_set_range(writes, key, slot * ROW_CODEC_SIZE, bytes, sizeof bytes);
}

static void write_minutes(struct hour_rows_commit *commit, const struct sheet_day *day, int h)
{
  const struct sheet_hour *hour = &day->hours[h];
  g_autofree char *key =
      key_minutes(commit->merchant, commit->prefix, day->currency, day->day.hours[h].start);
  if (!hour->by_minute) {
    kv_writes_delete(commit->writes, key);
    return;
  }
  for (int i = 0; i < BUCKET_MINUTES_MAX; i++)
    if (hour->minute_replaced[i])
      write_slot(commit->writes, key, (size_t)i, &hour->minutes[i]);
}

static void park(struct hour_rows_commit *commit, const struct sheet_day *day, int h)
{
  struct parked item = {.start = day->day.hours[h].start, .end = day->day.hours[h].end, .at = commit->at};
  memcpy(item.currency, day->currency, sizeof item.currency);
  parked_list_put(commit->parked, &item);
}

static void write_hour(struct hour_rows_commit *commit, const struct sheet_day *day, int h)
{
  const struct sheet_hour *hour = &day->hours[h];
  if (!hour->replaced)
    return;
  if (hour->poison) {
    park(commit, day, h);
    return;
  }
  if (!hour->by_minute)
    parked_list_remove(commit->parked, day->day.hours[h].start, day->currency);
  g_autofree char *key = key_hours(commit->merchant, commit->prefix, day->currency, day->day.date);
  write_slot(commit->writes, key, (size_t)h, &hour->row);
  write_minutes(commit, day, h);
}

static void write_day(struct hour_rows_commit *commit, struct sheet_day *day)
{
  int year, month, day_of_month;
  civil_to_ymd(day->day.date, &year, &month, &day_of_month);
  g_autofree char *key = key_days(commit->merchant, commit->prefix, day->currency, year);
  write_slot(commit->writes, key, (size_t)civil_day_of_year(day->day.date) - 1, &day->row);
}

/* A day whose sum leaves the exact range cannot be shown: the hours that were replaced are parked. */
static void poison_replaced(struct sheet_day *day)
{
  for (int h = 0; h < day->day.count; h++)
    day->hours[h].poison = day->hours[h].poison || day->hours[h].replaced;
}

MUST_CHECK static enum result commit_day(struct hour_rows_commit *commit, struct sheet_day *day,
                                         kv_value **next, struct err *e)
{
  enum result r = complete_day(day, next, e);
  if (r != RESULT_OK)
    return r;
  bool summed = sheet_day_sum(day);
  if (!summed)
    poison_replaced(day);
  for (int h = 0; h < day->day.count; h++)
    write_hour(commit, day, h);
  if (summed)
    write_day(commit, day);
  return RESULT_OK;
}

enum result hour_rows_commit(struct hour_rows_commit *commit, kv_value *values, struct err *e)
{
  g_autoptr(GPtrArray) days = days_in_order(commit->sheet);
  kv_value *next = values;
  for (guint i = 0; i < days->len; i++) {
    enum result r = commit_day(commit, g_ptr_array_index(days, i), &next, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

void hour_rows_write_parked(const struct hour_rows_commit *commit, kv_value stored)
{
  g_autofree char *text = parked_list_encode(commit->parked);
  if (stored == NULL && commit->parked->items->len == 0)
    return;
  if (stored != NULL && g_bytes_get_size(stored) == strlen(text) &&
      memcmp(g_bytes_get_data(stored, NULL), text, strlen(text)) == 0)
    return;
  g_autofree char *key = key_parked(commit->merchant, commit->prefix);
  kv_writes_set(commit->writes, key, text, strlen(text));
}

#define PUBLISHED_HOURS_MAX 50

void hour_rows_publish(const struct hour_rows_commit *commit)
{
  g_autoptr(GPtrArray) days = days_in_order(commit->sheet);
  GString *text = g_string_new(NULL);
  g_string_append_printf(text, "{\"position\":\"p1_%" PRI_CLUSTER_TIME "\",\"hours\":[", commit->at);
  int count = 0;
  for (guint i = 0; i < days->len; i++) {
    const struct sheet_day *day = g_ptr_array_index(days, i);
    for (int h = 0; h < day->day.count; h++)
      if (day->hours[h].replaced && count++ < PUBLISHED_HOURS_MAX)
        g_string_append_printf(text, "%s%" PRId64, count > 1 ? "," : "", day->day.hours[h].start);
  }
  g_string_append_printf(text, "],\"more\":%s}", count > PUBLISHED_HOURS_MAX ? "true" : "false");
  g_autofree char *channel = key_channel(commit->merchant);
  if (count > 0)
    kv_writes_publish(commit->writes, channel, text->str, text->len);
  g_string_free(text, TRUE);
}

/* Every slot is an operation of its own, and nothing else is written by ranges. */
void hour_rows_count_written(const struct kv_writes *writes)
{
  int64_t rows = 0;
  for (guint i = 0; i < writes->ops->len; i++)
    rows += g_array_index(writes->ops, struct kv_op, i).kind == KV_SET_RANGE;
  counter_add(COUNTER_ROWS_WRITTEN, 0, rows);
}
