/* Sums of the ledger at a pinned time, on a real MongoDB. */
#include "stores_test.h"

#include <string.h>

#include "base/clock.h"
#include "stores/audit.h"
#include "stores/fold_mongo.h"
#include "stores/ledger.h"
#include "stores/mongo_snapshot.h"
#include "stores/people.h"
#include "stores/schema.h"
#include "stores/setup.h"

#define MINUTE_S INT64_C(1700000040) /* 2023-11-14T22:14:00Z */
#define HOUR_S 3600
#define VALIDATION_FAILED 121 /* the server's code */

/* All tests share the connections: half a second goes by until one that was opened finds its server. */
static struct servers {
  struct mongo *worker, *batch, *admin;
} servers;

struct fixture {
  struct ledger *ledger;
  struct fold_source *fold;
  char merchant[MERCHANT_ID_SIZE];
  char other[MERCHANT_ID_SIZE];
  int keys; /* used so far */
};

static int set_up(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);
  f->ledger = ledger_new(servers.worker);
  f->fold = fold_mongo_new(servers.batch, clock_system());
  guint32 random = g_random_int();
  snprintf(f->merchant, sizeof f->merchant, "f%08x-a", random);
  snprintf(f->other, sizeof f->other, "f%08x-b", random);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  fold_mongo_free(f->fold);
  ledger_free(f->ledger);
  g_free(f);
  return 0;
}

/* ---- entries ---- */

/* `units` at 100 each, discount 10, tax 7, shipping 5. */
static void make_entry(struct fixture *f, struct entry *entry, const char *merchant, int64_t at_ms,
                       const char *currency, int64_t units)
{
  entry_init(entry, ENTRY_ORDER);
  g_strlcpy(entry->merchant, merchant, sizeof entry->merchant);
  g_strlcpy(entry->currency, currency, sizeof entry->currency);
  entry->exponent = 2;
  entry->at_ms = at_ms;
  entry->recorded_at_ms = at_ms;
  entry->totals = (struct entry_totals){.units = units,
                                        .gross = units * 100,
                                        .discounts = 10,
                                        .goods = units * 100 - 10,
                                        .tax = 7,
                                        .shipping = 5,
                                        .total = units * 100 - 10 + 7 + 5};
  entry->idem = g_strdup_printf("orders/%d", f->keys++);
  entry->order.line_count = 1;
  entry->order.lines = g_new0(struct order_line, 1);
  entry->order.lines[0] = (struct order_line){.product_id = g_strdup("p"),
                                              .name = g_strdup("P"),
                                              .quantity = units,
                                              .unit_price = 100,
                                              .discount = 10};
}

static cluster_time put(struct fixture *f, const char *merchant, int64_t at_ms, const char *currency,
                        int64_t units)
{
  struct entry entry;
  enum ledger_outcome outcome;
  cluster_time position = 0;
  make_entry(f, &entry, merchant, at_ms, currency, units);
  assert_result(RESULT_OK, ledger_put_order(f->ledger, &entry, &outcome, &position, &e));
  entry_clear(&entry);
  return position;
}

/* Copies an entry of the merchant under this key with one field (may be "") replaced; the server's error
 * code, or 0. */
static uint32_t insert_copy(struct fixture *f, const char *key, const char *field, const bson_t *replacement,
                            bool bypass)
{
  mongoc_client_t *client = NULL;
  bson_error_t error = {.code = 0};
  const bson_t *stored = NULL;
  char idem[32];
  assert_result(RESULT_OK, mongo_take(servers.admin, &client, &e));
  mongoc_collection_t *ledger = mongoc_client_get_collection(client, mongo_database(servers.admin), "ledger");
  bson_t *filter = BCON_NEW("m", BCON_UTF8(f->merchant));
  mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(ledger, filter, NULL, NULL);
  assert_true(mongoc_cursor_next(cursor, &stored));
  bson_t copy = BSON_INITIALIZER;
  snprintf(idem, sizeof idem, "orders/planted-%08x", g_random_int());
  BSON_APPEND_UTF8(&copy, "_id", key);
  BSON_APPEND_UTF8(&copy, "idem", idem);
  bson_copy_to_excluding_noinit(stored, &copy, "_id", "idem", field, NULL);
  bson_concat(&copy, replacement);
  bson_t *opts = BCON_NEW("bypassDocumentValidation", BCON_BOOL(bypass));
  bool inserted = mongoc_collection_insert_one(ledger, &copy, opts, NULL, &error);
  bson_destroy(opts);
  bson_destroy(&copy);
  bson_destroy(filter);
  mongoc_cursor_destroy(cursor);
  mongoc_collection_destroy(ledger);
  mongo_give(servers.admin, client);
  return inserted ? 0 : error.code;
}

