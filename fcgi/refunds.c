#include "fcgi/refunds.h"

#include <string.h>

#include "fcgi/posting.h"
#include "translation/order_json.h"

/* Takes the refund from the body and tries it on its order, which only the ledger knows. Also when the body
 * is refused already: then whatever else is wrong with it is found, and nothing is stored. */
static enum result put_refund(struct posting *posting, enum ledger_outcome *outcome, cluster_time *position,
                              struct err *e)
{
  struct exchange *x = posting->x;
  struct entry *entry = &posting->entry;
  struct ledger *ledger = x->context->service->ledger;
  struct refund_terms terms = {.now_ms = posting->now_ms,
                               .may_import = (x->caller.scopes & SCOPE_ORDERS_IMPORT) != 0};
  if (!entry_public_id_parse(x->id_segment, strlen(x->id_segment), ENTRY_ORDER, &entry->refund_of))
    return err_set(e, RESULT_NOT_FOUND, "no id of an order");
  bool good = refund_json_read(posting->body, &entry->refund, &x->violations);
  if (!good || posting->dry_run)
    return ledger_try_refund(ledger, entry, &terms, &x->violations, e);
  refund_json_hash(&entry->refund, &entry->refund_of, entry->body_hash);
  return ledger_put_refund(ledger, entry, &terms, &x->violations, outcome, position, e);
}

void refunds_post(struct exchange *x)
{
  struct posting posting;
  if (posting_init(&posting, x, ENTRY_REFUND, REFUNDS_KEY_PREFIX)) {
    enum ledger_outcome outcome = LEDGER_STORED;
    cluster_time position = 0;
    struct err e = ERR_NONE;
    enum result r = put_refund(&posting, &outcome, &position, &e);
    bool refused = r == RESULT_OK || r == RESULT_INVALID;
    if (refused && violations_any(&x->violations))
      posting_refuse(&posting);
    else if (r != RESULT_OK)
      exchange_fail(x, "refund_put", r, &e);
    else if (posting.dry_run)
      posting_answer_dry_run(&posting);
    else
      posting_answer(&posting, outcome, position);
  }
  posting_clear(&posting);
}
