#include "stores/mongo_door.h"

#include <pthread.h>
#include <time.h>

#include <glib.h>

struct inside {
  const void *who;
  int64_t since;       /* monotonic, ms */
  bool slow_when_well; /* how long it takes tells nothing */
};

struct mongo_door {
  struct clock *clock;
  guint places;
  int64_t wait_ms;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  GArray *inside;   /* of struct inside, the one who came first at the front */
  bool slow;        /* the last to leave took too long */
  int64_t quick_ms; /* when one last left who did not */
};

struct mongo_door *mongo_door_new(int places, int64_t wait_ms, struct clock *clock)
{
  struct mongo_door *door = g_new0(struct mongo_door, 1);
  door->clock = clock;
  door->places = (guint)places;
  door->wait_ms = wait_ms;
  door->quick_ms = clock->monotonic_ms(clock);
  door->inside = g_array_new(FALSE, FALSE, sizeof(struct inside));
  pthread_mutex_init(&door->lock, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&door->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  return door;
}

void mongo_door_free(struct mongo_door *door)
{
  if (door == NULL)
    return;
  g_array_unref(door->inside);
  pthread_cond_destroy(&door->changed);
  pthread_mutex_destroy(&door->lock);
  g_free(door);
}

static bool too_long(const struct mongo_door *door, const struct inside *inside)
{
  return door->clock->monotonic_ms(door->clock) - inside->since > MONGO_DOOR_SLOW_MS;
}

/* Whether the first who came in of those who should be quick is none. */
static bool first_hangs(const struct mongo_door *door)
{
  for (guint i = 0; i < door->inside->len; i++) {
    const struct inside *inside = &g_array_index(door->inside, struct inside, i);
    if (!inside->slow_when_well)
      return too_long(door, inside);
  }
  return false;
}

static bool ill(const struct mongo_door *door)
{
  if (door->clock->monotonic_ms(door->clock) - door->quick_ms <= MONGO_DOOR_SLOW_MS)
    return false;
  return door->slow || first_hangs(door);
}

static bool may_enter(const struct mongo_door *door)
{
  return door->inside->len < (ill(door) ? 1 : door->places);
}

static struct timespec in_ms(int64_t ms)
{
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  int64_t ns = at.tv_nsec + ms % 1000 * 1000000;
  at.tv_sec += ms / 1000 + ns / 1000000000;
  at.tv_nsec = ns % 1000000000;
  return at;
}

bool mongo_door_enter(struct mongo_door *door, const void *who)
{
  pthread_mutex_lock(&door->lock);
  struct timespec deadline = in_ms(ill(door) ? MONGO_DOOR_ILL_WAIT_MS : door->wait_ms);
  int failed = 0;
  while (!may_enter(door) && failed == 0)
    failed = pthread_cond_timedwait(&door->changed, &door->lock, &deadline);
  bool entered = may_enter(door);
  if (entered) {
    struct inside inside = {.who = who, .since = door->clock->monotonic_ms(door->clock)};
    g_array_append_val(door->inside, inside);
  }
  pthread_mutex_unlock(&door->lock);
  return entered;
}

void mongo_door_expect_slow(struct mongo_door *door, const void *who)
{
  pthread_mutex_lock(&door->lock);
  for (guint i = 0; i < door->inside->len; i++) {
    struct inside *inside = &g_array_index(door->inside, struct inside, i);
    inside->slow_when_well = inside->slow_when_well || inside->who == who;
  }
  pthread_mutex_unlock(&door->lock);
}

static void note_leaving(struct mongo_door *door, const struct inside *inside)
{
  bool slow = too_long(door, inside);
  if (slow && inside->slow_when_well)
    return;
  door->slow = slow;
  if (!slow)
    door->quick_ms = door->clock->monotonic_ms(door->clock);
}

void mongo_door_leave(struct mongo_door *door, const void *who)
{
  pthread_mutex_lock(&door->lock);
  for (guint i = 0; i < door->inside->len; i++) {
    const struct inside *inside = &g_array_index(door->inside, struct inside, i);
    if (inside->who != who)
      continue;
    note_leaving(door, inside);
    g_array_remove_index(door->inside, i);
    break;
  }
  pthread_cond_broadcast(&door->changed);
  pthread_mutex_unlock(&door->lock);
}