/* Beside an entry of one unit its copy with one field replaced, past the validator. */
static void plant(struct fixture *f, const char *field, const bson_t *replacement)
{
  static const uint8_t random[ULID_RANDOM_SIZE] = {0xab};
  struct ulid ulid = ulid_make(MINUTE_S * 1000, random);
  char id[ENTRY_ID_SIZE];
  put(f, f->merchant, MINUTE_S * 1000, "EUR", 1);
  assert_int_equal(insert_copy(f, entry_id_format(f->merchant, &ulid, id), field, replacement, true), 0);
}

/* ---- folding ---- */

static void collect(const struct fold_group *group, void *arg)
{
  struct fold_group copy = *group;
  copy.merchant = g_intern_string(group->merchant);
  copy.currency = g_intern_string(group->currency);
  g_array_append_val((GArray *)arg, copy);
}

static GArray *fold_now(struct fixture *f, const struct fold_range *ranges, size_t count, int step)
{
  GArray *groups = g_array_new(FALSE, FALSE, sizeof(struct fold_group));
  cluster_time now = 0;
  assert_result(RESULT_OK, f->fold->now(f->fold, &now, &e));
  assert_result(RESULT_OK, f->fold->fold(f->fold, now, ranges, count, step, collect, groups, &e));
  return groups;
}

static const struct fold_group *find(const GArray *groups, const char *merchant, const char *currency,
                                     int64_t start)
{
  const struct fold_group *found = NULL;
  for (guint i = 0; i < groups->len; i++) {
    const struct fold_group *group = &g_array_index(groups, struct fold_group, i);
    if (strcmp(group->merchant, merchant) == 0 && strcmp(group->currency, currency) == 0 &&
        group->start == start) {
      assert_null(found);
      found = group;
    }
  }
  assert_non_null(found);
  return found;
}

static struct fold_range range_of(const char *merchant, int64_t from, int64_t to)
{
  struct fold_range range = {.from = from, .to = to};
  g_strlcpy(range.merchant, merchant, sizeof range.merchant);
  return range;
}

static enum result fold_result(struct fixture *f, cluster_time at)
{
  struct fold_range range = range_of(f->merchant, MINUTE_S, MINUTE_S + 60);
  g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(struct fold_group));
  if (at == 0)
    assert_result(RESULT_OK, f->fold->now(f->fold, &at, &e));
  enum result r = f->fold->fold(f->fold, at, &range, 1, 60, collect, groups, NULL);
  assert_true(r == RESULT_OK || groups->len == 0);
  return r;
}

/* Order of 3 units and one of 2 in EUR, one of 1 in USD; of the first 120 goods, 4 tax are given back in the
 * same minute. */
