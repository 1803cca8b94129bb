#include "domain/zone.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

/* The table's reach: from a month before 1970, because the first instants of 1970 are still 1969 in the west.
 * Outside of it the first and the last offset go on. */
#define TABLE_FROM INT64_C(-2678400)
#define TABLE_TO INT64_C(4133980800) /* 2101-01-01T00:00:00Z */
#define NAME_MAX_LENGTH 64
#define HASH_DIGITS 16

struct change {
  int64_t at;     /* seconds */
  int32_t offset; /* from then on */
};

struct zone {
  char name[NAME_MAX_LENGTH + 1];
  char hash[HASH_DIGITS + 1];
  GArray *changes; /* of struct change, by time; the first one is at INT64_MIN */
};

/* ---- names ---- */

static bool word_valid(const char *word, size_t length)
{
  if (length == 0 || !g_ascii_isalpha(word[0]))
    return false;
  for (size_t i = 0; i < length; i++)
    if (!g_ascii_isalnum(word[i]) && strchr("_+-", word[i]) == NULL)
      return false;
  return true;
}

/* GLib would also read "EST5" or "UTC+3" as rules of their own, in POSIX's notation. The IANA names that look
 * so: */
static bool posix_like(const char *name)
{
  static const char *const links[] = {"EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "GMT0", "GMT+0", "GMT-0"};
  if (strchr(name, '/') != NULL || strpbrk(name, "0123456789") == NULL)
    return false;
  for (size_t i = 0; i < G_N_ELEMENTS(links); i++)
    if (strcmp(name, links[i]) == 0)
      return false;
  return true;
}

/* What lies among the zones of tzdata without being one, and what only GLib takes for a zone. The zones below
 * right/ count leap seconds, which the epoch's seconds do not. */
static bool reserved(const char *name)
{
  static const char *const names[] = {"posixrules", "localtime", "leapseconds", "Z"};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
    if (strcmp(name, names[i]) == 0)
      return true;
  return g_str_has_prefix(name, "posix/") || g_str_has_prefix(name, "right/");
}

static bool name_valid(const char *name)
{
  if (strlen(name) > NAME_MAX_LENGTH)
    return false;
  const char *word = name;
  for (;;) {
    size_t length = strcspn(word, "/");
    if (!word_valid(word, length))
      return false;
    if (word[length] == '\0')
      return !posix_like(name) && !reserved(name);
    word += length + 1;
  }
}

/* ---- the table ---- */

static int interval_at(GTimeZone *rules, int64_t t)
{
  return g_time_zone_find_interval(rules, G_TIME_TYPE_UNIVERSAL, t);
}

static void add_change(GArray *changes, int64_t at, int32_t offset)
{
  const struct change *last = &g_array_index(changes, struct change, changes->len - 1);
  struct change change = {at, offset};
  if (last->offset != offset)
    g_array_append_val(changes, change);
}

/* Adds the changes in (from, to]; `before` and `after` are the intervals of its ends. GLib counts intervals
 * upwards, so equal ends mean that nothing changes between them. */
static void find_changes(GTimeZone *rules, int64_t from, int before, int64_t to, int after, GArray *changes)
{
  if (before == after)
    return;
  if (to - from == 1) {
    add_change(changes, to, g_time_zone_get_offset(rules, after));
    return;
  }
  int64_t middle = from + (to - from) / 2;
  int between = interval_at(rules, middle);
  find_changes(rules, from, before, middle, between, changes);
  find_changes(rules, middle, between, to, after, changes);
}

static GArray *read_changes(GTimeZone *rules)
{
  GArray *changes = g_array_new(FALSE, FALSE, sizeof(struct change));
  int first = interval_at(rules, TABLE_FROM), last = interval_at(rules, TABLE_TO);
  struct change start = {INT64_MIN, g_time_zone_get_offset(rules, first)};
  g_array_append_val(changes, start);
  find_changes(rules, TABLE_FROM, first, TABLE_TO, last, changes);
  return changes;
}

static void hash_changes(const GArray *changes, char hash[HASH_DIGITS + 1])
{
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < changes->len; i++) {
    const struct change *change = &g_array_index(changes, struct change, i);
    g_string_append_printf(text, "%" PRId64 " %" PRId32 "\n", change->at, change->offset);
  }
  g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, -1);
  g_strlcpy(hash, digest, HASH_DIGITS + 1);
}

enum result zone_open(const char *name, struct zone **out, struct err *e)
{
  if (!name_valid(name))
    return err_set(e, RESULT_INVALID, "not the name of a time zone");
  GTimeZone *rules = g_time_zone_new_identifier(name);
  if (rules == NULL)
    return err_set(e, RESULT_INVALID, "no such time zone: %s", name);
  struct zone *zone = g_new0(struct zone, 1);
  g_strlcpy(zone->name, name, sizeof zone->name);
  zone->changes = read_changes(rules);
  hash_changes(zone->changes, zone->hash);
  g_time_zone_unref(rules);
  *out = zone;
  return RESULT_OK;
}

void zone_free(struct zone *zone)
{
  if (zone == NULL)
    return;
  g_array_unref(zone->changes);
  g_free(zone);
}

const char *zone_name(const struct zone *zone)
{
  return zone->name;
}

const char *zone_rules_hash(const struct zone *zone)
{
  return zone->hash;
}

/* ---- looking up ---- */

/* The index of the last change at or before t. */
static guint change_at(const struct zone *zone, int64_t t)
{
  guint low = 0, high = zone->changes->len;
  while (high - low > 1) {
    guint middle = low + (high - low) / 2;
    if (g_array_index(zone->changes, struct change, middle).at <= t)
      low = middle;
    else
      high = middle;
  }
  return low;
}

struct zone_run zone_run_at(const struct zone *zone, int64_t t)
{
  guint i = change_at(zone, t);
  const struct change *change = &g_array_index(zone->changes, struct change, i);
  bool last = i + 1 == zone->changes->len;
  return (struct zone_run){change->at, last ? INT64_MAX : change[1].at, change->offset};
}

int32_t zone_offset(const struct zone *zone, int64_t t)
{
  return zone_run_at(zone, t).offset;
}

static bool divides(const struct zone *zone, int64_t from, int64_t to, int step)
{
  for (guint i = change_at(zone, from); i < zone->changes->len; i++) {
    const struct change *change = &g_array_index(zone->changes, struct change, i);
    if (change->at >= to)
      break;
    if (change->offset % step != 0 || (change->at >= from && change->at % step != 0))
      return false;
  }
  return true;
}

int zone_grain(const struct zone *zone, int64_t from, int64_t to)
{
  static const int steps[] = {3600, 900, 60};
  for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
    if (divides(zone, from, to, steps[i]))
      return steps[i];
  return 1;
}
