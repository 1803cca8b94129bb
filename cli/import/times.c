#include "cli/import/times.h"

#include <string.h>

#include <glib.h>

#include "domain/bucket.h"
#include "domain/instant.h"

#define DATES_KEPT 20000

struct times {
  const struct zone *zone;
  GHashTable *starts; /* civil_day -> int64_t *, start of the local day in ms; -1: skipped */
};

struct times *times_new(const struct zone *zone)
{
  struct times *times = g_new0(struct times, 1);
  times->zone = zone;
  times->starts = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
  return times;
}

void times_free(struct times *times)
{
  if (times == NULL)
    return;
  g_hash_table_destroy(times->starts);
  g_free(times);
}

/* A history has few dates and many rows; asking the zone each time would cost more than all the rest of
 * reading. */
static int64_t find_start(struct times *times, civil_day date)
{
  const int64_t *known = g_hash_table_lookup(times->starts, GINT_TO_POINTER(date));
  if (known != NULL)
    return *known;
  struct bucket_day day;
  bucket_day_of(times->zone, date, &day);
  if (g_hash_table_size(times->starts) >= DATES_KEPT)
    g_hash_table_remove_all(times->starts);
  int64_t *start = g_new(int64_t, 1);
  *start = day.count > 0 ? day.start * 1000 : -1;
  g_hash_table_insert(times->starts, GINT_TO_POINTER(date), start);
  return *start;
}

/* "20260329" -> "2026-03-29"; false for anything else. */
static bool spread_date(const char *text, char out[11])
{
  if (strlen(text) != 8 || strspn(text, "0123456789") != 8)
    return false;
  g_snprintf(out, 11, "%.4s-%.2s-%.2s", text, text + 4, text + 6);
  return true;
}

enum result times_parse(struct times *times, const char *text, int64_t *ms, struct err *e)
{
  char spread[11];
  if (spread_date(text, spread))
    text = spread;
  size_t length = strlen(text);
  if (length != 10)
    return instant_parse(text, length, ms, e);
  civil_day date;
  enum result r = civil_parse(text, length, &date, e);
  if (r != RESULT_OK)
    return r;
  *ms = find_start(times, date);
  if (*ms == -1)
    return err_set(e, RESULT_INVALID, "the date was skipped in %s", zone_name(times->zone));
  return RESULT_OK;
}