static void an_orders_and_a_refunds_columns(void **state)
{
  struct fixture *f = *state;
  struct entry order, refund;
  struct violations violations;
  enum ledger_outcome outcome;
  cluster_time position = 0;
  make_entry(f, &order, f->merchant, MINUTE_S * 1000 + 1, "EUR", 3);
  assert_result(RESULT_OK, ledger_put_order(f->ledger, &order, &outcome, &position, &e));
  put(f, f->merchant, MINUTE_S * 1000 + 59999, "EUR", 2);
  put(f, f->merchant, MINUTE_S * 1000, "USD", 1);
  put(f, f->merchant, MINUTE_S * 1000 + 60000, "EUR", 9); /* the next minute */
  put(f, f->other, MINUTE_S * 1000, "EUR", 9);            /* another merchant */
  entry_init(&refund, ENTRY_REFUND);
  g_strlcpy(refund.merchant, f->merchant, sizeof refund.merchant);
  refund.idem = g_strdup("refunds/1");
  refund.refund_of = order.id;
  refund.refund.has_goods = true;
  refund.refund.goods = 120;
  refund.refund.tax = 4;
  struct refund_terms terms = {.now_ms = MINUTE_S * 1000 + 30000};
  violations_init(&violations);
  assert_result(RESULT_OK,
                ledger_put_refund(f->ledger, &refund, &terms, &violations, &outcome, &position, &e));
  violations_clear(&violations);
  entry_clear(&refund);
  entry_clear(&order);

  struct fold_range range = range_of(f->merchant, MINUTE_S, MINUTE_S + 60);
  g_autoptr(GArray) groups = fold_now(f, &range, 1, 60);
  assert_int_equal(groups->len, 2);
  const struct fold_group *eur = find(groups, f->merchant, "EUR", MINUTE_S);
  assert_false(eur->poison);
  assert_int_equal(eur->columns[METRIC_orders], 2);
  assert_int_equal(eur->columns[METRIC_units_sold], 5);
  assert_int_equal(eur->columns[METRIC_units_returned], 0);
  assert_int_equal(eur->columns[METRIC_gross_sales], 500);
  assert_int_equal(eur->columns[METRIC_discounts], 20);
  assert_int_equal(eur->columns[METRIC_returns], 120);
  assert_int_equal(eur->columns[METRIC_taxes], 7 + 7 - 4);
  assert_int_equal(eur->columns[METRIC_shipping], 10);
  assert_int_equal(eur->columns[METRIC_total_sales], (300 - 10 + 12) + (200 - 10 + 12) - 124);
  assert_int_equal(eur->columns[METRIC_refunds], 1);
  assert_int_equal(eur->columns[METRIC_refunded], 124);
  assert_true(metric_balanced(eur->columns));
  assert_int_equal(find(groups, f->merchant, "USD", MINUTE_S)->columns[METRIC_total_sales], 102);
}

static void only_the_asked_ranges_of_each_merchant(void **state)
{
  struct fixture *f = *state;
  for (int i = 0; i < 4; i++) {
    put(f, f->merchant, (MINUTE_S + i * 60) * 1000, "EUR", 1 + i);
    put(f, f->other, (MINUTE_S + i * 60) * 1000, "EUR", 10 + i);
  }
  struct fold_range ranges[] = {
      range_of(f->other, MINUTE_S + 60, MINUTE_S + 120),
      range_of(f->merchant, MINUTE_S + 120, MINUTE_S + 180),
      range_of(f->merchant, MINUTE_S, MINUTE_S + 60),
      range_of(f->merchant, MINUTE_S + 150, MINUTE_S + 240),
  };
  g_autoptr(GArray) groups = fold_now(f, ranges, 4, 60);
  assert_int_equal(groups->len, 4);
  assert_int_equal(find(groups, f->other, "EUR", MINUTE_S + 60)->columns[METRIC_units_sold], 11);
  assert_int_equal(find(groups, f->merchant, "EUR", MINUTE_S)->columns[METRIC_units_sold], 1);
  assert_int_equal(find(groups, f->merchant, "EUR", MINUTE_S + 120)->columns[METRIC_units_sold], 3);
  assert_int_equal(find(groups, f->merchant, "EUR", MINUTE_S + 180)->columns[METRIC_units_sold], 4);
}

static void steps_of_a_quarter(void **state)
{
  struct fixture *f = *state;
  int64_t hour = MINUTE_S / HOUR_S * HOUR_S;
  put(f, f->merchant, (hour + 899) * 1000, "EUR", 1);
  put(f, f->merchant, (hour + 900) * 1000, "EUR", 2);
  put(f, f->merchant, (hour + 1799) * 1000, "EUR", 3);
  struct fold_range range = range_of(f->merchant, hour, hour + HOUR_S);
  g_autoptr(GArray) groups = fold_now(f, &range, 1, 900);
  assert_int_equal(groups->len, 2);
  assert_int_equal(find(groups, f->merchant, "EUR", hour)->columns[METRIC_units_sold], 1);
  assert_int_equal(find(groups, f->merchant, "EUR", hour + 900)->columns[METRIC_units_sold], 5);
}

static void nothing_asked_is_nothing_found(void **state)
{
  struct fixture *f = *state;
  struct fold_range empty = range_of(f->merchant, MINUTE_S, MINUTE_S);
  g_autoptr(GArray) groups = fold_now(f, &empty, 1, 60);
  assert_int_equal(groups->len, 0);
}

