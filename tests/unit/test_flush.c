/* A flush, and a re-cut, on a machine where a zone cannot be opened at one moment and can the next; a flush
 * with a merchant that cannot be cut. */
#include "batch/flush.h"

#include <glib/gstdio.h>

#include "batch/backlog.h"
#include "batch/recut.h"
#include "domain/zone_cache.h"
#include "tests/unit/batch_test.h"

#define NOW_S INT64_C(1795446000) /* the first minute of an hour */
#define AT(seconds) cluster_time_make((uint32_t)(NOW_S + (seconds)), 1)
#define TO AT(30)

/* One entry in the first minute; a zone that comes to be installed. */
struct small_store {
  struct fold_source source;
  struct kv *kv;
  cluster_time asked; /* how often for the time, which moves on */
  char *folder;       /* of zones */
  const char *zone;   /* the merchant's */
  int64_t now_ms;
  bool broken;           /* the shop cannot be cut, nor those named alike */
  bool asks;             /* it must be */
  bool away;             /* MongoDB does not even tell the time */
  bool full;             /* Redis can be read, and takes no write */
  int64_t slow_ms;       /* so long it takes to fail */
  int tries;             /* to cut the shop itself while it is broken */
  bool opens_with_asks;  /* the zone is there from when a document is asked for */
  bool opens_with_watch; /* from when the store is watched */
};

static struct small_store store;
static const char *const shops[] = {"shop", "shop-2", "shop-3"};

static void install_zone(void)
{
  g_autofree char *to = g_build_filename(store.folder, store.zone, NULL);
  g_autofree char *bytes = NULL;
  gsize length;
  assert_true(g_file_get_contents("/usr/share/zoneinfo/Europe/Berlin", &bytes, &length, NULL));
  assert_true(g_file_set_contents(to, bytes, (gssize)length, NULL));
}

static enum result store_now(struct fold_source *self, cluster_time *out, struct err *e)
{
  (void)self;
  *out = MAX(TO, AT(store.now_ms / 1000 - NOW_S)) + store.asked++;
  return store.away ? err_set(e, RESULT_UNAVAILABLE, "away") : RESULT_OK;
}

static enum result store_merchant(struct fold_source *self, cluster_time at, const char *id,
                                  struct merchant *out, struct err *e)
{
  (void)self;
  (void)at;
  (void)e;
  *out = a_merchant(id, store.zone);
  if (store.opens_with_asks)
    install_zone();
  return RESULT_OK;
}

static enum result store_extent(struct fold_source *self, cluster_time at, const char *merchant, bool *any,
                                int64_t *first, int64_t *last, struct err *e)
{
  (void)self;
  (void)at;
  *any = true;
  *first = *last = NOW_S;
  if (!store.broken || !g_str_has_prefix(merchant, "shop"))
    return RESULT_OK;
  store.tries += strcmp(merchant, "shop") == 0;
  store.now_ms += store.slow_ms;
  return err_set(e, RESULT_UNAVAILABLE, "cannot be read");
}

static enum result store_merchants(struct fold_source *self, cluster_time at,
                                   void (*each)(const char *id, void *arg), void *arg, struct err *e)
{
  (void)self;
  (void)at;
  (void)e;
  each("cafe", arg);
  for (size_t i = 0; i < COUNT(shops); i++)
    each(shops[i], arg);
  return RESULT_OK;
}

#define WINDOW_S 300 /* so far back MongoDB can be read */

static enum result store_fold(struct fold_source *self, cluster_time at, const struct fold_range *ranges,
                              size_t count, int step, fold_sink sink, void *arg, struct err *e)
{
  (void)self;
  (void)step;
  if (cluster_time_seconds(at) < store.now_ms / 1000 - WINDOW_S)
    return err_set(e, RESULT_STALE, "out of the snapshot window");
  for (size_t i = 0; i < count; i++) {
    struct fold_group group = {
        .merchant = ranges[i].merchant, .currency = "EUR", .start = NOW_S, .columns = {[METRIC_orders] = 1}};
    if (ranges[i].from <= NOW_S && NOW_S < ranges[i].to)
      sink(&group, arg);
  }
  return RESULT_OK;
}

