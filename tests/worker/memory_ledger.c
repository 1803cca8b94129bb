/* The ledger: entries in the order they came; positions count from 1. The caller's entry moves into the
 * ledger and comes back as a copy would from a database: without what is not stored. */
#include <stdlib.h>
#include <string.h>

#include "domain/entry_row.h"
#include "stores/ledger_restatements.h"
#include "stores/ledger_trace.h"
#include "tests/worker/world.h"
#include "translation/entry_bson.h"

static enum result begin(struct err *e)
{
  pthread_mutex_lock(&world.lock);
  return world.mongo.away ? err_set(e, RESULT_UNAVAILABLE, "MongoDB is away") : RESULT_OK;
}

static enum result end(enum result r)
{
  pthread_mutex_unlock(&world.lock);
  return r;
}

static struct entry *at(guint i)
{
  return g_ptr_array_index(world.ledger.entries, i);
}

static enum result copy(const struct entry *from, struct entry *to, struct err *e)
{
  bson_t document = BSON_INITIALIZER;
  enum result r = entry_bson_write(from, &document, e);
  if (r == RESULT_OK) {
    entry_init(to, from->kind);
    r = entry_bson_read(&document, to, e);
  }
  bson_destroy(&document);
  return r;
}

static enum result append(struct entry *entry, cluster_time *position, struct err *e)
{
  uint8_t random[ULID_RANDOM_SIZE] = {0};
  guint number = world.ledger.entries->len + 1;
  memcpy(random, &number, sizeof number);
  entry->id = ulid_make(entry->at_ms, random);
  struct entry *stored = g_new0(struct entry, 1);
  enum result r = copy(entry, stored, e);
  if (r == RESULT_OK)
    g_ptr_array_add(world.ledger.entries, stored);
  else
    g_free(stored);
  *position = cluster_time_make((uint32_t)(WORLD_NOW_MS / 1000), number);
  return r;
}

static const struct entry *find_key(const struct entry *entry)
{
  for (guint i = 0; i < world.ledger.entries->len; i++)
    if (strcmp(at(i)->merchant, entry->merchant) == 0 && strcmp(at(i)->idem, entry->idem) == 0)
      return at(i);
  return NULL;
}

static enum result replay(const struct entry *stored, struct entry *entry, enum ledger_outcome *outcome,
                          struct err *e)
{
  *outcome = LEDGER_KEY_REUSED;
  if (memcmp(stored->body_hash, entry->body_hash, ENTRY_HASH_SIZE) != 0)
    return RESULT_OK;
  *outcome = LEDGER_REPLAYED;
  entry_clear(entry);
  return copy(stored, entry, e);
}

enum result ledger_put_order(struct ledger *ledger, struct entry *entry, enum ledger_outcome *outcome,
                             cluster_time *position, struct err *e)
{
  (void)ledger;
  enum result r = begin(e);
  if (r != RESULT_OK)
    return end(r);
  const struct entry *stored = find_key(entry);
  *outcome = LEDGER_STORED;
  *position = cluster_time_make((uint32_t)(WORLD_NOW_MS / 1000), world.ledger.entries->len);
  return end(stored != NULL ? replay(stored, entry, outcome, e) : append(entry, position, e));
}

enum result ledger_find_replay(struct ledger *ledger, struct entry *entry, enum ledger_outcome *outcome,
                               cluster_time *position, struct err *e)
{
  (void)ledger;
  enum result r = begin(e);
  if (r != RESULT_OK)
    return end(r);
  const struct entry *stored = find_key(entry);
  *position = cluster_time_make((uint32_t)(WORLD_NOW_MS / 1000), world.ledger.entries->len);
  return end(stored != NULL ? replay(stored, entry, outcome, e) : RESULT_NOT_FOUND);
}

/* What is stored under the item's key, or the item itself is now. */
static enum result put_item(struct ledger_item *item, struct err *e)
{
  cluster_time unused;
  const struct entry *stored = find_key(item->entry);
  if (stored == NULL) {
    item->outcome = LEDGER_STORED;
    return item->refused ? RESULT_NOT_FOUND : append(item->entry, &unused, e);
  }
  bool same = memcmp(stored->body_hash, item->entry->body_hash, ENTRY_HASH_SIZE) == 0;
  item->outcome = same ? LEDGER_REPLAYED : LEDGER_KEY_REUSED;
  entry_clear(item->entry);
  return copy(stored, item->entry, e);
}

