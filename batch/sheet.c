#include "batch/sheet.h"

#include <inttypes.h>
#include <string.h>

static void sheet_day_free(void *data)
{
  struct sheet_day *day = data;
  for (int i = 0; i < BUCKET_HOURS_MAX; i++)
    g_free(day->hours[i].minutes);
  g_free(day);
}

void sheet_init(struct sheet *sheet, const struct zone *zone)
{
  sheet->zone = zone;
  sheet->days = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, sheet_day_free);
}

void sheet_clear(struct sheet *sheet)
{
  g_clear_pointer(&sheet->days, g_hash_table_unref);
}

struct sheet_day *sheet_day_get(struct sheet *sheet, const char *currency, civil_day date)
{
  g_autofree char *key = g_strdup_printf("%s%d", currency, date);
  struct sheet_day *day = g_hash_table_lookup(sheet->days, key);
  if (day != NULL)
    return day;
  day = g_new0(struct sheet_day, 1);
  memcpy(day->currency, currency, 3);
  bucket_day_of(sheet->zone, date, &day->day);
  for (int i = 0; i < day->day.count; i++)
    day->hours[i].row = row_zero(day->day.hours[i].start);
  g_hash_table_insert(sheet->days, g_steal_pointer(&key), day);
  return day;
}

static struct row row_of_group(const struct fold_group *group)
{
  struct row row = row_zero(group->start);
  memcpy(row.columns, group->columns, sizeof row.columns);
  return row;
}

static struct row *minutes_of(struct sheet_hour *hour, int64_t start)
{
  if (hour->minutes == NULL) {
    hour->minutes = g_new0(struct row, BUCKET_MINUTES_MAX);
    for (int i = 0; i < BUCKET_MINUTES_MAX; i++)
      hour->minutes[i] = row_zero(start + i * BUCKET_MINUTE);
  }
  return hour->minutes;
}

static void add_minute(struct sheet_hour *hour, const struct bucket_hour *bucket, const struct row *row)
{
  int slot = bucket_minute_slot(bucket, row->start);
  struct row *minutes = minutes_of(hour, bucket->start);
  minutes[slot] = *row;
  hour->minute_replaced[slot] = true;
  hour->by_minute = true;
  hour->poison = hour->poison || row_check(row, NULL) != RESULT_OK;
}

void sheet_add_group(struct sheet *sheet, const struct fold_group *group, bool by_minute)
{
  struct bucket_hour bucket;
  bucket_hour_at(sheet->zone, group->start, &bucket);
  struct sheet_day *day = sheet_day_get(sheet, group->currency, bucket.date);
  struct sheet_hour *hour = &day->hours[bucket.ordinal];
  hour->replaced = true;
  if (group->poison) {
    hour->poison = true;
    return;
  }
  struct row row = row_of_group(group);
  if (by_minute)
    add_minute(hour, &bucket, &row);
  else if (row_add(&hour->row, &row, NULL) != RESULT_OK || row_check(&hour->row, NULL) != RESULT_OK)
    hour->poison = true;
}

void sheet_hour_sum(struct sheet_hour *hour, int64_t start)
{
  hour->row = row_zero(start);
  for (int i = 0; i < BUCKET_MINUTES_MAX; i++)
    if (row_add(&hour->row, &hour->minutes[i], NULL) != RESULT_OK)
      hour->poison = true;
  if (row_check(&hour->row, NULL) != RESULT_OK)
    hour->poison = true;
}

bool sheet_day_sum(struct sheet_day *day)
{
  day->row = row_zero(day->day.start);
  for (int i = 0; i < day->day.count; i++)
    if (row_add(&day->row, &day->hours[i].row, NULL) != RESULT_OK)
      return false;
  return row_check(&day->row, NULL) == RESULT_OK;
}