static enum memory_fate gate(void *arg, const char *step)
{
  (void)arg;
  if (store.opens_with_watch && strcmp(step, "watch") == 0)
    install_zone();
  return store.full && strcmp(step, "exec") == 0 ? MEMORY_FAIL : MEMORY_DO;
}

static int64_t now_ms(struct clock *clock)
{
  (void)clock;
  return store.now_ms;
}

static struct memory_server server;
static struct clock clock_still = {.wall_ms = now_ms, .monotonic_ms = now_ms};
static struct backlog backlog;
static struct batch batch;

/* Zones that have been opened stay in the cache: each test has its own. */
static void begin(const char *zone)
{
  memory_server_init(&server);
  store =
      (struct small_store){.kv = memory_kv_new(&server, gate, NULL), .zone = zone, .now_ms = NOW_S * 1000};
  store.source = (struct fold_source){.now = store_now,
                                      .merchants = store_merchants,
                                      .merchant = store_merchant,
                                      .extent = store_extent,
                                      .fold = store_fold};
  store.folder = g_dir_make_tmp("takings-zones-XXXXXX", NULL);
  g_autofree char *test = g_build_filename(store.folder, "Test", NULL);
  assert_int_equal(g_mkdir(test, 0700), 0);
  assert_true(g_setenv("TZDIR", store.folder, TRUE));
  backlog_init(&backlog);
  batch = (struct batch){.kv = store.kv, .source = &store.source, .clock = &clock_still, .backlog = &backlog};
}

static void end(void)
{
  g_autofree char *zone = g_build_filename(store.folder, store.zone, NULL);
  g_autofree char *test = g_path_get_dirname(zone);
  (void)g_unlink(zone);
  assert_int_equal(g_rmdir(test), 0);
  assert_int_equal(g_rmdir(store.folder), 0);
  g_unsetenv("TZDIR");
  g_free(store.folder);
  backlog_clear(&backlog);
  memory_kv_free(store.kv);
  memory_server_clear(&server);
}

/* Cut while the zone was there. */
static void put_card_of(const char *id)
{
  struct zone *zone;
  install_zone();
  assert_int_equal(zone_open(store.zone, &zone, NULL), RESULT_OK);
  g_autofree char *file = g_build_filename(store.folder, store.zone, NULL);
  assert_int_equal(g_unlink(file), 0);
  put_card(store.kv, id, zone, AT(0));
  zone_free(zone);
}

static struct card card_now(void)
{
  struct card card;
  assert_true(get_card(store.kv, "shop", &card));
  return card;
}

static int64_t orders_of_the_minute(const char *id, const char *prefix)
{
  struct row row;
  g_autofree char *key = key_minutes(id, prefix, "EUR", NOW_S);
  kv_value value = get(store.kv, key);
  assert_int_equal(row_codec_read(value, 0, NOW_S, &row, NULL), RESULT_OK);
  kv_values_clear(&value, 1);
  return row.columns[METRIC_orders];
}

/* A flush with the entry, and an event of the merchant's document that changes nothing. */
static enum flush_outcome flush_entry(void)
{
  struct flush flush;
  struct flush_dirty dirty = {.merchant = "shop", .start = NOW_S, .width = 60};
  struct flush_ask ask = {.merchant = "shop", .at = AT(20)};
  flush_init(&flush);
  flush.from = AT(0);
  flush.to = TO;
  flush.token = g_strdup("at:0000000000000002");
  g_array_append_val(flush.dirty, dirty);
  g_array_append_val(flush.asks, ask);
  enum flush_outcome outcome = flush_run(&batch, &flush, NULL);
  flush_clear(&flush);
  return outcome;
}

/* What must never be: the checkpoint past an entry that is in no row. */
static void an_entry_is_not_passed_over_while_its_zone_cannot_be_opened(void **state)
{
  (void)state;
  begin("Test/Flickering");
  put_head(store.kv, AT(0));
  put_card_of("shop");
  store.opens_with_asks = true;
  assert_int_equal(flush_entry(), FLUSH_DONE);
  assert_true(card_now().cut);
  assert_int_equal(orders_of_the_minute("shop", card_now().prefix), 1);
  end();
}

