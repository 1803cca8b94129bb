#include "domain/zone_cache.h"

#include <pthread.h>

#include <glib.h>

/* A pthread mutex, not GMutex: the thread sanitizer sees it. */
static pthread_mutex_t zone_cache_lock = PTHREAD_MUTEX_INITIALIZER;
static GHashTable *zone_cache;

static enum result find_or_open(const char *name, const struct zone **out, struct err *e)
{
  if (zone_cache == NULL)
    zone_cache = g_hash_table_new(g_str_hash, g_str_equal);
  *out = g_hash_table_lookup(zone_cache, name);
  if (*out != NULL)
    return RESULT_OK;
  struct zone *zone;
  enum result r = zone_open(name, &zone, e);
  if (r != RESULT_OK)
    return r;
  g_hash_table_insert(zone_cache, (char *)zone_name(zone), zone);
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