enum result ledger_put_many(struct ledger *ledger, struct ledger_item *items, size_t count, int64_t within_ms,
                            cluster_time *position, struct err *e)
{
  (void)ledger;
  enum result r = begin(e);
  if (r == RESULT_OK && within_ms <= 0)
    r = err_set(e, RESULT_UNAVAILABLE, "no time");
  for (size_t i = 0; i < count; i++)
    items[i].result = r == RESULT_OK ? put_item(&items[i], e) : r;
  *position = cluster_time_make((uint32_t)(WORLD_NOW_MS / 1000), world.ledger.entries->len);
  world.mongo.away = world.mongo.away || world.mongo.leaves;
  return end(r);
}

/* ---- one order with its refunds ---- */

static const struct entry *find_order(const char *merchant, const struct ulid *id)
{
  for (guint i = 0; i < world.ledger.entries->len; i++)
    if (at(i)->kind == ENTRY_ORDER && strcmp(at(i)->merchant, merchant) == 0 &&
        memcmp(&at(i)->id, id, sizeof *id) == 0)
      return at(i);
  return NULL;
}

static enum result add_refund(struct ledger_order *order, const struct entry *refund, struct err *e)
{
  order->refunds = g_renew(struct entry, order->refunds, order->refund_count + 1);
  enum result r = copy(refund, &order->refunds[order->refund_count], e);
  if (r == RESULT_OK) {
    order->refund_count++;
    r = refund_rest_take(&order->rest, &refund->refund, &refund->totals, e);
  }
  return r;
}

static enum result load(const char *merchant, const struct ulid *id, struct ledger_order *out, struct err *e)
{
  memset(out, 0, sizeof *out);
  const struct entry *order = find_order(merchant, id);
  if (order == NULL)
    return err_set(e, RESULT_NOT_FOUND, "no such order");
  enum result r = copy(order, &out->order, e);
  if (r == RESULT_OK)
    refund_rest_init(&out->rest, &out->order.order, &out->order.totals);
  for (guint i = 0; i < world.ledger.entries->len && r == RESULT_OK; i++)
    if (at(i)->kind == ENTRY_REFUND && memcmp(&at(i)->refund_of, id, sizeof *id) == 0)
      r = add_refund(out, at(i), e);
  return r;
}

enum result ledger_get_order(struct ledger *ledger, const char *merchant, const struct ulid *id,
                             struct ledger_order *out, struct err *e)
{
  (void)ledger;
  enum result r = begin(e);
  return end(r == RESULT_OK ? load(merchant, id, out, e) : r);
}

void ledger_order_clear(struct ledger_order *order)
{
  entry_clear(&order->order);
  for (size_t i = 0; i < order->refund_count; i++)
    entry_clear(&order->refunds[i]);
  g_free(order->refunds);
  refund_rest_clear(&order->rest);
}

/* ---- refunds ---- */

static enum result check(struct entry *refund, const struct refund_terms *terms,
                         struct violations *violations, struct err *e)
{
  struct ledger_order order;
  struct refund_terms all = *terms;
  enum result r = load(refund->merchant, &refund->refund_of, &order, e);
  if (r != RESULT_OK)
    return r;
  all.placed_at_ms = order.order.at_ms;
  if (!refund_check(&refund->refund, &order.order.order, &order.rest, &all, &refund->totals, violations))
    r = err_set(e, RESULT_INVALID, "refused");
  refund->at_ms = refund->refund.refunded_at_ms;
  memcpy(refund->currency, order.order.currency, sizeof refund->currency);
  refund->exponent = order.order.exponent;
  refund->refund_number = (int64_t)order.refund_count + 1;
  ledger_order_clear(&order);
  return r;
}

enum result ledger_put_refund(struct ledger *ledger, struct entry *refund, const struct refund_terms *terms,
                              struct violations *violations, enum ledger_outcome *outcome,
                              cluster_time *position, struct err *e)
{
  (void)ledger;
  enum result r = begin(e);
  if (r != RESULT_OK)
    return end(r);
  const struct entry *stored = find_key(refund);
  *outcome = LEDGER_STORED;
  if (stored != NULL)
    return end(replay(stored, refund, outcome, e));
  r = check(refund, terms, violations, e);
  return end(r == RESULT_OK ? append(refund, position, e) : r);
}

