#include <glib.h>

#include "stores/ledger_many.h"

static void count_fates(const struct ledger_many *many, struct ledger_bulk_result *out)
{
  for (size_t i = 0; i < many->count; i++) {
    out->stored += many->fates[i] == LEDGER_FATE_STORED;
    out->skipped += many->fates[i] == LEDGER_FATE_SAME;
    out->clashed += many->fates[i] == LEDGER_FATE_OTHER;
    out->clash[i] = many->fates[i] == LEDGER_FATE_OTHER;
  }
}

MUST_CHECK static enum result put_bulk(struct ledger_many *many, struct ledger_bulk_result *out,
                                       struct err *e)
{
  /* An insert that is refused costs the server far more than a key looked up. */
  enum result r = ledger_many_find(many, LEDGER_FATE_PENDING, false, e);
  if (r == RESULT_OK)
    r = ledger_many_insert(many, e);
  if (r == RESULT_OK)
    r = ledger_many_find(many, LEDGER_FATE_KEY_TAKEN, false, e);
  if (r == RESULT_OK && ledger_many_any(many, LEDGER_FATE_UNREADABLE))
    r = err_set(e, RESULT_CORRUPT, "MongoDB: an entry of the ledger without a hash");
  if (r == RESULT_OK && ledger_many_any(many, LEDGER_FATE_KEY_TAKEN))
    r = err_set(e, RESULT_UNAVAILABLE, "MongoDB: an entry whose key is taken is not visible at majority yet");
  if (r == RESULT_OK)
    count_fates(many, out);
  return r;
}

enum result ledger_put_bulk(struct ledger *ledger, struct entry *entries, size_t count,
                            struct ledger_bulk_result *out, cluster_time *position, struct err *e)
{
  struct ledger_call call;
  *out = (struct ledger_bulk_result){0};
  *position = 0;
  if (count > LEDGER_BULK_MAX)
    return err_set(e, RESULT_INVALID, "at most %d entries at once", LEDGER_BULK_MAX);
  enum result r = ledger_call_begin(ledger, &call, e);
  if (r != RESULT_OK)
    return r;
  g_autofree enum ledger_fate *fates = g_new0(enum ledger_fate, MAX(count, 1));
  g_autofree struct entry **pointers = g_new0(struct entry *, MAX(count, 1));
  struct ledger_many many = {.call = &call, .entries = pointers, .count = count, .fates = fates};
  for (size_t i = 0; i < count; i++) {
    pointers[i] = &entries[i];
    entries[i].bulk = true;
  }
  out->clash = g_new0(bool, MAX(count, 1));
  r = put_bulk(&many, out, e);
  if (r != RESULT_OK)
    g_clear_pointer(&out->clash, g_free);
  *position = ledger_call_position(&call);
  ledger_call_end(&call);
  return r;
}