static void later_writes_are_not_seen(void **state)
{
  struct fixture *f = *state;
  cluster_time before = put(f, f->merchant, MINUTE_S * 1000, "EUR", 1);
  cluster_time now = 0;
  assert_result(RESULT_OK, f->fold->now(f->fold, &now, &e));
  assert_true(now >= before);
  cluster_time after = put(f, f->merchant, MINUTE_S * 1000, "EUR", 2);
  assert_true(after > now);
  struct fold_range range = range_of(f->merchant, MINUTE_S, MINUTE_S + 60);
  const cluster_time times[] = {before, now, after};
  for (int i = 0; i < 3; i++) {
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(struct fold_group));
    assert_result(RESULT_OK, f->fold->fold(f->fold, times[i], &range, 1, 60, collect, groups, &e));
    assert_int_equal(find(groups, f->merchant, "EUR", MINUTE_S)->columns[METRIC_units_sold], i < 2 ? 1 : 3);
  }
}

static void answers_of_many_batches(void **state)
{
  struct fixture *f = *state;
  enum { ROUNDS = 21, EACH = 1000 };
  cluster_time position = 0;
  for (int round = 0; round < ROUNDS; round++) {
    struct entry entries[EACH];
    struct ledger_bulk_result result;
    for (int i = 0; i < EACH; i++)
      make_entry(f, &entries[i], f->merchant, (MINUTE_S + (round * EACH + i) * 60) * 1000, "EUR", 1);
    assert_result(RESULT_OK, ledger_put_bulk(f->ledger, entries, EACH, &result, &position, &e));
    g_free(result.clash);
    for (int i = 0; i < EACH; i++)
      entry_clear(&entries[i]);
  }
  struct fold_range range = range_of(f->merchant, MINUTE_S, MINUTE_S + ROUNDS * EACH * 60);
  g_autoptr(GArray) groups = fold_now(f, &range, 1, 60);
  assert_int_equal(groups->len, ROUNDS * EACH);
}

/* ---- foreign keys ---- */

/* All between the bounds of the minute's keys. */
static const char *const foreign_ends[] = {
    "0000000000000000",  /* too long */
    "00000000000000",    /* too short */
    "00000000000000U",   /* a letter that no ULID has */
    "00000000000000a",   /* small */
    "000000000000000\n", /* with a line's end behind */
    "0000/0000000000",   /* another slash */
    "",
};

static char *foreign_key(const struct fixture *f, const char *end)
{
  char bound[ENTRY_ID_SIZE];
  schema_entry_bound(f->merchant, MINUTE_S * 1000, bound);
  bound[strlen(f->merchant) + 1 + 11] = '\0'; /* 10 digits are the time */
  return g_strconcat(bound, end, NULL);
}

/* An order of one unit with foreign keys beside it, which the validator refuses, but not when it is told to
 * let them in: then they are in no sum, whichever way it is asked for. */
static void foreign_keys_are_refused_and_in_no_sum(void **state)
{
  struct fixture *f = *state;
  bson_t same = BSON_INITIALIZER;
  bson_t *spoilt = BCON_NEW("tax", BCON_UTF8("none"));
  put(f, f->merchant, MINUTE_S * 1000, "EUR", 1);
  for (size_t i = 0; i < G_N_ELEMENTS(foreign_ends); i++) {
    g_autofree char *key = foreign_key(f, foreign_ends[i]);
    assert_int_equal(insert_copy(f, key, "", &same, false), VALIDATION_FAILED);
    assert_int_equal(insert_copy(f, key, "tax", i % 2 == 0 ? spoilt : &same, true), 0);
  }
  put(f, f->other, MINUTE_S * 1000, "EUR", 2);
  struct fold_range ranges[] = {range_of(f->merchant, MINUTE_S, MINUTE_S + 60),
                                range_of(f->merchant, MINUTE_S + 120, MINUTE_S + 180),
                                range_of(f->other, MINUTE_S, MINUTE_S + 60)};
  for (size_t count = 1; count <= 3; count++) {
    g_autoptr(GArray) groups = fold_now(f, ranges, count, 60);
    const struct fold_group *mine = find(groups, f->merchant, "EUR", MINUTE_S);
    assert_false(mine->poison);
    assert_int_equal(mine->columns[METRIC_orders], 1);
    assert_int_equal(mine->columns[METRIC_units_sold], 1);
  }
  bson_destroy(spoilt);
}

