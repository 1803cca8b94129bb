#include "cli/import/check.h"

#include "domain/money.h"
#include "domain/order.h"
#include "translation/order_json.h"

static bool read_order(struct draft *draft, const struct check_terms *terms, struct entry *out)
{
  struct order_terms rules = {
      .currencies = terms->merchant->currencies,
      .currency_count = terms->merchant->currency_count,
      .now_ms = terms->now_ms,
      .may_import = true,
  };
  struct violations violations;
  violations_init(&violations);
  bool ok = order_json_read(draft->body, &out->order, &violations);
  ok &= order_check(&out->order, &rules, &out->totals, &violations);
  draft_take_violations(draft, &violations);
  violations_clear(&violations);
  return ok;
}

bool check_draft(struct draft *draft, const struct check_terms *terms, struct entry *out)
{
  if (draft->faults->len > 0 || !read_order(draft, terms, out))
    return false;
  g_strlcpy(out->merchant, terms->merchant->id, sizeof out->merchant);
  out->at_ms = out->order.placed_at_ms;
  out->recorded_at_ms = terms->now_ms;
  out->late = out->recorded_at_ms - out->at_ms >= ENTRY_LATE_MS;
  g_strlcpy(out->currency, out->order.currency, sizeof out->currency);
  out->exponent = currency_find(out->currency)->exponent;
  out->idem = g_strdup_printf("import/%s", out->order.reference);
  order_json_hash(&out->order, out->body_hash);
  g_strlcpy(out->request_id, terms->import_id, sizeof out->request_id);
  out->import_id = g_strdup(terms->import_id);
  return true;
}
