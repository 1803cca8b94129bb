/* The ledger on a real MongoDB: keys, numbers of refunds, lists, bulk, rights. */
#include "stores_test.h"

#include <pthread.h>
#include <string.h>

#include <mongoc/mongoc.h>

#include "base/clock.h"
#include "stores/ledger_restatements.h"
#include "stores/ledger_trace.h"
#include "stores/setup.h"

#define PLACED_MS INT64_C(1700000000000) /* 2023-11-14T22:13:20Z */

static struct mongo *mongo; /* the worker's, for all tests: to close it takes half a second */

struct fixture {
  struct ledger *ledger;
  char merchant[MERCHANT_ID_SIZE]; /* a new one for each test */
};

static int set_up(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);
  f->ledger = ledger_new(mongo);
  snprintf(f->merchant, sizeof f->merchant, "t%08x%08x", g_random_int(), g_random_int());
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  ledger_free(f->ledger);
  g_free(f);
  return 0;
}

/* Two lines of 3 x 500 and 1 x 250, line discount 100, line tax 40, order discount 50, shipping 300, tax 10.
 */
static void make_order(struct entry *entry, const char *merchant, int64_t placed_at_ms, const char *key)
{
  entry_init(entry, ENTRY_ORDER);
  g_strlcpy(entry->merchant, merchant, sizeof entry->merchant);
  g_strlcpy(entry->currency, "EUR", sizeof entry->currency);
  entry->exponent = 2;
  entry->at_ms = placed_at_ms;
  entry->recorded_at_ms = placed_at_ms + 5;
  entry->totals = (struct entry_totals){
      .units = 4, .gross = 1750, .discounts = 150, .goods = 1600, .tax = 50, .shipping = 300, .total = 1950};
  entry->idem = g_strdup_printf("orders/%s", key);
  memset(entry->body_hash, 7, sizeof entry->body_hash);
  g_strlcpy(entry->request_id, "request-1", sizeof entry->request_id);
  struct order *order = &entry->order;
  g_strlcpy(order->currency, "EUR", sizeof order->currency);
  order->line_count = 2;
  order->lines = g_new0(struct order_line, 2);
  order->lines[0] = (struct order_line){.product_id = g_strdup("p1"),
                                        .name = g_strdup("Müsli"),
                                        .quantity = 3,
                                        .unit_price = 500,
                                        .discount = 100,
                                        .tax = 40};
  order->lines[1] = (struct order_line){
      .product_id = g_strdup("p2"), .name = g_strdup("Tea"), .quantity = 1, .unit_price = 250};
  order->discount = 50;
  order->shipping = 300;
  order->tax = 10;
  order->reference = g_strdup_printf("ref-%s", key);
  order->placed_at_ms = placed_at_ms;
}

static enum ledger_outcome put(const struct fixture *f, struct entry *entry, cluster_time *position)
{
  enum ledger_outcome outcome = LEDGER_KEY_REUSED;
  assert_result(RESULT_OK, ledger_put_order(f->ledger, entry, &outcome, position, &e));
  return outcome;
}

static struct ulid put_new(const struct fixture *f, int64_t placed_at_ms, const char *key)
{
  struct entry entry;
  cluster_time position = 0;
  make_order(&entry, f->merchant, placed_at_ms, key);
  assert_int_equal(put(f, &entry, &position), LEDGER_STORED);
  struct ulid id = entry.id;
  entry_clear(&entry);
  return id;
}

/* ---- orders ---- */