static bool reported(GPtrArray *report, const char *line)
{
  return g_ptr_array_find_with_equal_func(report, line, g_str_equal, NULL);
}

/* As an older version left the ledger: its validator let any text of this length in. */
static void forget_the_keys_form(void)
{
  mongoc_client_t *client = NULL;
  bson_error_t error;
  bson_t *older = BCON_NEW("collMod", BCON_UTF8(COLLECTION_LEDGER), "validator", "{", "$jsonSchema", "{",
                           "properties", "{", "_id", "{", "bsonType", BCON_UTF8("string"), "minLength",
                           BCON_INT32(29), "maxLength", BCON_INT32(59), "}", "}", "}", "}");
  assert_result(RESULT_OK, mongo_take(servers.admin, &client, &e));
  if (!mongoc_client_command_simple(client, mongo_database(servers.admin), older, NULL, NULL, &error))
    fail_msg("%s", error.message);
  bson_destroy(older);
  mongo_give(servers.admin, client);
}

static void an_older_validator_is_replaced_once(void **state)
{
  struct fixture *f = *state;
  g_autoptr(GPtrArray) first = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GPtrArray) second = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *key = foreign_key(f, "00000000000000U");
  g_autofree char *other_key = foreign_key(f, "00000000000000L");
  bson_t same = BSON_INITIALIZER;
  put(f, f->merchant, MINUTE_S * 1000, "EUR", 1);
  forget_the_keys_form();
  assert_int_equal(insert_copy(f, key, "", &same, false), 0);
  assert_result(RESULT_OK, setup_run(stores_conf, first, &e));
  assert_true(reported(first, "collection takings.ledger: validator changed"));
  assert_int_equal(insert_copy(f, other_key, "", &same, false), VALIDATION_FAILED);
  assert_result(RESULT_OK, setup_run(stores_conf, second, &e));
  assert_true(reported(second, "collection takings.ledger: found"));
}

/* ---- poison ---- */

static void assert_poison(struct fixture *f, const char *field, bson_t *replacement)
{
  plant(f, field, replacement);
  bson_destroy(replacement);
  put(f, f->merchant, (MINUTE_S + 60) * 1000, "EUR", 4);
  struct fold_range range = range_of(f->merchant, MINUTE_S, MINUTE_S + 120);
  g_autoptr(GArray) groups = fold_now(f, &range, 1, 60);
  assert_true(find(groups, f->merchant, "EUR", MINUTE_S)->poison);
  const struct fold_group *beside = find(groups, f->merchant, "EUR", MINUTE_S + 60);
  assert_false(beside->poison);
  assert_int_equal(beside->columns[METRIC_units_sold], 4);
}

static void a_double_is_poison(void **state)
{
  assert_poison(*state, "tax", BCON_NEW("tax", BCON_DOUBLE(7)));
}

static void a_missing_total_is_poison(void **state)
{
  assert_poison(*state, "shipping", BCON_NEW("else", BCON_INT64(5)));
}

static void a_date_for_a_total_is_poison(void **state)
{
  assert_poison(*state, "gross", BCON_NEW("gross", BCON_DATE_TIME(100)));
}

static void a_text_for_a_total_is_poison(void **state)
{
  assert_poison(*state, "units", BCON_NEW("units", BCON_UTF8("4")));
}

static void an_overflow_is_poison(void **state)
{
  assert_poison(*state, "total", BCON_NEW("total", BCON_INT64(INT64_MAX)));
}

static void an_unknown_kind_is_poison(void **state)
{
  assert_poison(*state, "kind", BCON_NEW("kind", BCON_UTF8("gift")));
}

static void assert_corrupt(struct fixture *f, const char *field, bson_t *replacement)
{
  plant(f, field, replacement);
  bson_destroy(replacement);
  assert_int_equal(fold_result(f, 0), RESULT_CORRUPT);
}

static void another_time_than_the_keys_is_corrupt(void **state)
{
  assert_corrupt(*state, "at", BCON_NEW("at", BCON_DATE_TIME((MINUTE_S + 60) * 1000)));
}

static void a_text_for_the_time_is_corrupt(void **state)
{
  assert_corrupt(*state, "at", BCON_NEW("at", BCON_UTF8("2023-11-14")));
}