enum result ledger_try_refund(struct ledger *ledger, struct entry *refund, const struct refund_terms *terms,
                              struct violations *violations, struct err *e)
{
  (void)ledger;
  enum result r = begin(e);
  return end(r == RESULT_OK ? check(refund, terms, violations, e) : r);
}

/* ---- lists ---- */

static bool wanted(const struct entry *entry, const char *merchant, const struct ledger_filter *filter)
{
  return entry->kind == ENTRY_ORDER && strcmp(entry->merchant, merchant) == 0 &&
         (!filter->has_from || entry->at_ms >= filter->from_ms) &&
         (!filter->has_to || entry->at_ms < filter->to_ms) &&
         (filter->currency == NULL || strcmp(entry->currency, filter->currency) == 0) &&
         (filter->reference == NULL || g_strcmp0(entry->order.reference, filter->reference) == 0) &&
         (filter->idempotency_key == NULL || strcmp(entry->idem, filter->idempotency_key) == 0) &&
         (!filter->has_before || memcmp(&entry->id, &filter->before, sizeof entry->id) < 0);
}

static int newest_first(const void *a, const void *b)
{
  return -memcmp(&(*(struct entry *const *)a)->id, &(*(struct entry *const *)b)->id, sizeof(struct ulid));
}

static enum result list(const char *merchant, const struct ledger_filter *filter, struct ledger_page *out,
                        struct err *e)
{
  g_autoptr(GPtrArray) found = g_ptr_array_new();
  for (guint i = 0; i < world.ledger.entries->len; i++)
    if (wanted(at(i), merchant, filter))
      g_ptr_array_add(found, at(i));
  g_ptr_array_sort(found, newest_first);
  out->has_more = found->len > filter->limit;
  out->position = cluster_time_make((uint32_t)(WORLD_NOW_MS / 1000), world.ledger.entries->len);
  out->count = out->unreadable = 0;
  out->orders = g_new0(struct entry, filter->limit);
  enum result r = RESULT_OK;
  for (guint i = 0; i < found->len && i < filter->limit && r == RESULT_OK; i++) {
    r = copy(g_ptr_array_index(found, i), &out->orders[i], e);
    out->last = out->orders[i].id;
    out->count += r == RESULT_OK;
  }
  return r;
}

enum result ledger_list_orders(struct ledger *ledger, const char *merchant,
                               const struct ledger_filter *filter, struct ledger_page *out, struct err *e)
{
  (void)ledger;
  enum result r = begin(e);
  return end(r == RESULT_OK ? list(merchant, filter, out, e) : r);
}

void ledger_page_clear(struct ledger_page *page)
{
  for (size_t i = 0; i < page->count; i++)
    entry_clear(&page->orders[i]);
  g_free(page->orders);
}

/* ---- what is behind a figure ---- */

static bool within(const GArray *stretches, int64_t ms)
{
  bool in = false;
  for (guint i = 0; i < stretches->len; i++) {
    const struct stretch *stretch = &g_array_index(stretches, struct stretch, i);
    in = in || (ms >= stretch->from * 1000 && ms < stretch->to * 1000);
  }
  return in;
}

static bool traced(guint i, const char *merchant, const struct trace_filter *filter)
{
  const struct entry *entry = at(i);
  return cluster_time_make((uint32_t)(WORLD_NOW_MS / 1000), i + 1) <= filter->at &&
         strcmp(entry->merchant, merchant) == 0 && strcmp(entry->currency, filter->currency) == 0 &&
         within(filter->stretches, entry->at_ms) &&
         (!filter->has_after || memcmp(&entry->id, &filter->after, sizeof entry->id) > 0);
}

static int oldest_first(const void *a, const void *b)
{
  return memcmp(&((const struct trace_item *)a)->id, &((const struct trace_item *)b)->id,
                sizeof(struct ulid));
}

enum result ledger_trace(struct ledger *ledger, const char *merchant, const struct trace_filter *filter,
                         struct trace_page *out, struct err *e)
{
  (void)ledger;
  enum result r = begin(e);
  if (r != RESULT_OK)
    return end(r);
  if (world.mongo.forgetful)
    return end(err_set(e, RESULT_STALE, "the snapshot is too old"));
  *out = (struct trace_page){.items = g_array_new(FALSE, FALSE, sizeof(struct trace_item))};
  for (guint i = 0; r == RESULT_OK && i < world.ledger.entries->len; i++) {
    const struct entry *entry = at(i);
    struct trace_item item = {.kind = entry->kind,
                              .id = entry->id,
                              .order = entry->kind == ENTRY_ORDER ? entry->id : entry->refund_of,
                              .at_ms = entry->at_ms};
    r = entry_row_amount(entry->kind, &entry->totals, filter->metric, &item.value, e);
    if (traced(i, merchant, filter) && item.value != 0)
      g_array_append_val(out->items, item);
  }
  g_array_sort(out->items, oldest_first);
  out->has_more = out->items->len > filter->limit;
  if (out->has_more) {
    g_array_set_size(out->items, (guint)filter->limit);
    out->last = g_array_index(out->items, struct trace_item, filter->limit - 1).id;
  }
  return end(r);
}

