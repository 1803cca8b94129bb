/* sheet: one merchant's rows while they are being computed from folded groups: minutes into hours, hours into
 * days.
 *
 * Day rows are only ever the sum of hour rows. A part that cannot be folded is poisoned: its hour is parked
 * instead of written.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "domain/bucket.h"
#include "domain/row.h"
#include "stores/fold.h"
#include "translation/parked.h"

/* An hour that is being replaced. */
struct sheet_hour {
  bool replaced;  /* the row below is (or will be) the new one */
  bool by_minute; /* an open hour: the sum of its minutes */
  bool poison;    /* park it */
  struct row row;
  struct row *minutes;                      /* by_minute: BUCKET_MINUTES_MAX rows; owned */
  bool minute_replaced[BUCKET_MINUTES_MAX]; /* those that were folded now */
};

struct sheet_day {
  char currency[4];
  struct bucket_day day;
  struct sheet_hour hours[BUCKET_HOURS_MAX];
  struct row row; /* after sheet_day_sum */
};

struct sheet {
  const struct zone *zone; /* borrowed */
  GHashTable *days;        /* "<currency><date>" to struct sheet_day * */
};

void sheet_init(struct sheet *sheet, const struct zone *zone);
void sheet_clear(struct sheet *sheet);

/* Adds a group of a fold by 60 s to its minute, or (by_minute false) of a finer or coarser fold to its hour.
 * A group that is poison, or a sum that overflows, poisons its hour. */
void sheet_add_group(struct sheet *sheet, const struct fold_group *group, bool by_minute);

/* The sheet's day of that currency and date, made when it is not there. Owned by the sheet. */
struct sheet_day *sheet_day_get(struct sheet *sheet, const char *currency, civil_day date);

/* Makes an open hour's row the sum of its minutes. Poison when it overflows or breaks the balance law. */
void sheet_hour_sum(struct sheet_hour *hour, int64_t start);

/* Makes the day's row the sum of its hours; false when it leaves the exact range. */
bool sheet_day_sum(struct sheet_day *day);
