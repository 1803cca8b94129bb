#include "base/failpoint.h"

#ifdef ENABLE_FAILPOINTS

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "base/log.h"

struct failpoint {
  char *name;
  long nth;
  long hits;
  char *action;
};

static pthread_mutex_t failpoint_lock = PTHREAD_MUTEX_INITIALIZER;
static GArray *failpoint_table;

static void failpoint_load(void)
{
  failpoint_table = g_array_new(FALSE, FALSE, sizeof(struct failpoint));
  const char *text = getenv("TAKINGS_FAILPOINT");
  g_auto(GStrv) entries = g_strsplit(text != NULL ? text : "", ",", -1);
  for (char **entry = entries; *entry != NULL; entry++) {
    g_auto(GStrv) parts = g_strsplit(*entry, ":", 3);
    if (g_strv_length(parts) != 3)
      continue;
    struct failpoint point = {
        .name = g_strdup(parts[0]), .nth = atol(parts[1]), .action = g_strdup(parts[2])};
    g_array_append_val(failpoint_table, point);
  }
}

static const char *failpoint_action(const char *name)
{
  if (failpoint_table == NULL)
    failpoint_load();
  for (guint i = 0; i < failpoint_table->len; i++) {
    struct failpoint *point = &g_array_index(failpoint_table, struct failpoint, i);
    if (strcmp(point->name, name) == 0 && ++point->hits == point->nth)
      return point->action;
  }
  return NULL;
}

bool failpoint_hit(const char *name)
{
  pthread_mutex_lock(&failpoint_lock);
  const char *action = failpoint_action(name);
  pthread_mutex_unlock(&failpoint_lock);
  if (action == NULL)
    return false;
  log_event(LOG_LEVEL_WARN, "failpoint", "name=%s action=%s", name, action);
  if (strcmp(action, "kill") == 0)
    kill(getpid(), SIGKILL);
  if (strcmp(action, "pause") == 0)
    kill(getpid(), SIGSTOP);
  return strcmp(action, "fail") == 0;
}

#else
/* ISO C wants a declaration in every translation unit. */
extern int failpoint_absent;
#endif