void trace_page_clear(struct trace_page *page)
{
  g_clear_pointer(&page->items, g_array_unref);
}

/* ---- late entries ---- */

enum result ledger_count_restatements(struct ledger *ledger, const char *merchant,
                                      struct restatement_count *out, struct err *e)
{
  (void)ledger;
  enum result r = begin(e);
  *out = (struct restatement_count){.restatements = 0};
  for (guint i = 0; i < world.ledger.entries->len; i++)
    out->entries += at(i)->late && strcmp(at(i)->merchant, merchant) == 0;
  out->restatements = out->entries; /* nobody imports into this world */
  return end(r);
}

static bool is_wanted(const struct entry *entry, const char *merchant, const char *key,
                      const struct restatement_filter *filter)
{
  int64_t recorded = entry->recorded_at_ms;
  return entry->late && strcmp(entry->merchant, merchant) == 0 && recorded >= filter->from_ms &&
         (filter->to_ms == 0 || recorded < filter->to_ms) &&
         (filter->before_key == NULL || recorded < filter->before_ms ||
          (recorded == filter->before_ms && strcmp(key, filter->before_key) < 0));
}

static enum result restate(const struct entry *entry, const char *key, struct restatement *out, struct err *e)
{
  char id[ENTRY_PUBLIC_ID_SIZE];
  struct row row = row_zero(0);
  enum result r = entry_row_add(entry->kind, &entry->totals, &row, e);
  *out = (struct restatement){.cause = entry->kind == ENTRY_ORDER ? RESTATEMENT_ORDER : RESTATEMENT_REFUND,
                              .id = g_strdup(entry_public_id(entry->kind, &entry->id, id)),
                              .key = g_strdup(key),
                              .entries = 1,
                              .first_ms = entry->at_ms,
                              .last_ms = entry->at_ms,
                              .recorded_at_ms = entry->recorded_at_ms,
                              .changes = g_new0(struct restatement_change, 1),
                              .change_count = 1};
  out->changes[0].known = true;
  g_strlcpy(out->changes[0].currency, entry->currency, sizeof out->changes[0].currency);
  memcpy(out->changes[0].columns, row.columns, sizeof row.columns);
  return r;
}

static int newest_recorded_first(const void *a, const void *b)
{
  const struct restatement *one = a, *other = b;
  if (one->recorded_at_ms != other->recorded_at_ms)
    return one->recorded_at_ms < other->recorded_at_ms ? 1 : -1;
  return -strcmp(one->key, other->key);
}

enum result ledger_list_restatements(struct ledger *ledger, const char *merchant,
                                     const struct restatement_filter *filter, struct restatement_page *out,
                                     struct err *e)
{
  (void)ledger;
  enum result r = begin(e);
  struct restatement *items = g_new0(struct restatement, world.ledger.entries->len + 1);
  size_t count = 0;
  for (guint i = 0; i < world.ledger.entries->len && r == RESULT_OK; i++) {
    char key[ENTRY_ID_SIZE];
    entry_id_format(merchant, &at(i)->id, key);
    if (is_wanted(at(i), merchant, key, filter))
      r = restate(at(i), key, &items[count++], e);
  }
  qsort(items, count, sizeof *items, newest_recorded_first);
  *out = (struct restatement_page){.items = items, .count = count};
  while (out->count > filter->limit) {
    struct restatement_page one = {.items = g_memdup2(&items[--out->count], sizeof *items), .count = 1};
    restatement_page_clear(&one);
    out->has_more = true;
  }
  return end(r);
}

void restatement_page_clear(struct restatement_page *page)
{
  for (size_t i = 0; i < page->count; i++) {
    g_free(page->items[i].id);
    g_free(page->items[i].key);
    g_free(page->items[i].changes);
  }
  g_free(page->items);
}
