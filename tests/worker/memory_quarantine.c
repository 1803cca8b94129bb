/* The quarantine of a world that no stranger writes to: it is empty. */
#include "stores/quarantine.h"
#include "tests/worker/world.h"

static enum result asked(const struct people *p, struct err *e)
{
  return p->mongo->away ? err_set(e, RESULT_UNAVAILABLE, "MongoDB is away") : RESULT_OK;
}

void quarantined_clear(struct quarantined *item)
{
  (void)item;
}

enum result quarantine_list(struct people *p, const char *merchant, const struct quarantined *after,
                            size_t limit, GArray *out, bool *more, struct err *e)
{
  (void)merchant, (void)after, (void)limit, (void)out;
  *more = false;
  return asked(p, e);
}

enum result quarantine_find(struct people *p, const char *merchant, const char *id, char **key, struct err *e)
{
  (void)id;
  *key = NULL;
  enum result r = asked(p, e);
  return r == RESULT_OK ? err_set(e, RESULT_NOT_FOUND, "merchant %s has none", merchant) : r;
}

enum result quarantine_retry(struct people *p, const struct people_actor *by, const char *merchant,
                             const char *id, const char *key, struct err *e)
{
  (void)by, (void)merchant, (void)id, (void)key;
  return asked(p, e);
}
