#include "batch/strays.h"

#include <string.h>

#include "base/text_fields.h"
#include "domain/bucket.h"
#include "stores/keys.h"
#include "translation/row_codec.h"

#define INSTANT_END INT64_C(253402300800) /* of the year 9999 */
#define DAYS_OF_A_YEAR 366

struct strays {
  const struct zone *zone;
  size_t prefix_length;
  civil_day from, to;
  GHashTable *dates;    /* a set */
  GPtrArray *year_keys; /* day rows of a year: only their slots tell of which days */
  GArray *years;        /* of civil_day: the first date of each */
};

static void note_date(struct strays *strays, civil_day date)
{
  if (date < strays->from || date >= strays->to)
    g_hash_table_add(strays->dates, GINT_TO_POINTER(date));
}

/* "YYYYMMDD" */
static void note_hours(struct strays *strays, const char *text)
{
  char iso[INSTANT_TEXT_SIZE];
  civil_day date;
  g_snprintf(iso, sizeof iso, "%.4s-%.2s-%.2s", text, text + 4, text + 6);
  if (civil_parse(iso, strlen(iso), &date, NULL) == RESULT_OK)
    note_date(strays, date);
}

static void note_minutes(struct strays *strays, const char *text)
{
  int64_t start;
  if (text_fields_int64(text, &start) && start >= 0 && start < INSTANT_END)
    note_date(strays, bucket_date_at(strays->zone, start));
}

/* "YYYY" */
static void note_days(struct strays *strays, const char *key, const char *text)
{
  char iso[INSTANT_TEXT_SIZE];
  civil_day first;
  g_snprintf(iso, sizeof iso, "%.4s-01-01", text);
  if (civil_parse(iso, strlen(iso), &first, NULL) != RESULT_OK)
    return;
  g_ptr_array_add(strays->year_keys, g_strdup(key));
  g_array_append_val(strays->years, first);
}

/* "<kind>:<CUR>:<which>" behind the prefix. A name that nobody of ours makes is never read either. */
static void note_key(const char *key, void *arg)
{
  struct strays *strays = arg;
  const char *rest = key + strays->prefix_length;
  size_t length = strlen(rest);
  if (length < 7 || rest[1] != ':' || rest[5] != ':')
    return;
  const char *which = rest + 6;
  if (rest[0] == 'h' && length == 6 + 8)
    note_hours(strays, which);
  else if (rest[0] == 'm')
    note_minutes(strays, which);
  else if (rest[0] == 'd' && length == 6 + 4)
    note_days(strays, key, which);
}

static void note_slots(struct strays *strays, civil_day first, GBytes *dense)
{
  struct row row;
  for (size_t slot = 0; slot < DAYS_OF_A_YEAR; slot++)
    if (!row_codec_peek(dense, slot, &row) || row.start != 0 || !row_is_zero(&row))
      note_date(strays, first + (civil_day)slot);
}

MUST_CHECK static enum result note_day_rows(struct strays *strays, struct kv *kv, struct err *e)
{
  guint count = strays->year_keys->len;
  if (count == 0)
    return RESULT_OK;
  g_autofree kv_value *values = g_new0(kv_value, count);
  enum result r = kv->get(kv, (const char *const *)strays->year_keys->pdata, count, values, e);
  for (guint i = 0; r == RESULT_OK && i < count; i++)
    note_slots(strays, g_array_index(strays->years, civil_day, i), values[i]);
  kv_values_clear(values, count);
  return r;
}

static int by_date(const void *a, const void *b)
{
  const civil_day *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

static void take_dates(const struct strays *strays, GArray *dates)
{
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init(&iter, strays->dates);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    civil_day date = GPOINTER_TO_INT(key);
    g_array_append_val(dates, date);
  }
  g_array_sort(dates, by_date);
}

enum result strays_find(struct kv *kv, const char *merchant, const struct standing *standing, civil_day from,
                        civil_day to, GArray *dates, struct err *e)
{
  g_autofree char *prefix = key_rows_prefix(merchant, standing->card.prefix);
  g_autoptr(GHashTable) found = g_hash_table_new(NULL, NULL);
  g_autoptr(GPtrArray) year_keys = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GArray) years = g_array_new(FALSE, FALSE, sizeof(civil_day));
  struct strays strays = {.zone = standing->zone,
                          .prefix_length = strlen(prefix),
                          .from = from,
                          .to = to,
                          .dates = found,
                          .year_keys = year_keys,
                          .years = years};
  enum result r = kv->scan(kv, prefix, note_key, &strays, e);
  if (r == RESULT_OK)
    r = note_day_rows(&strays, kv, e);
  take_dates(&strays, dates);
  return r;
}