static void no_currency_is_corrupt(void **state)
{
  assert_corrupt(*state, "currency", BCON_NEW("currency", BCON_UTF8("euro")));
}

static void a_merchant_that_was_not_asked_for_is_corrupt(void **state)
{
  struct fixture *f = *state;
  bson_t *foreign = BCON_NEW("m", BCON_UTF8("somebody-else"));
  plant(f, "m", foreign);
  bson_destroy(foreign);
  struct fold_range ranges[] = {range_of(f->merchant, MINUTE_S, MINUTE_S + 60),
                                range_of(f->other, MINUTE_S, MINUTE_S + 60)};
  cluster_time now = 0;
  g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(struct fold_group));
  assert_result(RESULT_OK, f->fold->now(f->fold, &now, &e));
  assert_result(RESULT_CORRUPT, f->fold->fold(f->fold, now, ranges, 2, 60, collect, groups, &e));
}

/* ---- times out of reach ---- */

static void a_future_time_is_waited_for_and_given_up(void **state)
{
  struct fixture *f = *state;
  cluster_time now = 0;
  assert_result(RESULT_OK, f->fold->now(f->fold, &now, &e));
  int64_t before = g_get_monotonic_time();
  assert_int_equal(fold_result(f, now + (UINT64_C(1000) << 32)), RESULT_UNAVAILABLE);
  assert_in_range(g_get_monotonic_time() - before, 1900000, 4000000);
}

static void a_time_before_the_window_is_stale(void **state)
{
  struct fixture *f = *state;
  cluster_time now = 0;
  assert_result(RESULT_OK, f->fold->now(f->fold, &now, &e));
  assert_int_equal(fold_result(f, now - (UINT64_C(7200) << 32)), RESULT_STALE);
}

static enum result ignore(const bson_t *document, void *arg, struct err *e)
{
  (void)document;
  (void)arg;
  (void)e;
  return RESULT_OK;
}

/* The server ends it, and that is told from a server that is away. */
static void a_reading_beyond_the_time_limit_is_too_long(void **state)
{
  struct fixture *f = *state;
  struct mongo *hasty = NULL;
  int64_t usual_ms = stores_conf->mongo_socket_timeout_ms;
  stores_conf->mongo_socket_timeout_ms = 1000;
  assert_result(RESULT_OK, mongo_open(stores_conf, CONF_BATCH, &hasty, &e));
  stores_conf->mongo_socket_timeout_ms = usual_ms;
  struct mongo_snapshot snapshot = {.mongo = hasty, .clock = clock_system(), .what = "test"};
  snapshot.at = put(f, f->merchant, MINUTE_S * 1000, "EUR", 1);
  bson_t *command = BCON_NEW("find", BCON_UTF8(COLLECTION_LEDGER), "filter", "{", "m", BCON_UTF8(f->merchant),
                             "$where", BCON_UTF8("sleep(20000) || true"), "}");
  assert_int_equal(mongo_snapshot_read(&snapshot, command, ignore, NULL, NULL), RESULT_TOO_LONG);
  bson_destroy(command);
  mongo_free(hasty);
}

/* ---- extent and merchants ---- */

static void the_extent_is_the_first_and_last_time(void **state)
{
  struct fixture *f = *state;
  bool any = true;
  int64_t first = 0, last = 0;
  cluster_time now = 0;
  assert_result(RESULT_OK, f->fold->now(f->fold, &now, &e));
  assert_result(RESULT_OK, f->fold->extent(f->fold, now, f->merchant, &any, &first, &last, &e));
  assert_false(any);
  put(f, f->merchant, MINUTE_S * 1000 + 999, "EUR", 1);
  put(f, f->merchant, MINUTE_S * 1000 - 1, "EUR", 1);
  now = put(f, f->other, 1000, "EUR", 1);
  assert_result(RESULT_OK, f->fold->extent(f->fold, now, f->merchant, &any, &first, &last, &e));
  assert_true(any);
  assert_int_equal(first, MINUTE_S - 1);
  assert_int_equal(last, MINUTE_S);
}

struct seen {
  const char *id;
  int count;
};

static void see(const char *id, void *arg)
{
  struct seen *seen = arg;
  seen->count += strcmp(id, seen->id) == 0;
}