static void a_zone_that_stays_away_takes_its_merchants_figures_with_it(void **state)
{
  (void)state;
  begin("Test/Missing");
  put_head(store.kv, AT(0));
  put_card_of("shop");
  assert_int_equal(flush_entry(), FLUSH_DONE);
  assert_false(card_now().cut);
  assert_string_equal(card_now().zone_rules, "-");
  end();
}

/* Else its card would seem to be what the document asks for, and nobody would cut it. */
static void a_card_that_was_not_cut_names_no_rules(void **state)
{
  (void)state;
  begin("Test/Late");
  put_head(store.kv, AT(0));
  store.opens_with_watch = true;
  assert_int_equal(recut_merchant(&batch, "shop", 0, NULL), RESULT_OK);
  assert_false(card_now().cut);
  assert_string_equal(card_now().zone_rules, "-");
  assert_int_equal(flush_entry(), FLUSH_DONE);
  assert_true(card_now().cut);
  end();
}

/* ---- a merchant that cannot be cut ---- */

/* Flushes an entry of each of the two, and what asks for the shop, so long after NOW_S. */
static enum flush_outcome flush_both(int from_s, int to_s, int64_t after_s)
{
  struct flush flush;
  struct flush_dirty dirty[] = {{.merchant = "cafe", .start = NOW_S, .width = 60},
                                {.merchant = "shop", .start = NOW_S, .width = 60}};
  struct flush_ask ask = {.merchant = "shop", .at = AT(to_s - 1), .must = true};
  store.now_ms = (NOW_S + after_s) * 1000;
  flush_init(&flush);
  flush.from = AT(from_s);
  flush.to = AT(to_s);
  flush.to_wall_ms = (NOW_S + to_s) * 1000;
  flush.token = g_strdup("at:0000000000000002");
  g_array_append_vals(flush.dirty, dirty, COUNT(dirty));
  if (store.asks)
    g_array_append_val(flush.asks, ask);
  enum flush_outcome outcome = flush_run(&batch, &flush, NULL);
  flush_clear(&flush);
  return outcome;
}

static void begin_beside_the_shop(const char *zone)
{
  begin(zone);
  put_head(store.kv, AT(0));
  put_card_of("shop");
  put_card_of("cafe");
  install_zone();
  store.broken = store.asks = true;
}

/* A flush that asks for all shops. */
static enum flush_outcome flush_asks(int64_t after_s)
{
  struct flush flush;
  store.now_ms = (NOW_S + after_s) * 1000;
  flush_init(&flush);
  flush.from = AT(0);
  flush.to = AT(after_s);
  flush.to_wall_ms = store.now_ms;
  flush.token = g_strdup("at:0000000000000002");
  for (size_t i = 0; i < COUNT(shops); i++) {
    struct flush_ask ask = {.at = AT(20), .must = true};
    g_strlcpy(ask.merchant, shops[i], sizeof ask.merchant);
    g_array_append_val(flush.asks, ask);
  }
  enum flush_outcome outcome = flush_run(&batch, &flush, NULL);
  flush_clear(&flush);
  backlog_work(&batch);
  return outcome;
}

static void begin_with_many_shops(const char *zone)
{
  begin_beside_the_shop(zone);
  for (size_t i = 1; i < COUNT(shops); i++)
    put_card_of(shops[i]);
  install_zone();
}

static void the_minutes_of_many_run_side_by_side(void **state)
{
  (void)state;
  begin_with_many_shops("Test/Many");
  assert_int_equal(flush_asks(30), FLUSH_RETRY);
  assert_int_equal(flush_asks(91), FLUSH_DONE);
  end();
}

/* A card that only the flush's transaction takes away is no sign that another batch has cut the merchant. */
static void who_was_given_up_stays_so_while_others_are_waited_for(void **state)
{
  (void)state;
  begin_with_many_shops("Test/Row");
  store.slow_ms = 6000; /* so long that none is tried behind it */
  assert_int_equal(flush_asks(30), FLUSH_RETRY);
  assert_int_equal(flush_asks(100), FLUSH_RETRY);
  assert_true(backlog_has(&backlog, shops[0]));
  assert_int_equal(flush_asks(220), FLUSH_RETRY); /* it has rested */
  assert_int_equal(flush_asks(290), FLUSH_DONE);
  end();
}

