#include <glib.h>

#include "base/clock.h"
#include "stores/ledger_many.h"

#define STEP_MS 20

struct batch {
  struct ledger_many many;
  int64_t deadline_ms; /* monotonic: no call begins later */
};

static bool in_time(const struct batch *batch)
{
  struct clock *clock = clock_system();
  return clock->monotonic_ms(clock) < batch->deadline_ms;
}

MUST_CHECK static enum result check_time(const struct batch *batch, struct err *e)
{
  return in_time(batch) ? RESULT_OK : err_set(e, RESULT_UNAVAILABLE, "there is no time left for it");
}

/* Entries of one bulk insert may share a cluster time, and the tailer must know. */
static void mark_bulk(const struct ledger_many *many)
{
  size_t pending = 0;
  for (size_t i = 0; i < many->count; i++)
    pending += many->fates[i] == LEDGER_FATE_PENDING;
  for (size_t i = 0; i < many->count; i++)
    if (many->fates[i] == LEDGER_FATE_PENDING)
      many->entries[i]->bulk = pending > 1;
}

/* Those who took the keys may not be visible at majority yet. */
MUST_CHECK static enum result find_takers(struct batch *batch, struct err *e)
{
  struct clock *clock = clock_system();
  enum result r = ledger_many_find(&batch->many, LEDGER_FATE_KEY_TAKEN, true, e);
  while (r == RESULT_OK && ledger_many_any(&batch->many, LEDGER_FATE_KEY_TAKEN) && in_time(batch)) {
    clock->sleep_ms(clock, STEP_MS);
    r = ledger_many_find(&batch->many, LEDGER_FATE_KEY_TAKEN, true, e);
  }
  if (r == RESULT_OK && ledger_many_any(&batch->many, LEDGER_FATE_KEY_TAKEN))
    r = err_set(e, RESULT_UNAVAILABLE, "MongoDB: an entry whose key is taken is not visible at majority yet");
  return r;
}

MUST_CHECK static enum result put_many(struct batch *batch, struct err *e)
{
  struct ledger_many *many = &batch->many;
  enum result r = RESULT_OK;
  if (ledger_many_any(many, LEDGER_FATE_SOUGHT))
    r = ledger_many_find(many, LEDGER_FATE_SOUGHT, true, e);
  /* An insert that is refused costs the server far more than a key looked up. */
  if (r == RESULT_OK)
    r = ledger_many_find(many, LEDGER_FATE_PENDING, true, e);
  if (r == RESULT_OK && ledger_many_any(many, LEDGER_FATE_PENDING))
    r = check_time(batch, e);
  mark_bulk(many);
  if (r == RESULT_OK)
    r = ledger_many_insert(many, e);
  return r == RESULT_OK ? find_takers(batch, e) : r;
}

/* What a fate means to the caller; `failure` is the result for those that were not settled. */
static void settle(struct ledger_item *item, enum ledger_fate fate, enum result failure)
{
  item->result = RESULT_OK;
  switch (fate) {
  case LEDGER_FATE_STORED:
    item->outcome = LEDGER_STORED;
    break;
  case LEDGER_FATE_SAME:
    item->outcome = LEDGER_REPLAYED;
    break;
  case LEDGER_FATE_OTHER:
    item->outcome = LEDGER_KEY_REUSED;
    break;
  case LEDGER_FATE_UNREADABLE:
    item->result = RESULT_CORRUPT;
    break;
  case LEDGER_FATE_SOUGHT:
    item->result = failure == RESULT_OK ? RESULT_NOT_FOUND : failure;
    break;
  case LEDGER_FATE_PENDING:
  case LEDGER_FATE_KEY_TAKEN:
    item->result = failure;
    break;
  }
}

enum result ledger_put_many(struct ledger *ledger, struct ledger_item *items, size_t count, int64_t within_ms,
                            cluster_time *position, struct err *e)
{
  struct clock *clock = clock_system();
  struct ledger_call call;
  g_autofree enum ledger_fate *fates = g_new0(enum ledger_fate, MAX(count, 1));
  g_autofree struct entry **entries = g_new0(struct entry *, MAX(count, 1));
  struct batch batch = {.many = {.call = &call, .entries = entries, .count = count, .fates = fates},
                        .deadline_ms = clock->monotonic_ms(clock) + within_ms};
  for (size_t i = 0; i < count; i++) {
    entries[i] = items[i].entry;
    fates[i] = items[i].refused ? LEDGER_FATE_SOUGHT : LEDGER_FATE_PENDING;
  }
  *position = 0;
  enum result r = check_time(&batch, e); /* a session alone may wait for a server */
  if (r == RESULT_OK)
    r = ledger_call_begin(ledger, &call, e);
  if (r == RESULT_OK) {
    r = put_many(&batch, e);
    *position = ledger_call_position(&call);
    ledger_call_end(&call);
  }
  for (size_t i = 0; i < count; i++)
    settle(&items[i], fates[i], r);
  return r;
}
