/* bucket: minutes, local hours and local days of a zone.
 *
 * A local hour is a maximal run of instants with the same local date, hour and offset, known by its UTC
 * start; it may be shorter than 3600 s. A local day is all the hours that carry its date: 23, 24, 25 of them
 * (or others, where a zone moved by a half-hour); where clocks went back over midnight (America/St_Johns at
 * 00:01) the hours of two dates interleave in time, and each hour still belongs to the date it shows. Skipped
 * dates have no hours.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/instant.h"
#include "domain/zone.h"

#define BUCKET_MINUTE 60
#define BUCKET_HOURS_MAX 32   /* hours that one local date can have */
#define BUCKET_MINUTES_MAX 60 /* minute slots of a local hour */
/* An hour whose end + this <= as_of is closed by age: 2 h 5 min, in seconds. */
#define BUCKET_CLOSE_AFTER 7500

struct bucket_hour {
  int64_t start; /* seconds since the epoch, UTC */
  int64_t end;   /* exclusive */
  civil_day date;
  int ordinal; /* 0.. among the hours of its date, in order of start */
};

struct bucket_day {
  civil_day date;
  int64_t start; /* of its first hour; also where a range that begins with this date begins */
  int64_t end;   /* of its last hour */
  int count;     /* hours; 0 for a skipped date (start and end are then the instant of the skip) */
  struct bucket_hour hours[BUCKET_HOURS_MAX];
};

/* The hour that holds instant t (seconds). Reads the zone only. */
void bucket_hour_at(const struct zone *zone, int64_t t, struct bucket_hour *out);

/* All hours of a date. */
void bucket_day_of(const struct zone *zone, civil_day date, struct bucket_day *out);

/* The local date that instant t shows. */
civil_day bucket_date_at(const struct zone *zone, int64_t t);

/* The UTC minute that holds t. */
int64_t bucket_minute_at(int64_t t);

/* Which minute slot (0..59) of that hour the UTC minute starting at `minute` is: minutes since the hour's
 * start, rounded down; a minute that began before the hour counts as its first. */
int bucket_minute_slot(const struct bucket_hour *hour, int64_t minute);

/* Closed by age: hour end + BUCKET_CLOSE_AFTER <= as_of (cluster time's seconds, never a clock). */
bool bucket_hour_closed(const struct bucket_hour *hour, int64_t as_of);