static bool shop_has_a_card(void)
{
  struct card card;
  return get_card(store.kv, "shop", &card);
}

static void a_merchant_that_cannot_be_cut_is_waited_for(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Waiting");
  assert_int_equal(flush_both(0, 30, 30), FLUSH_RETRY);
  assert_int_equal(flush_both(0, 30, 89), FLUSH_RETRY);
  assert_true(shop_has_a_card());
  end();
}

static void a_merchant_that_cannot_be_cut_does_not_hold_up_the_others_for_ever(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Tired");
  assert_int_equal(flush_both(0, 30, 30), FLUSH_RETRY);
  assert_int_equal(flush_both(0, 30, 91), FLUSH_DONE);
  assert_int_equal(orders_of_the_minute("cafe", EPOCH), 1);
  assert_false(shop_has_a_card());
  end();
}

/* As after an outage of something else. */
static void the_first_failure_is_not_the_last_however_late_it_is(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Unlucky");
  assert_int_equal(flush_both(0, 30, 200), FLUSH_RETRY);
  store.broken = false;
  assert_int_equal(flush_both(0, 30, 201), FLUSH_DONE);
  assert_true(shop_has_a_card());
  end();
}

/* By the figures, which another tailer brings up to date. */
static void nobody_is_given_up_while_the_figures_are_new(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Other");
  assert_int_equal(flush_both(0, 30, 30), FLUSH_RETRY);
  put_head(store.kv, AT(80));
  assert_int_equal(flush_both(80, 100, 101), FLUSH_RETRY);
  assert_true(shop_has_a_card());
  end();
}

static void give_up_the_shop(void)
{
  assert_int_equal(flush_both(0, 30, 30), FLUSH_RETRY);
  assert_int_equal(flush_both(0, 90, 91), FLUSH_DONE);
  assert_false(shop_has_a_card());
}

static void who_was_given_up_is_tried_by_no_flush(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Resting");
  backlog_work(&batch); /* its next turn is in ten minutes, unless somebody is given up */
  give_up_the_shop();
  store.asks = false;
  store.tries = 0;
  assert_int_equal(flush_both(90, 92, 93), FLUSH_DONE);
  assert_int_equal(flush_both(92, 350, 351), FLUSH_DONE); /* rested, but it is the backlog's turn */
  assert_int_equal(store.tries, 0);
  backlog_work(&batch);
  assert_int_equal(store.tries, 1);
  end();
}

/* The flush that gave it up cannot land: its time is out of the snapshot window by then. */
static void who_takes_long_to_fail_holds_up_one_flush(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Slow");
  store.slow_ms = 400000;
  assert_int_equal(flush_both(0, 30, 30), FLUSH_STALE);
  assert_int_equal(flush_both(0, 430, 431), FLUSH_DONE);
  assert_int_equal(store.tries, 1);
  assert_int_equal(orders_of_the_minute("cafe", EPOCH), 1);
  assert_false(shop_has_a_card());
  end();
}

static void who_was_given_up_has_its_turn_when_it_has_rested(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Turn");
  backlog_work(&batch);
  give_up_the_shop();
  store.tries = 0;
  store.now_ms += 59000;
  backlog_work(&batch);
  assert_int_equal(store.tries, 0);
  store.now_ms += 1000;
  backlog_work(&batch);
  assert_int_equal(store.tries, 1);
  end();
}

static void who_was_cut_by_another_batch_is_not_in_the_backlog_any_more(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Saved");
  give_up_the_shop();
  const struct zone *zone;
  assert_int_equal(zone_cache_get(store.zone, &zone, NULL), RESULT_OK);
  put_card(store.kv, "shop", zone, AT(120));
  store.now_ms += 60000;
  backlog_work(&batch);
  assert_false(backlog_has(&backlog, "shop"));
  end();
}

/* Another batch has cut it meanwhile. */
static void who_has_figures_again_is_waited_for_again(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Again");
  give_up_the_shop();
  put_card_of("shop");
  install_zone();
  store.tries = 0;
  assert_int_equal(flush_both(90, 92, 93), FLUSH_RETRY);
  assert_int_equal(store.tries, 1);
  assert_true(shop_has_a_card());
  end();
}

