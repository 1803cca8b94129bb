#include "fcgi/waiting.h"

#include <string.h>

#include <glib.h>

void waiting_init(struct waiting *waiting, size_t threads)
{
  *waiting = (struct waiting){.places = MAX(1, threads / 2)};
  waiting->merchants = g_malloc_n(waiting->places, MERCHANT_ID_SIZE);
  pthread_mutex_init(&waiting->lock, NULL);
}

void waiting_clear(struct waiting *waiting)
{
  pthread_mutex_destroy(&waiting->lock);
  g_clear_pointer(&waiting->merchants, g_free);
}

static size_t held_by(const struct waiting *waiting, const char *merchant)
{
  size_t held = 0;
  for (size_t i = 0; i < waiting->taken; i++)
    held += strcmp(waiting->merchants[i], merchant) == 0;
  return held;
}

bool waiting_enter(struct waiting *waiting, const char *merchant)
{
  pthread_mutex_lock(&waiting->lock);
  bool free = waiting->taken < waiting->places && held_by(waiting, merchant) < MAX(1, waiting->places / 2);
  if (free)
    g_strlcpy(waiting->merchants[waiting->taken++], merchant, MERCHANT_ID_SIZE);
  pthread_mutex_unlock(&waiting->lock);
  return free;
}

void waiting_leave(struct waiting *waiting, const char *merchant)
{
  pthread_mutex_lock(&waiting->lock);
  size_t i = 0;
  while (strcmp(waiting->merchants[i], merchant) != 0)
    i++;
  memmove(waiting->merchants[i], waiting->merchants[--waiting->taken], MERCHANT_ID_SIZE);
  pthread_mutex_unlock(&waiting->lock);
}
