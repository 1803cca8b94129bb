#include "base/failpoint.h"

#ifdef ENABLE_FAILPOINTS

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "base/log.h"

static const struct action {
  const char *name;
  int signal_number;
} failpoint_actions[] = {{"kill", SIGKILL}, {"pause", SIGSTOP}};

struct failpoint {
  char *name;
  guint64 nth;
  guint64 hits;
  const struct action *action;
};

static pthread_mutex_t failpoint_lock = PTHREAD_MUTEX_INITIALIZER;
static GArray *failpoint_table; /* of struct failpoint; NULL: not loaded */

static const struct action *find_action(const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS(failpoint_actions); i++)
    if (strcmp(failpoint_actions[i].name, name) == 0)
      return &failpoint_actions[i];
  return NULL;
}

MUST_CHECK static enum result add_point(const char *text, struct err *e)
{
  g_auto(GStrv) parts = g_strsplit(text, ":", 0);
  struct failpoint point = {.hits = 0};
  if (g_strv_length(parts) != 3 || parts[0][0] == '\0')
    return err_set(e, RESULT_INVALID, "TAKINGS_FAILPOINT: '%s' is not name:nth:action", text);
  if (!g_ascii_string_to_unsigned(parts[1], 10, 1, G_MAXINT64, &point.nth, NULL))
    return err_set(e, RESULT_INVALID, "TAKINGS_FAILPOINT: '%s' does not count from 1", text);
  point.action = find_action(parts[2]);
  if (point.action == NULL)
    return err_set(e, RESULT_INVALID, "TAKINGS_FAILPOINT: the action of '%s' is neither kill nor pause",
                   text);
  point.name = g_strdup(parts[0]);
  g_array_append_val(failpoint_table, point);
  return RESULT_OK;
}

enum result failpoint_load(struct err *e)
{
  const char *text = getenv("TAKINGS_FAILPOINT");
  failpoint_table = g_array_new(FALSE, FALSE, sizeof(struct failpoint));
  g_auto(GStrv) entries = g_strsplit(text != NULL ? text : "", ",", -1);
  enum result r = RESULT_OK;
  for (char **entry = entries; *entry != NULL && r == RESULT_OK; entry++)
    r = add_point(*entry, e);
  return r;
}

static const struct action *count_hit(const char *name)
{
  for (guint i = 0; failpoint_table != NULL && i < failpoint_table->len; i++) {
    struct failpoint *point = &g_array_index(failpoint_table, struct failpoint, i);
    if (strcmp(point->name, name) == 0 && ++point->hits == point->nth)
      return point->action;
  }
  return NULL;
}

void failpoint_reached(const char *name)
{
  pthread_mutex_lock(&failpoint_lock);
  const struct action *action = count_hit(name);
  pthread_mutex_unlock(&failpoint_lock);
  if (action == NULL)
    return;
  log_event(LOG_LEVEL_WARN, "failpoint", "name=%s action=%s", name, action->name);
  kill(getpid(), action->signal_number);
}

#else
/* ISO C wants a declaration in every translation unit. */
extern int failpoint_absent;
#endif
