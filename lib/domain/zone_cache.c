#include "domain/zone_cache.h"

#include <pthread.h>
#include <string.h>

#include <glib.h>

/* A pthread mutex, not GMutex: the thread sanitizer sees it. */
static pthread_mutex_t zone_cache_lock = PTHREAD_MUTEX_INITIALIZER;
static GHashTable *zone_cache;
static GPtrArray *zone_cache_former; /* zones that were in it before tzdata changed */

static const struct zone *find(const char *name)
{
  if (zone_cache == NULL)
    zone_cache = g_hash_table_new(g_str_hash, g_str_equal);
  return g_hash_table_lookup(zone_cache, name);
}

/* A zone that was there under the name is kept: others may be using it, and tzdata changes a few times a
 * year. */
static void keep(struct zone *zone)
{
  struct zone *former = g_hash_table_lookup(zone_cache, zone_name(zone));
  if (former != NULL) {
    if (zone_cache_former == NULL)
      zone_cache_former = g_ptr_array_new();
    g_ptr_array_add(zone_cache_former, former);
  }
  g_hash_table_replace(zone_cache, (char *)zone_name(zone), zone);
}

MUST_CHECK static enum result find_or_open(const char *name, const struct zone **out, struct err *e)
{
  *out = find(name);
  if (*out != NULL)
    return RESULT_OK;
  struct zone *zone;
  enum result r = zone_open(name, &zone, e);
  if (r != RESULT_OK)
    return r;
  keep(zone);
  *out = zone;
  return RESULT_OK;
}

MUST_CHECK static enum result find_or_open_of(const char *name, const char *rules, const struct zone **out,
                                              struct err *e)
{
  *out = find(name);
  if (*out != NULL && strcmp(zone_rules_hash(*out), rules) == 0)
    return RESULT_OK;
  struct zone *zone;
  enum result r = zone_open(name, &zone, e);
  if (r != RESULT_OK)
    return r;
  if (strcmp(zone_rules_hash(zone), rules) != 0) {
    zone_free(zone);
    return err_set(e, RESULT_STALE, "this machine has other rules for the zone %s", name);
  }
  keep(zone);
  *out = zone;
  return RESULT_OK;
}

enum result zone_cache_get(const char *name, const struct zone **out, struct err *e)
{
  pthread_mutex_lock(&zone_cache_lock);
  enum result r = find_or_open(name, out, e);
  pthread_mutex_unlock(&zone_cache_lock);
  return r;
}

enum result zone_cache_get_of(const char *name, const char *rules, const struct zone **out, struct err *e)
{
  pthread_mutex_lock(&zone_cache_lock);
  enum result r = find_or_open_of(name, rules, out, e);
  pthread_mutex_unlock(&zone_cache_lock);
  return r;
}