static void what_is_stored_is_read_back(void **state)
{
  struct fixture *f = *state;
  struct entry entry;
  struct ledger_order found;
  cluster_time position = 0;
  make_order(&entry, f->merchant, PLACED_MS, "one");
  entry.order.note = g_strdup("two words");
  entry.order.has_total = true;
  entry.order.total = 1950;
  entry.import_id = g_strdup("imp_1");
  entry.late = true;
  assert_int_equal(put(f, &entry, &position), LEDGER_STORED);
  assert_int_equal(ulid_ms(&entry.id), PLACED_MS);
  int64_t seconds = g_get_real_time() / 1000000;
  assert_in_range(cluster_time_seconds(position), seconds - 60, seconds + 1);

  assert_result(RESULT_OK, ledger_get_order(f->ledger, f->merchant, &entry.id, &found, &e));
  assert_string_equal(found.order.merchant, f->merchant);
  assert_int_equal(found.order.at_ms, PLACED_MS);
  assert_int_equal(found.order.recorded_at_ms, PLACED_MS + 5);
  assert_true(found.order.late);
  assert_false(found.order.bulk);
  assert_string_equal(found.order.currency, "EUR");
  assert_int_equal(found.order.exponent, 2);
  assert_memory_equal(&found.order.totals, &entry.totals, sizeof entry.totals);
  assert_string_equal(found.order.idem, "orders/one");
  assert_memory_equal(found.order.body_hash, entry.body_hash, ENTRY_HASH_SIZE);
  assert_string_equal(found.order.request_id, "request-1");
  assert_string_equal(found.order.import_id, "imp_1");
  const struct order *order = &found.order.order;
  assert_int_equal(order->line_count, 2);
  assert_string_equal(order->lines[0].name, "Müsli");
  assert_int_equal(order->lines[0].quantity, 3);
  assert_int_equal(order->lines[0].unit_price, 500);
  assert_int_equal(order->lines[0].discount, 100);
  assert_int_equal(order->lines[0].tax, 40);
  assert_int_equal(order->lines[1].discount, 0);
  assert_int_equal(order->discount, 50);
  assert_int_equal(order->shipping, 300);
  assert_int_equal(order->tax, 10);
  assert_string_equal(order->reference, "ref-one");
  assert_string_equal(order->note, "two words");
  assert_null(order->channel);
  assert_true(order->has_total);
  assert_int_equal(order->total, 1950);
  assert_false(order->has_placed_at);
  assert_int_equal(order->placed_at_ms, PLACED_MS);
  assert_int_equal(found.refund_count, 0);
  assert_int_equal(found.rest.goods, 1600);
  ledger_order_clear(&found);
  entry_clear(&entry);
}

static void a_refused_order_is_known_by_its_key(void **state)
{
  struct fixture *f = *state;
  struct entry entry;
  enum ledger_outcome outcome = LEDGER_STORED;
  cluster_time stored = 0, found = 0;
  make_order(&entry, f->merchant, PLACED_MS, "k");
  assert_result(RESULT_NOT_FOUND, ledger_find_replay(f->ledger, &entry, &outcome, &found, &e));
  assert_int_equal(put(f, &entry, &stored), LEDGER_STORED);
  struct ulid id = entry.id;
  entry_clear(&entry);
  make_order(&entry, f->merchant, PLACED_MS, "k");
  assert_result(RESULT_OK, ledger_find_replay(f->ledger, &entry, &outcome, &found, &e));
  assert_int_equal(outcome, LEDGER_REPLAYED);
  assert_memory_equal(&entry.id, &id, sizeof id);
  assert_true(found >= stored);
  memset(entry.body_hash, 8, sizeof entry.body_hash);
  assert_result(RESULT_OK, ledger_find_replay(f->ledger, &entry, &outcome, &found, &e));
  assert_int_equal(outcome, LEDGER_KEY_REUSED);
  entry_clear(&entry);
}

static void the_same_key_and_body_is_a_replay(void **state)
{
  struct fixture *f = *state;
  struct entry first, second;
  cluster_time stored_at = 0, replayed_at = 0;
  make_order(&first, f->merchant, PLACED_MS, "k");
  make_order(&second, f->merchant, PLACED_MS + 60000, "k");
  assert_int_equal(put(f, &first, &stored_at), LEDGER_STORED);
  assert_int_equal(put(f, &second, &replayed_at), LEDGER_REPLAYED);
  assert_memory_equal(&second.id, &first.id, sizeof first.id);
  assert_int_equal(second.at_ms, PLACED_MS);
  assert_true(replayed_at >= stored_at);
  entry_clear(&first);
  entry_clear(&second);
}

static void the_same_key_with_another_body_is_refused(void **state)
{
  struct fixture *f = *state;
  struct entry entry;
  cluster_time position = 0;
  put_new(f, PLACED_MS, "k");
  make_order(&entry, f->merchant, PLACED_MS, "k");
  entry.body_hash[31] ^= 1;
  assert_int_equal(put(f, &entry, &position), LEDGER_KEY_REUSED);
  entry_clear(&entry);
}

struct twin {
  const struct fixture *f;
  struct entry entry;
  enum ledger_outcome outcome;
};

