/* The audit, in the order in which it was written; ids are numbered. */
#include <string.h>

#include "stores/audit.h"
#include "tests/worker/world.h"

const char *audit_action_name(enum audit_action action)
{
  return action == AUDIT_SESSION_START ? "session.start" : "other";
}

static void copy(char *to, size_t size, const char *from)
{
  g_strlcpy(to, from != NULL ? from : "", size);
}

enum result audit_add(struct people *p, const struct audit_record *record, struct err *e)
{
  struct world_audit made = {.entry = {.at_ms = world.clock.now_ms}};
  if (p->mongo->away)
    return err_set(e, RESULT_UNAVAILABLE, "MongoDB is away");
  pthread_mutex_lock(&world.lock);
  g_snprintf(made.entry.id, sizeof made.entry.id, "aud_%026u", world.audit->len + 1);
  copy(made.entry.action, sizeof made.entry.action, audit_action_name(record->action));
  copy(made.entry.who, sizeof made.entry.who, record->who);
  copy(made.entry.subject, sizeof made.entry.subject, record->subject);
  copy(made.entry.detail, sizeof made.entry.detail, record->detail);
  copy(made.entry.request_id, sizeof made.entry.request_id, record->request_id);
  copy(made.merchant, sizeof made.merchant, record->merchant);
  g_array_append_val(world.audit, made);
  pthread_mutex_unlock(&world.lock);
  return RESULT_OK;
}

enum result audit_list(struct people *p, const char *merchant, const char *before, size_t limit, GArray *out,
                       bool *more, struct err *e)
{
  size_t listed = 0;
  *more = false;
  if (p->mongo->away)
    return err_set(e, RESULT_UNAVAILABLE, "MongoDB is away");
  pthread_mutex_lock(&world.lock);
  for (guint i = world.audit->len; i > 0 && !*more; i--) {
    const struct world_audit *at = &g_array_index(world.audit, struct world_audit, i - 1);
    if (strcmp(at->merchant, merchant) != 0 || (before != NULL && strcmp(at->entry.id, before) >= 0))
      continue;
    if (listed++ == limit)
      *more = true;
    else
      g_array_append_val(out, at->entry);
  }
  pthread_mutex_unlock(&world.lock);
  return RESULT_OK;
}