static void whoever_asks_for_one_that_was_given_up_need_not_wait(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Asked");
  backlog_work(&batch);
  give_up_the_shop();
  store.broken = store.asks = false;
  assert_int_equal(flush_both(90, 94, 95), FLUSH_DONE);
  backlog_work(&batch);
  assert_false(shop_has_a_card());
  store.asks = true;
  assert_int_equal(flush_both(94, 98, 99), FLUSH_DONE);
  backlog_work(&batch);
  assert_true(shop_has_a_card());
  end();
}

/* A name that its owner changes again and again is an ask each time. */
static void but_once_in_a_rest(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Nagged");
  backlog_work(&batch);
  give_up_the_shop();
  store.tries = 0;
  for (int i = 0; i < 5; i++) {
    assert_int_equal(flush_both(90 + 2 * i, 92 + 2 * i, 93 + 2 * i), FLUSH_DONE);
    backlog_work(&batch);
  }
  assert_int_equal(store.tries, 1);
  end();
}

static void rows_that_can_neither_be_read_nor_cut_hold_up_nobody(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Spoilt");
  store.asks = false;
  g_autofree char *key = key_minutes("shop", EPOCH, "EUR", NOW_S);
  put(store.kv, key, g_strdup("no rows"));
  give_up_the_shop();
  assert_int_equal(orders_of_the_minute("cafe", EPOCH), 1);
  end();
}

/* ---- a store that cannot be used is no merchant's fault ---- */

static void nobody_is_given_up_while_mongodb_is_away(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Away");
  store.away = true;
  assert_int_equal(flush_both(0, 30, 30), FLUSH_RETRY);
  assert_int_equal(flush_both(0, 30, 91), FLUSH_RETRY);
  store.away = store.broken = false;
  assert_int_equal(flush_both(0, 30, 92), FLUSH_DONE);
  assert_true(shop_has_a_card());
  end();
}

static void nobody_is_given_up_while_redis_takes_no_write(void **state)
{
  (void)state;
  begin_beside_the_shop("Test/Full");
  store.full = true;
  store.broken = false;
  assert_int_equal(flush_both(0, 30, 30), FLUSH_RETRY);
  assert_int_equal(flush_both(0, 30, 91), FLUSH_RETRY);
  store.full = false;
  assert_int_equal(flush_both(0, 30, 92), FLUSH_DONE);
  assert_true(shop_has_a_card());
  end();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_entry_is_not_passed_over_while_its_zone_cannot_be_opened),
      cmocka_unit_test(a_zone_that_stays_away_takes_its_merchants_figures_with_it),
      cmocka_unit_test(a_card_that_was_not_cut_names_no_rules),
      cmocka_unit_test(the_minutes_of_many_run_side_by_side),
      cmocka_unit_test(who_was_given_up_stays_so_while_others_are_waited_for),
      cmocka_unit_test(a_merchant_that_cannot_be_cut_is_waited_for),
      cmocka_unit_test(a_merchant_that_cannot_be_cut_does_not_hold_up_the_others_for_ever),
      cmocka_unit_test(the_first_failure_is_not_the_last_however_late_it_is),
      cmocka_unit_test(nobody_is_given_up_while_the_figures_are_new),
      cmocka_unit_test(who_was_given_up_is_tried_by_no_flush),
      cmocka_unit_test(who_takes_long_to_fail_holds_up_one_flush),
      cmocka_unit_test(who_was_given_up_has_its_turn_when_it_has_rested),
      cmocka_unit_test(who_was_cut_by_another_batch_is_not_in_the_backlog_any_more),
      cmocka_unit_test(who_has_figures_again_is_waited_for_again),
      cmocka_unit_test(whoever_asks_for_one_that_was_given_up_need_not_wait),
      cmocka_unit_test(but_once_in_a_rest),
      cmocka_unit_test(rows_that_can_neither_be_read_nor_cut_hold_up_nobody),
      cmocka_unit_test(nobody_is_given_up_while_mongodb_is_away),
      cmocka_unit_test(nobody_is_given_up_while_redis_takes_no_write),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
