#include "stores/ledger.h"

#include <string.h>

#include <glib.h>

#include "base/clock.h"
#include "stores/ledger_call.h"
#include "stores/ledger_order.h"

#define ID_ATTEMPTS 3
/* How long refunds of one order that come at the same time may go on taking each other's number. */
#define REFUND_WAIT_MS 4000

struct ledger *ledger_new(struct mongo *mongo)
{
  struct ledger *ledger = g_new0(struct ledger, 1);
  ledger->mongo = mongo;
  return ledger;
}

void ledger_free(struct ledger *ledger)
{
  g_free(ledger);
}

/* ---- orders ---- */

MUST_CHECK static enum result put_order(struct ledger_call *call, struct entry *entry,
                                        enum ledger_outcome *outcome, struct err *e)
{
  for (int attempt = 1;; attempt++) {
    enum ledger_clash clash = LEDGER_CLASH_NONE;
    struct err failure = ERR_NONE;
    enum result r = ledger_call_insert(call, entry, &clash, &failure);
    if (r == RESULT_OK) {
      *outcome = LEDGER_STORED;
      return RESULT_OK;
    }
    if (clash == LEDGER_CLASH_KEY)
      return ledger_call_replay(call, entry, outcome, e);
    if (clash != LEDGER_CLASH_ID || attempt == ID_ATTEMPTS)
      return err_set(e, r == RESULT_CONFLICT ? RESULT_INTERNAL : r, "%s", failure.text);
  }
}

enum result ledger_put_order(struct ledger *ledger, struct entry *entry, enum ledger_outcome *outcome,
                             cluster_time *position, struct err *e)
{
  struct ledger_call call;
  enum result r = ledger_call_begin(ledger, &call, e);
  if (r != RESULT_OK)
    return r;
  r = put_order(&call, entry, outcome, e);
  *position = ledger_call_position(&call);
  ledger_call_end(&call);
  return r;
}

enum result ledger_find_replay(struct ledger *ledger, struct entry *entry, enum ledger_outcome *outcome,
                               cluster_time *position, struct err *e)
{
  struct ledger_call call;
  bool used = false;
  enum result r = ledger_call_begin(ledger, &call, e);
  if (r != RESULT_OK)
    return r;
  r = ledger_call_key_used(&call, entry, &used, e);
  if (r == RESULT_OK)
    r = used ? ledger_call_replay(&call, entry, outcome, e) : err_set(e, RESULT_NOT_FOUND, "a new key");
  *position = ledger_call_position(&call);
  ledger_call_end(&call);
  return r;
}

/* ---- refunds ---- */

/* Checks against what is left and fills what follows from the order. */
MUST_CHECK static enum result check_refund(struct entry *refund, const struct ledger_order *order,
                                           const struct refund_terms *terms, struct violations *violations,
                                           struct err *e)
{
  struct refund_terms all = *terms;
  all.placed_at_ms = order->order.at_ms;
  if (!refund_check(&refund->refund, &order->order.order, &order->rest, &all, &refund->totals, violations))
    return err_set(e, RESULT_INVALID, "the refund is refused");
  refund->at_ms = refund->refund.refunded_at_ms;
  refund->late = refund->recorded_at_ms - refund->at_ms >= ENTRY_LATE_MS;
  memcpy(refund->currency, order->order.currency, sizeof refund->currency);
  refund->exponent = order->order.exponent;
  refund->refund_number = (int64_t)order->refund_count + 1;
  return RESULT_OK;
}

static bool has_key(const struct ledger_order *order, const char *idem)
{
  for (size_t i = 0; i < order->refund_count; i++)
    if (strcmp(order->refunds[i].idem, idem) == 0)
      return true;
  return false;
}

/* A refused refund may be the second try of one that is stored already, for another order: its key says so
 * first. */
MUST_CHECK static enum result refuse_refund(struct ledger_call *call, const struct entry *refund,
                                            enum ledger_outcome *outcome, struct violations *violations,
                                            struct err *e)
{
  bool used = false;
  enum result r = ledger_call_key_used(call, refund, &used, e);
  if (r != RESULT_OK)
    return r;
  if (!used)
    return err_set(e, RESULT_INVALID, "the refund is refused");
  violations_clear(violations);
  violations_init(violations);
  *outcome = LEDGER_KEY_REUSED;
  return RESULT_OK;
}

/* One attempt. RESULT_CONFLICT: another refund of the order came between; read again. */
MUST_CHECK static enum result try_put_refund(struct ledger_call *call, struct entry *refund,
                                             const struct refund_terms *terms, struct violations *violations,
                                             enum ledger_outcome *outcome, struct err *e)
{
  struct ledger_order order;
  enum ledger_clash clash = LEDGER_CLASH_NONE;
  enum result r = ledger_order_load(call, refund->merchant, &refund->refund_of, &order, e);
  if (r != RESULT_OK)
    return r;
  bool replay = has_key(&order, refund->idem);
  struct err refusal = ERR_NONE;
  if (!replay)
    r = check_refund(refund, &order, terms, violations, &refusal);
  ledger_order_clear(&order);
  if (r != RESULT_OK)
    return refuse_refund(call, refund, outcome, violations, e);
  if (!replay) {
    r = ledger_call_insert(call, refund, &clash, e);
    *outcome = LEDGER_STORED;
  }
  if (replay || clash == LEDGER_CLASH_KEY) {
    err_clear(e);
    return ledger_call_replay(call, refund, outcome, e);
  }
  return r;
}

MUST_CHECK static enum result put_refund(struct ledger_call *call, struct entry *refund,
                                         const struct refund_terms *terms, struct violations *violations,
                                         enum ledger_outcome *outcome, struct err *e)
{
  struct clock *clock = clock_system();
  int64_t deadline = clock->monotonic_ms(clock) + REFUND_WAIT_MS;
  for (;;) {
    struct err failure = ERR_NONE;
    enum result r = try_put_refund(call, refund, terms, violations, outcome, &failure);
    if (r == RESULT_OK)
      return RESULT_OK;
    if (r != RESULT_CONFLICT)
      return err_set(e, r, "%s", failure.text);
    if (clock->monotonic_ms(clock) >= deadline)
      return err_set(e, RESULT_UNAVAILABLE, "MongoDB: too many refunds of one order at the same time");
  }
}

enum result ledger_put_refund(struct ledger *ledger, struct entry *refund, const struct refund_terms *terms,
                              struct violations *violations, enum ledger_outcome *outcome,
                              cluster_time *position, struct err *e)
{
  struct ledger_call call;
  enum result r = ledger_call_begin(ledger, &call, e);
  if (r != RESULT_OK)
    return r;
  r = put_refund(&call, refund, terms, violations, outcome, e);
  *position = ledger_call_position(&call);
  ledger_call_end(&call);
  return r;
}

enum result ledger_try_refund(struct ledger *ledger, struct entry *refund, const struct refund_terms *terms,
                              struct violations *violations, struct err *e)
{
  struct ledger_order order;
  enum result r = ledger_get_order(ledger, refund->merchant, &refund->refund_of, &order, e);
  if (r != RESULT_OK)
    return r;
  r = check_refund(refund, &order, terms, violations, e);
  ledger_order_clear(&order);
  return r;
}
