/* calendar: weeks, months and years of civil dates (proleptic Gregorian), zone-less. */
#pragma once

#include "domain/instant.h"

#define CALENDAR_MONTH 1
#define CALENDAR_QUARTER 3
#define CALENDAR_YEAR 12

/* The Monday of the date's ISO week. */
civil_day calendar_week_start(civil_day date);

/* The first day of the date's unit of that many months: CALENDAR_MONTH, _QUARTER or _YEAR. */
civil_day calendar_unit_start(civil_day date, int months);

/* The first day of the month so many months later (earlier: negative) than the date's. */
civil_day calendar_months_later(civil_day date, int months);

/* The same day and month a year before; 28 February for the 29th. */
civil_day calendar_year_before(civil_day date);