static void *put_twin(void *arg)
{
  struct twin *twin = arg;
  cluster_time position = 0;
  twin->outcome = put(twin->f, &twin->entry, &position);
  return NULL;
}

static void simultaneous_twins_are_one_order(void **state)
{
  struct fixture *f = *state;
  enum { TWINS = 16 };
  struct twin twins[TWINS];
  pthread_t threads[TWINS];
  int stored = 0;
  for (int i = 0; i < TWINS; i++) {
    twins[i].f = f;
    make_order(&twins[i].entry, f->merchant, PLACED_MS, "k");
    assert_int_equal(pthread_create(&threads[i], NULL, put_twin, &twins[i]), 0);
  }
  for (int i = 0; i < TWINS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (int i = 0; i < TWINS; i++) {
    stored += twins[i].outcome == LEDGER_STORED;
    assert_int_not_equal(twins[i].outcome, LEDGER_KEY_REUSED);
    assert_memory_equal(&twins[i].entry.id, &twins[0].entry.id, sizeof(struct ulid));
  }
  for (int i = 0; i < TWINS; i++)
    entry_clear(&twins[i].entry);
  assert_int_equal(stored, 1);
}

static void another_merchants_order_is_not_found(void **state)
{
  struct fixture *f = *state;
  struct ledger_order found;
  struct ulid id = put_new(f, PLACED_MS, "k");
  assert_result(RESULT_NOT_FOUND, ledger_get_order(f->ledger, "somebody-else", &id, &found, &e));
}

static void text_that_is_not_utf8_is_refused(void **state)
{
  struct fixture *f = *state;
  struct entry entry;
  enum ledger_outcome outcome;
  cluster_time position = 0;
  make_order(&entry, f->merchant, PLACED_MS, "k");
  entry.order.note = g_strdup("\xff\xfe");
  assert_result(RESULT_INVALID, ledger_put_order(f->ledger, &entry, &outcome, &position, &e));
  entry_clear(&entry);
}

/* ---- refunds ---- */

static void make_refund(struct entry *entry, const char *merchant, const struct ulid *order, int64_t goods,
                        const char *key)
{
  entry_init(entry, ENTRY_REFUND);
  g_strlcpy(entry->merchant, merchant, sizeof entry->merchant);
  entry->recorded_at_ms = PLACED_MS + 3600000;
  entry->idem = g_strdup_printf("refunds/%s", key);
  memset(entry->body_hash, (int)goods & 0xff, sizeof entry->body_hash);
  entry->refund.has_goods = true;
  entry->refund.goods = goods;
  entry->refund_of = *order;
}

static enum result put_refund(const struct fixture *f, struct entry *refund, enum ledger_outcome *outcome,
                              struct violations *violations, struct err *e)
{
  struct refund_terms terms = {.now_ms = PLACED_MS + 3600000};
  cluster_time position = 0;
  return ledger_put_refund(f->ledger, refund, &terms, violations, outcome, &position, e);
}

static void refunds_are_numbered_and_leave_less(void **state)
{
  struct fixture *f = *state;
  struct ledger_order found;
  struct violations violations;
  enum ledger_outcome outcome;
  struct ulid order = put_new(f, PLACED_MS, "k");
  violations_init(&violations);
  for (int i = 0; i < 2; i++) {
    struct entry refund;
    make_refund(&refund, f->merchant, &order, 600 + i, i == 0 ? "a" : "b");
    assert_result(RESULT_OK, put_refund(f, &refund, &outcome, &violations, &e));
    assert_int_equal(outcome, LEDGER_STORED);
    assert_int_equal(refund.refund_number, i + 1);
    assert_int_equal(refund.at_ms, PLACED_MS + 3600000);
    assert_string_equal(refund.currency, "EUR");
    assert_int_equal(refund.exponent, 2);
    assert_false(refund.late);
    entry_clear(&refund);
  }
  assert_result(RESULT_OK, ledger_get_order(f->ledger, f->merchant, &order, &found, &e));
  assert_int_equal(found.refund_count, 2);
  assert_int_equal(found.refunds[0].totals.goods, 600);
  assert_int_equal(found.refunds[1].totals.total, 601);
  assert_memory_equal(&found.refunds[1].refund_of, &order, sizeof order);
  assert_int_equal(found.rest.goods, 1600 - 600 - 601);
  ledger_order_clear(&found);
  violations_clear(&violations);
}

static void a_refund_beyond_the_rest_is_refused_and_not_stored(void **state)
{
  struct fixture *f = *state;
  struct ledger_order found;
  struct violations violations;
  struct entry refund;
  enum ledger_outcome outcome;
  struct ulid order = put_new(f, PLACED_MS, "k");
  violations_init(&violations);
  make_refund(&refund, f->merchant, &order, 1601, "a");
  assert_result(RESULT_INVALID, put_refund(f, &refund, &outcome, &violations, &e));
  assert_true(violations_any(&violations));
  assert_string_equal(violations.items[0].code, "refund_too_large");
  assert_result(RESULT_OK, ledger_get_order(f->ledger, f->merchant, &order, &found, &e));
  assert_int_equal(found.refund_count, 0);
  ledger_order_clear(&found);
  violations_clear(&violations);
  entry_clear(&refund);
}

static void a_replayed_refund_is_not_checked_against_itself(void **state)
{
  struct fixture *f = *state;
  struct violations violations;
  struct entry first, second, other;
  enum ledger_outcome outcome;
  struct ulid order = put_new(f, PLACED_MS, "k");
  violations_init(&violations);
  make_refund(&first, f->merchant, &order, 1600, "a");
  make_refund(&second, f->merchant, &order, 1600, "a");
  make_refund(&other, f->merchant, &order, 1599, "a");
  assert_result(RESULT_OK, put_refund(f, &first, &outcome, &violations, &e));
  assert_result(RESULT_OK, put_refund(f, &second, &outcome, &violations, &e));
  assert_int_equal(outcome, LEDGER_REPLAYED);
  assert_memory_equal(&first.id, &second.id, sizeof first.id);
  assert_result(RESULT_OK, put_refund(f, &other, &outcome, &violations, &e));
  assert_int_equal(outcome, LEDGER_KEY_REUSED);
  assert_false(violations_any(&violations));
  entry_clear(&first);
  entry_clear(&second);
  entry_clear(&other);
  violations_clear(&violations);
}

static void a_key_used_for_another_order_says_so_before_the_amount(void **state)
{
  struct fixture *f = *state;
  struct violations violations;
  struct entry first, second;
  enum ledger_outcome outcome;
  struct ulid order = put_new(f, PLACED_MS, "k"), other = put_new(f, PLACED_MS, "l");
  violations_init(&violations);
  make_refund(&first, f->merchant, &order, 10, "a");
  make_refund(&second, f->merchant, &other, 99999, "a");
  assert_result(RESULT_OK, put_refund(f, &first, &outcome, &violations, &e));
  assert_result(RESULT_OK, put_refund(f, &second, &outcome, &violations, &e));
  assert_int_equal(outcome, LEDGER_KEY_REUSED);
  entry_clear(&first);
  entry_clear(&second);
  violations_clear(&violations);
}

struct racer {
  const struct fixture *f;
  struct entry refund;
  enum result result;
};

/* As a client does: a refund of which nobody knows whether it was stored is sent again with its key. */
static void *put_racer(void *arg)
{
  struct racer *racer = arg;
  do {
    struct violations violations;
    struct err e = ERR_NONE;
    enum ledger_outcome outcome;
    violations_init(&violations);
    racer->result = put_refund(racer->f, &racer->refund, &outcome, &violations, &e);
    violations_clear(&violations);
  } while (racer->result == RESULT_UNAVAILABLE);
  return NULL;
}

static void racing_refunds_never_exceed_the_order(void **state)
{
  struct fixture *f = *state;
  enum { RACERS = 12 };
  struct racer racers[RACERS];
  pthread_t threads[RACERS];
  struct ledger_order found;
  int stored = 0;
  struct ulid order = put_new(f, PLACED_MS, "k");
  for (int i = 0; i < RACERS; i++) {
    char key[8];
    snprintf(key, sizeof key, "%d", i);
    racers[i].f = f;
    make_refund(&racers[i].refund, f->merchant, &order, 200, key);
    assert_int_equal(pthread_create(&threads[i], NULL, put_racer, &racers[i]), 0);
  }
  for (int i = 0; i < RACERS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (int i = 0; i < RACERS; i++) {
    assert_true(racers[i].result == RESULT_OK || racers[i].result == RESULT_INVALID);
    stored += racers[i].result == RESULT_OK;
    entry_clear(&racers[i].refund);
  }
  assert_int_equal(stored, 1600 / 200);
  assert_result(RESULT_OK, ledger_get_order(f->ledger, f->merchant, &order, &found, &e));
  assert_int_equal(found.refund_count, 8);
  assert_int_equal(found.rest.goods, 0);
  ledger_order_clear(&found);
}

static void a_refund_of_no_order_is_not_found(void **state)
{
  struct fixture *f = *state;
  struct violations violations;
  struct entry refund;
  enum ledger_outcome outcome;
  struct ulid order = put_new(f, PLACED_MS, "k");
  order.bytes[15] ^= 1;
  violations_init(&violations);
  make_refund(&refund, f->merchant, &order, 10, "a");
  assert_result(RESULT_NOT_FOUND, put_refund(f, &refund, &outcome, &violations, &e));
  entry_clear(&refund);
  violations_clear(&violations);
}

/* ---- lists ---- */

static size_t list(const struct fixture *f, const struct ledger_filter *filter, struct ledger_page *page)
{
  assert_result(RESULT_OK, ledger_list_orders(f->ledger, f->merchant, filter, page, &e));
  return page->count;
}

static void lists_go_back_in_time_page_by_page(void **state)
{
  struct fixture *f = *state;
  struct ledger_page page;
  struct ulid ids[5];
  for (int i = 0; i < 5; i++) {
    char key[8];
    snprintf(key, sizeof key, "%d", i);
    ids[i] = put_new(f, PLACED_MS + i * 1000, key);
  }
  struct ledger_filter filter = {.limit = 2};
  assert_int_equal(list(f, &filter, &page), 2);
  assert_true(page.has_more);
  assert_memory_equal(&page.orders[0].id, &ids[4], sizeof ids[4]);
  assert_memory_equal(&page.orders[1].id, &ids[3], sizeof ids[3]);
  filter.has_before = true;
  filter.before = page.orders[1].id;
  ledger_page_clear(&page);
  filter.limit = 3;
  assert_int_equal(list(f, &filter, &page), 3);
  assert_false(page.has_more);
  assert_memory_equal(&page.orders[2].id, &ids[0], sizeof ids[0]);
  ledger_page_clear(&page);
}

static void lists_filter(void **state)
{
  struct fixture *f = *state;
  struct ledger_page page;
  struct ulid ids[3];
  for (int i = 0; i < 3; i++) {
    char key[8];
    snprintf(key, sizeof key, "%d", i);
    ids[i] = put_new(f, PLACED_MS + i * 1000, key);
  }
  struct ledger_filter before_all = {.has_to = true, .to_ms = 0, .limit = 10};
  assert_int_equal(list(f, &before_all, &page), 0);
  ledger_page_clear(&page);
  struct ledger_filter by_time = {
      .has_from = true, .from_ms = PLACED_MS + 1000, .has_to = true, .to_ms = PLACED_MS + 2000, .limit = 10};
  assert_int_equal(list(f, &by_time, &page), 1);
  assert_memory_equal(&page.orders[0].id, &ids[1], sizeof ids[1]);
  ledger_page_clear(&page);
  struct ledger_filter by_reference = {.reference = "ref-2", .limit = 10};
  assert_int_equal(list(f, &by_reference, &page), 1);
  assert_memory_equal(&page.orders[0].id, &ids[2], sizeof ids[2]);
  ledger_page_clear(&page);
  struct ledger_filter by_key = {.idempotency_key = "orders/0", .limit = 10};
  assert_int_equal(list(f, &by_key, &page), 1);
  assert_memory_equal(&page.orders[0].id, &ids[0], sizeof ids[0]);
  ledger_page_clear(&page);
  struct ledger_filter by_currency = {.currency = "USD", .limit = 10};
  assert_int_equal(list(f, &by_currency, &page), 0);
  assert_false(page.has_more);
  ledger_page_clear(&page);
}

/* ---- bulk ---- */

static void bulk_skips_what_is_there_and_names_what_differs(void **state)
{
  struct fixture *f = *state;
  enum { COUNT = 6 };
  struct entry entries[COUNT];
  struct ledger_bulk_result result;
  cluster_time position = 0;
  put_new(f, PLACED_MS, "1");
  for (int i = 0; i < COUNT; i++) {
    char key[8];
    snprintf(key, sizeof key, "%d", i == 5 ? 4 : i); /* the last two are the same order twice */
    make_order(&entries[i], f->merchant, PLACED_MS, key);
    entries[i].late = true;
  }
  put_new(f, PLACED_MS, "2");
  entries[2].body_hash[0] ^= 1;
  assert_result(RESULT_OK, ledger_put_bulk(f->ledger, entries, COUNT, &result, &position, &e));
  assert_int_equal(result.stored, 3);
  assert_int_equal(result.skipped, 2);
  assert_int_equal(result.clashed, 1);
  for (int i = 0; i < COUNT; i++)
    assert_int_equal(result.clash[i], i == 2);
  assert_true(position > 0);
  g_free(result.clash);
  assert_result(RESULT_OK, ledger_put_bulk(f->ledger, entries, COUNT, &result, &position, &e));
  assert_int_equal(result.stored, 0);
  assert_int_equal(result.skipped, 5);
  g_free(result.clash);

  struct restatement_count late;
  assert_result(RESULT_OK, ledger_count_restatements(f->ledger, f->merchant, &late, &e));
  assert_int_equal(late.entries, 3);
  for (int i = 0; i < COUNT; i++)
    entry_clear(&entries[i]);
}

/* ---- many at once ---- */

enum { NEW, AGAIN, REUSED, NEW_TOO, REFUSED_NEW, REFUSED_AGAIN, ITEMS };

static void each_of_many_orders_is_told_what_became_of_it(void **state)
{
  struct fixture *f = *state;
  static const char *const keys[ITEMS] = {"new",     "again",       "reused",
                                          "new-too", "refused-new", "refused-again"};
  struct entry entries[ITEMS];
  struct ledger_item items[ITEMS];
  cluster_time position = 0;
  struct ulid again = put_new(f, PLACED_MS - 1, "again");
  struct ulid reused = put_new(f, PLACED_MS, "reused");
  struct ulid refused = put_new(f, PLACED_MS, "refused-again");
  for (int i = 0; i < ITEMS; i++) {
    make_order(&entries[i], f->merchant, PLACED_MS, keys[i]);
    items[i] = (struct ledger_item){.entry = &entries[i], .refused = i == REFUSED_NEW || i == REFUSED_AGAIN};
  }
  entries[REUSED].body_hash[0] ^= 1;
  assert_result(RESULT_OK, ledger_put_many(f->ledger, items, ITEMS, 60000, &position, &e));
  assert_true(position > 0);
  for (int i = 0; i < ITEMS; i++)
    assert_int_equal(items[i].result, i == REFUSED_NEW ? RESULT_NOT_FOUND : RESULT_OK);
  assert_int_equal(items[NEW].outcome, LEDGER_STORED);
  assert_int_equal(items[NEW_TOO].outcome, LEDGER_STORED);
  assert_int_equal(items[AGAIN].outcome, LEDGER_REPLAYED);
  assert_int_equal(items[REFUSED_AGAIN].outcome, LEDGER_REPLAYED);
  assert_int_equal(items[REUSED].outcome, LEDGER_KEY_REUSED);
  assert_memory_equal(&entries[AGAIN].id, &again, sizeof again);
  assert_int_equal(entries[AGAIN].at_ms, PLACED_MS - 1);
  assert_memory_equal(&entries[REUSED].id, &reused, sizeof reused);
  assert_memory_equal(&entries[REFUSED_AGAIN].id, &refused, sizeof refused);

  struct ledger_order found;
  assert_result(RESULT_OK, ledger_get_order(f->ledger, f->merchant, &entries[NEW].id, &found, &e));
  assert_true(found.order.bulk); /* written together with another: they may share a cluster time */
  ledger_order_clear(&found);
  for (int i = 0; i < ITEMS; i++)
    entry_clear(&entries[i]);
}

static void of_many_orders_none_is_stored_too_late(void **state)
{
  struct fixture *f = *state;
  struct entry entry;
  struct ledger_item item = {.entry = &entry};
  struct ledger_page page;
  struct ledger_filter all = {.limit = 10};
  cluster_time position = 0;
  make_order(&entry, f->merchant, PLACED_MS, "k");
  assert_result(RESULT_UNAVAILABLE, ledger_put_many(f->ledger, &item, 1, 0, &position, &e));
  assert_int_equal(item.result, RESULT_UNAVAILABLE);
  assert_int_equal(list(f, &all, &page), 0);
  ledger_page_clear(&page);
  entry_clear(&entry);
}

/* ---- restatements ---- */

static void put_late(struct fixture *f, int64_t recorded_at_ms, int number, const char *import_id)
{
  struct entry entry;
  cluster_time position = 0;
  char key[12];
  snprintf(key, sizeof key, "%d", number);
  make_order(&entry, f->merchant, PLACED_MS + number, key);
  entry.late = true;
  entry.recorded_at_ms = recorded_at_ms;
  entry.import_id = g_strdup(import_id);
  assert_int_equal(put(f, &entry, &position), LEDGER_STORED);
  entry_clear(&entry);
}

/* Three orders and two imports of one time of record, a later import and two orders later still: each is met
 * once, newest first, those of one time by key, imports among orders; each import has two entries. */
static void restatements_go_back_page_by_page(void **state)
{
  struct fixture *f = *state;
  enum { COUNT = 8 };
  struct restatement_filter filter = {.limit = 2};
  struct restatement_page page;
  struct restatement_count late;
  g_autofree char *last = g_strdup("~");
  int64_t last_ms = INT64_MAX;
  size_t met = 0;
  for (int i = 0; i < 5; i++)
    put_late(f, PLACED_MS + (i < 3 ? 8000000 : 9000000 + i), i, NULL);
  for (int i = 0; i < 6; i++)
    put_late(f, PLACED_MS + (i < 4 ? 8000000 : 8500000), 10 + i,
             (const char *const[]){"!first", "zz-last", "between"}[i / 2]);
  do {
    assert_result(RESULT_OK, ledger_list_restatements(f->ledger, f->merchant, &filter, &page, &e));
    assert_int_equal(page.count, 2);
    for (size_t i = 0; i < page.count; i++) {
      const struct restatement *item = &page.items[i];
      bool import = item->cause == RESTATEMENT_IMPORT;
      assert_true(item->recorded_at_ms < last_ms ||
                  (item->recorded_at_ms == last_ms && strcmp(item->key, last) < 0));
      assert_int_equal(item->entries, import ? 2 : 1);
      assert_int_equal(item->changes[0].columns[METRIC_total_sales], import ? 2 * 1950 : 1950);
      last_ms = item->recorded_at_ms;
      g_free(last);
      last = g_strdup(item->key);
    }
    met += page.count;
    assert_int_equal(page.has_more, met < COUNT);
    filter.before_ms = last_ms;
    filter.before_key = last;
    restatement_page_clear(&page);
  } while (met < COUNT);
  assert_int_equal(met, COUNT);
  assert_result(RESULT_OK, ledger_count_restatements(f->ledger, f->merchant, &late, &e));
  assert_int_equal(late.restatements, COUNT);
  assert_int_equal(late.entries, 5 + 3 * 2);
}

/* ---- rights ---- */

/* A time that MongoDB keeps no snapshot of any more is told apart from a MongoDB that is away. */
static void what_lies_too_far_back_is_stale(void **state)
{
  struct fixture *f = *state;
  struct stretch stretch = {.from = PLACED_MS / 1000, .to = PLACED_MS / 1000 + 3600};
  g_autoptr(GArray) stretches = g_array_new(FALSE, FALSE, sizeof stretch);
  g_array_append_val(stretches, stretch);
  struct trace_filter filter = {.at =
                                    cluster_time_make((uint32_t)(g_get_real_time() / 1000000) - 7 * 86400, 1),
                                .stretches = stretches,
                                .currency = "EUR",
                                .metric = METRIC_orders,
                                .limit = 10};
  struct trace_page page;
  put_new(f, PLACED_MS, "one");
  assert_result(RESULT_STALE, ledger_trace(f->ledger, f->merchant, &filter, &page, &e));
}

static void the_worker_may_not_change_the_ledger(void **state)
{
  struct fixture *f = *state;
  mongoc_client_t *client = NULL;
  put_new(f, PLACED_MS, "k");
  assert_result(RESULT_OK, mongo_take(mongo, &client, &e));
  mongoc_collection_t *ledger = mongoc_client_get_collection(client, mongo_database(mongo), "ledger");
  bson_t *selector = BCON_NEW("m", BCON_UTF8(f->merchant));
  bson_t *update = BCON_NEW("$set", "{", "total", BCON_INT64(0), "}");
  bson_error_t error;
  assert_false(mongoc_collection_update_one(ledger, selector, update, NULL, NULL, &error));
  assert_int_equal(error.code, 13);
  assert_false(mongoc_collection_delete_one(ledger, selector, NULL, NULL, &error));
  assert_int_equal(error.code, 13);
  assert_false(mongoc_collection_drop(ledger, &error));
  bson_destroy(selector);
  bson_destroy(update);
  mongoc_collection_destroy(ledger);
  mongo_give(mongo, client);
}

static void an_absent_server_is_unavailable_in_time(void **state)
{
  (void)state;
  struct conf conf = *stores_conf;
  conf.mongo_uri = (char *)"mongodb://127.0.0.1:9/?replicaSet=takings";
  conf.mongo_server_selection_timeout_ms = 300;
  struct mongo *absent[2] = {NULL, NULL};
  assert_result(RESULT_OK, mongo_open(&conf, CONF_WORKER, &absent[0], &e));
  assert_result(RESULT_OK, mongo_open_alone(&conf, CONF_CLI, &absent[1], &e));
  for (size_t i = 0; i < G_N_ELEMENTS(absent); i++) {
    int64_t before = g_get_monotonic_time();
    assert_result(RESULT_UNAVAILABLE, mongo_ping(absent[i], &e));
    assert_true(g_get_monotonic_time() - before < 2000000);
    mongo_free(absent[i]);
  }
}

static void a_program_of_one_thread_has_one_client(void **state)
{
  (void)state;
  struct mongo *alone = NULL;
  mongoc_client_t *first = NULL, *second = NULL;
  assert_result(RESULT_OK, mongo_open_alone(stores_conf, CONF_CLI, &alone, &e));
  assert_result(RESULT_OK, mongo_take(alone, &first, &e));
  assert_result(RESULT_OK, mongo_take(alone, &second, &e));
  assert_ptr_equal(first, second);
  mongo_give(alone, second);
  mongo_give(alone, first);
  assert_result(RESULT_OK, mongo_ping(alone, &e));
  mongo_free(alone);
}

static void pinging_needs_no_rights(void **state)
{
  (void)state;
  assert_result(RESULT_OK, mongo_ping(mongo, &e));
}

/* Twice: the second time finds everything. */
static int set_up_servers(void **state)
{
  (void)state;
  for (int i = 0; i < 2; i++) {
    g_autoptr(GPtrArray) report = g_ptr_array_new_with_free_func(g_free);
    assert_result(RESULT_OK, setup_run(stores_conf, report, &e));
    assert_true(report->len > 0);
  }
  assert_result(RESULT_OK, mongo_open(stores_conf, CONF_WORKER, &mongo, &e));
  return 0;
}

static int close_servers(void **state)
{
  (void)state;
  mongo_free(mongo);
  return 0;
}

int main(void)
{
  if (!stores_test_begin())
    return EXIT_SUCCESS;
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(what_is_stored_is_read_back),
      TEST(the_same_key_and_body_is_a_replay),
      TEST(a_refused_order_is_known_by_its_key),
      TEST(the_same_key_with_another_body_is_refused),
      TEST(simultaneous_twins_are_one_order),
      TEST(another_merchants_order_is_not_found),
      TEST(text_that_is_not_utf8_is_refused),
      TEST(refunds_are_numbered_and_leave_less),
      TEST(a_refund_beyond_the_rest_is_refused_and_not_stored),
      TEST(a_replayed_refund_is_not_checked_against_itself),
      TEST(a_key_used_for_another_order_says_so_before_the_amount),
      TEST(racing_refunds_never_exceed_the_order),
      TEST(a_refund_of_no_order_is_not_found),
      TEST(lists_go_back_in_time_page_by_page),
      TEST(lists_filter),
      TEST(bulk_skips_what_is_there_and_names_what_differs),
      TEST(each_of_many_orders_is_told_what_became_of_it),
      TEST(of_many_orders_none_is_stored_too_late),
      TEST(restatements_go_back_page_by_page),
      TEST(what_lies_too_far_back_is_stale),
      TEST(the_worker_may_not_change_the_ledger),
      TEST(an_absent_server_is_unavailable_in_time),
      TEST(a_program_of_one_thread_has_one_client),
      TEST(pinging_needs_no_rights),
  };
  return stores_test_end(cmocka_run_group_tests_name("stores_ledger", tests, set_up_servers, close_servers));
}