static void merchants_are_read_at_a_time(void **state)
{
  struct fixture *f = *state;
  struct people people = {.mongo = NULL};
  struct merchant merchant = {.name = "M", .zone = "UTC", .currencies = {"EUR"}, .currency_count = 1}, found;
  struct seen seen = {.id = f->merchant};
  cluster_time before = 0, after = 0, recut = 0;
  assert_result(RESULT_OK, mongo_open(stores_conf, CONF_CLI, &people.mongo, &e));
  assert_result(RESULT_OK, redis_new(stores_conf, CONF_CLI, &people.redis, &e));
  g_strlcpy(merchant.id, f->merchant, sizeof merchant.id);
  assert_result(RESULT_OK, f->fold->now(f->fold, &before, &e));
  const struct people_actor by = {.who = AUDIT_WHO_CLI};
  assert_result(RESULT_OK, people_add_merchant(&people, &by, &merchant, &e));
  assert_result(RESULT_OK, f->fold->now(f->fold, &after, &e));
  assert_result(RESULT_OK, f->fold->ask_recut(f->fold, f->merchant, &e));
  assert_result(RESULT_OK, f->fold->now(f->fold, &recut, &e));

  assert_result(RESULT_NOT_FOUND, f->fold->merchant(f->fold, before, f->merchant, &found, &e));
  assert_result(RESULT_OK, f->fold->merchant(f->fold, after, f->merchant, &found, &e));
  assert_string_equal(found.zone, "UTC");
  assert_int_equal(found.recut, 0);
  assert_result(RESULT_OK, f->fold->merchant(f->fold, recut, f->merchant, &found, &e));
  assert_int_equal(found.recut, 1);
  assert_result(RESULT_OK, f->fold->merchants(f->fold, before, see, &seen, &e));
  assert_int_equal(seen.count, 0);
  assert_result(RESULT_OK, f->fold->merchants(f->fold, after, see, &seen, &e));
  assert_int_equal(seen.count, 1);
  assert_result(RESULT_NOT_FOUND, f->fold->ask_recut(f->fold, f->other, &e));
  mongo_free(people.mongo);
  redis_free(people.redis);
}

static int set_up_servers(void **state)
{
  g_autoptr(GPtrArray) report = g_ptr_array_new_with_free_func(g_free);
  (void)state;
  assert_result(RESULT_OK, setup_run(stores_conf, report, &e));
  assert_result(RESULT_OK, mongo_open(stores_conf, CONF_WORKER, &servers.worker, &e));
  assert_result(RESULT_OK, mongo_open(stores_conf, CONF_BATCH, &servers.batch, &e));
  assert_result(RESULT_OK, mongo_open(stores_conf, CONF_ADMIN, &servers.admin, &e));
  return 0;
}

static int leave_servers(void **state)
{
  (void)state;
  mongo_free(servers.worker);
  mongo_free(servers.batch);
  mongo_free(servers.admin);
  return 0;
}

int main(void)
{
  if (!stores_test_begin())
    return EXIT_SUCCESS;
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(an_orders_and_a_refunds_columns),
      TEST(only_the_asked_ranges_of_each_merchant),
      TEST(steps_of_a_quarter),
      TEST(nothing_asked_is_nothing_found),
      TEST(later_writes_are_not_seen),
      TEST(answers_of_many_batches),
      TEST(foreign_keys_are_refused_and_in_no_sum),
      TEST(an_older_validator_is_replaced_once),
      TEST(a_double_is_poison),
      TEST(a_missing_total_is_poison),
      TEST(a_date_for_a_total_is_poison),
      TEST(a_text_for_a_total_is_poison),
      TEST(an_overflow_is_poison),
      TEST(an_unknown_kind_is_poison),
      TEST(another_time_than_the_keys_is_corrupt),
      TEST(a_text_for_the_time_is_corrupt),
      TEST(no_currency_is_corrupt),
      TEST(a_merchant_that_was_not_asked_for_is_corrupt),
      TEST(a_future_time_is_waited_for_and_given_up),
      TEST(a_time_before_the_window_is_stale),
      TEST(a_reading_beyond_the_time_limit_is_too_long),
      TEST(the_extent_is_the_first_and_last_time),
      TEST(merchants_are_read_at_a_time),
  };
  return stores_test_end(cmocka_run_group_tests_name("stores_fold", tests, set_up_servers, leave_servers));
}
