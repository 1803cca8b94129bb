#include "domain/calendar.h"

#define MONTHS 12
#define WEEK 7

civil_day calendar_week_start(civil_day date)
{
  /* 1970-01-01, day 0, was a Thursday; the Monday before a date of before 1970 as well */
  civil_day since_monday = ((date + 3) % WEEK + WEEK) % WEEK;
  return date - since_monday;
}

/* Months since January of year 0. */
static int month_number(civil_day date)
{
  int year, month, day;
  civil_to_ymd(date, &year, &month, &day);
  return year * MONTHS + month - 1;
}

static civil_day month_start(int number)
{
  return civil_from_ymd(number / MONTHS, number % MONTHS + 1, 1);
}

civil_day calendar_unit_start(civil_day date, int months)
{
  int number = month_number(date);
  return month_start(number - number % months);
}

civil_day calendar_months_later(civil_day date, int months)
{
  return month_start(month_number(date) + months);
}

civil_day calendar_year_before(civil_day date)
{
  int year, month, day;
  civil_to_ymd(date, &year, &month, &day);
  return civil_from_ymd(year - 1, month, month == 2 && day == 29 ? 28 : day);
}
