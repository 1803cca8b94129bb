/* A rebuild in which one merchant cannot be cut, and the backlog that it goes into. */
#include "batch/rebuild.h"

#include "batch/backlog.h"
#include "domain/zone_cache.h"
#include "tests/unit/batch_test.h"

#define NOW_S 1795446000U

static const char *const ids[] = {"north", "south", "east", "west"};

/* Merchants without entries; one or two of them cannot be read. */
struct failing_store {
  struct fold_source source;
  const char *broken; /* NULL: none is */
  const char *other;  /* NULL: no other is */
  bool all_broken;
  bool first_is_gone; /* its document was deleted */
  int64_t list_ms;    /* so long the list of merchants takes */
  bool goes_away;     /* with the first failure */
  bool away;
  struct kv *loses_head; /* with the first failure; NULL: no */
  uint32_t later_s;      /* of the mark and of now */
  int64_t late_ms;       /* how long after the mark it is */
  int64_t slow_ms;       /* so long it takes to fail */
  int cuts;              /* begun */
  int asks;              /* for re-cuts */
};

static struct failing_store store;

static cluster_time mark(void)
{
  return cluster_time_make(NOW_S - 10 + store.later_s, 1);
}

static enum result answer(struct err *e)
{
  return store.away ? err_set(e, RESULT_UNAVAILABLE, "away") : RESULT_OK;
}

static enum result store_now(struct fold_source *self, cluster_time *out, struct err *e)
{
  (void)self;
  *out = cluster_time_make(NOW_S + store.later_s, 1);
  return answer(e);
}

static enum result store_merchants(struct fold_source *self, cluster_time at,
                                   void (*each)(const char *id, void *arg), void *arg, struct err *e)
{
  (void)self;
  (void)at;
  for (size_t i = store.first_is_gone ? 1 : 0; i < COUNT(ids); i++)
    each(ids[i], arg);
  store.late_ms += store.list_ms;
  return answer(e);
}

static enum result store_merchant(struct fold_source *self, cluster_time at, const char *id,
                                  struct merchant *out, struct err *e)
{
  (void)self;
  (void)at;
  store.cuts++;
  *out = a_merchant(id, "UTC");
  return answer(e);
}

static void delete_key(struct kv *kv, const char *key)
{
  struct kv_writes writes;
  kv_writes_init(&writes);
  kv_writes_delete(&writes, key);
  assert_int_equal(kv->exec(kv, &writes, NULL), RESULT_OK);
  kv_writes_clear(&writes);
}

static enum result store_extent(struct fold_source *self, cluster_time at, const char *merchant, bool *any,
                                int64_t *first, int64_t *last, struct err *e)
{
  (void)self;
  (void)at;
  *any = false;
  *first = *last = 0;
  bool broken =
      store.all_broken || g_strcmp0(merchant, store.broken) == 0 || g_strcmp0(merchant, store.other) == 0;
  if (!broken)
    return answer(e);
  store.away = store.goes_away;
  store.late_ms += store.slow_ms;
  if (store.loses_head != NULL)
    delete_key(store.loses_head, KEY_HEAD);
  return err_set(e, RESULT_UNAVAILABLE, "%s cannot be read", merchant);
}

static enum result store_ask_recut(struct fold_source *self, const char *id, struct err *e)
{
  (void)self;
  assert_string_equal(id, ids[0]);
  store.asks++;
  return answer(e);
}

static int64_t now_ms(struct clock *clock)
{
  (void)clock;
  return (NOW_S - 10) * INT64_C(1000) + store.late_ms;
}

static int full_after; /* so many commits Redis takes no write any more; -1: it takes all */

static enum memory_fate gate(void *arg, const char *step)
{
  (void)arg;
  if (strcmp(step, "exec") != 0 || full_after < 0)
    return MEMORY_DO;
  if (full_after == 0)
    return MEMORY_FAIL;
  full_after--;
  return MEMORY_DO;
}

static struct memory_server server;
static struct clock clock_still = {.wall_ms = now_ms, .monotonic_ms = now_ms};
static struct backlog backlog;
static struct batch batch;

static int set_up(void **state)
{
  (void)state;
  memory_server_init(&server);
  full_after = -1;
  store = (struct failing_store){.broken = ids[0]};
  store.source = (struct fold_source){.now = store_now,
                                      .merchants = store_merchants,
                                      .merchant = store_merchant,
                                      .extent = store_extent,
                                      .ask_recut = store_ask_recut};
  backlog_init(&backlog);
  batch = (struct batch){.kv = memory_kv_new(&server, gate, NULL),
                         .source = &store.source,
                         .clock = &clock_still,
                         .backlog = &backlog};
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  backlog_clear(&backlog);
  memory_kv_free(batch.kv);
  memory_server_clear(&server);
  return 0;
}

static enum rebuild_outcome rebuild_again(bool resume, struct err *e)
{
  char token[] = "at:0000000000000001", pipeline[] = "00000000000000aa";
  const struct rebuild rebuild = {.mark = mark(), .token = token, .pipeline = pipeline, .resume = resume};
  return rebuild_run(&batch, &rebuild, e);
}

static bool has_card(const char *id)
{
  struct card card;
  return get_card(batch.kv, id, &card);
}

static void the_merchants_behind_one_that_cannot_be_cut_are_cut(void **state)
{
  (void)state;
  struct err e = ERR_NONE;
  assert_int_equal(rebuild_again(false, &e), REBUILD_RETRY);
  assert_string_equal(e.text, "north cannot be read");
  for (size_t i = 0; i < COUNT(ids); i++)
    assert_int_equal(has_card(ids[i]), i > 0);
  assert_int_equal(rebuild_again(true, NULL), REBUILD_RETRY);
  assert_int_equal(store.cuts, COUNT(ids) + 1); /* the others were not cut again */
  store.broken = NULL;
  assert_int_equal(rebuild_again(true, NULL), REBUILD_DONE);
  assert_true(has_card(ids[0]));
}

/* With thousands of merchants each would wait for the store in vain. */
static void a_rebuild_stops_where_the_store_is_away(void **state)
{
  (void)state;
  store.goes_away = true;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_RETRY);
  assert_int_equal(store.cuts, 1);
}

/* What is cut for no head is cut in vain. */
static void a_rebuild_stops_where_its_mark_is_gone(void **state)
{
  (void)state;
  store.loses_head = batch.kv;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_RETRY);
  assert_int_equal(store.cuts, 1);
}

static void a_rebuild_does_not_wait_for_ever_for_one_that_cannot_be_cut(void **state)
{
  (void)state;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_RETRY);
  store.late_ms = 59000;
  assert_int_equal(rebuild_again(true, NULL), REBUILD_RETRY);
  store.late_ms = 61000;
  assert_int_equal(rebuild_again(true, NULL), REBUILD_DONE);
  for (size_t i = 0; i < COUNT(ids); i++)
    assert_int_equal(has_card(ids[i]), i > 0);
}

/* A picture from before the mark must not be served as one of the mark. */
static void the_old_card_of_one_that_is_given_up_is_taken_away(void **state)
{
  (void)state;
  store.broken = NULL;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_DONE);
  assert_true(has_card(ids[0]));
  store.broken = ids[0];
  store.later_s = 1000;
  store.late_ms = 1000000;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_RETRY);
  store.late_ms = 1061000;
  assert_int_equal(rebuild_again(true, NULL), REBUILD_DONE);
  struct card card;
  assert_false(has_card(ids[0]));
  assert_true(get_card(batch.kv, ids[1], &card));
  assert_true(card.base >= mark());
}

/* As where MongoDB can be written to but folds nothing: the old figures stay, and are tried again. */
static void nobody_is_given_up_where_nobody_can_be_cut(void **state)
{
  (void)state;
  store.broken = NULL;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_DONE);
  store.all_broken = true;
  store.later_s = 1000;
  for (int64_t late_ms = 1000000; late_ms < 1200000; late_ms += 61000) {
    store.late_ms = late_ms;
    store.cuts = 0;
    assert_int_equal(rebuild_again(late_ms > 1000000, NULL), REBUILD_RETRY);
    assert_int_equal(store.cuts, COUNT(ids));
  }
  for (size_t i = 0; i < COUNT(ids); i++)
    assert_true(has_card(ids[i]));
  store.all_broken = false;
  assert_int_equal(rebuild_again(true, NULL), REBUILD_DONE);
}

/* A long rebuild is later than a minute with most of its merchants. */
static void the_first_failure_is_not_the_last_however_late_it_is(void **state)
{
  (void)state;
  store.late_ms = 200000;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_RETRY);
  store.broken = NULL;
  assert_int_equal(rebuild_again(true, NULL), REBUILD_DONE);
  assert_true(has_card(ids[0]));
}

/* Nor by a rebuild: its old card would go. */
static void nobody_is_given_up_while_redis_takes_no_write(void **state)
{
  (void)state;
  store.broken = NULL;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_DONE);
  store.later_s = 1000;
  store.late_ms = 1000000;
  full_after = 1; /* the mark is written */
  assert_int_equal(rebuild_again(false, NULL), REBUILD_RETRY);
  store.late_ms = 1061000;
  store.cuts = 0;
  assert_int_equal(rebuild_again(true, NULL), REBUILD_RETRY);
  assert_int_equal(store.cuts, 1);
  full_after = -1;
  assert_int_equal(rebuild_again(true, NULL), REBUILD_DONE);
  for (size_t i = 0; i < COUNT(ids); i++)
    assert_true(has_card(ids[i]));
}

/* ---- the backlog ---- */

/* A rebuild has given up the first merchant. */
static void give_up_first(void)
{
  assert_int_equal(rebuild_again(false, NULL), REBUILD_RETRY);
  store.late_ms = 61000;
  assert_int_equal(rebuild_again(true, NULL), REBUILD_DONE);
  store.cuts = 0;
}

static void remove_card(const char *id)
{
  g_autofree char *key = key_card(id);
  delete_key(batch.kv, key);
}

static void put_card_of(const char *id)
{
  const struct zone *utc;
  assert_int_equal(zone_cache_get("UTC", &utc, NULL), RESULT_OK);
  put_card(batch.kv, id, utc, mark());
}

/* As if it had been cut before an upgrade. */
static void make_outdated(const char *id)
{
  struct card card;
  g_autofree char *key = key_card(id);
  assert_true(get_card(batch.kv, id, &card));
  g_strlcpy(card.metric_table, EPOCH, sizeof card.metric_table);
  put(batch.kv, key, card_encode(&card));
}

/* The reading of the list alone takes more than the second that there is. */
static void a_slow_list_keeps_nobody_from_his_turn(void **state)
{
  (void)state;
  give_up_first();
  store.broken = NULL;
  store.late_ms += 60000;
  store.list_ms = 1500;
  backlog_work(&batch);
  assert_true(has_card(ids[0]));
}

/* Its old card was true, and one failure behind a request is no reason to take it away. */
static void who_has_a_card_is_not_given_up_behind_a_request(void **state)
{
  (void)state;
  store.broken = NULL;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_DONE);
  make_outdated(ids[0]);
  store.broken = ids[0];
  backlog_work(&batch);
  assert_false(backlog_has(&backlog, ids[0]));
}

static void who_was_deleted_is_forgotten(void **state)
{
  (void)state;
  give_up_first();
  store.first_is_gone = true;
  store.late_ms += 60000;
  backlog_work(&batch);
  assert_false(backlog_has(&backlog, ids[0]));
}

static void who_was_given_up_rests_and_is_cut_then(void **state)
{
  (void)state;
  give_up_first();
  store.broken = NULL;
  store.late_ms += 59000;
  backlog_work(&batch);
  assert_int_equal(store.cuts, 0);
  store.late_ms += 1000;
  backlog_work(&batch);
  assert_true(has_card(ids[0]));
  backlog_work(&batch);
  assert_int_equal(store.cuts, 1);
}

static void a_batch_that_starts_anew_cuts_who_has_no_card(void **state)
{
  (void)state;
  give_up_first();
  store.broken = NULL;
  backlog_clear(&backlog);
  backlog_init(&backlog);
  backlog_work(&batch);
  assert_true(has_card(ids[0]));
}

static void who_takes_long_to_fail_rests_ten_times_as_long(void **state)
{
  (void)state;
  store.slow_ms = 20000;
  give_up_first();
  store.late_ms += 199000;
  backlog_work(&batch);
  assert_int_equal(store.cuts, 0);
  store.late_ms += 1000;
  backlog_work(&batch);
  assert_int_equal(store.cuts, 1);
}

/* Only while the flushes of both wait for the merchant does the checkpoint stand still. */
static void whom_the_checkpoint_outruns_is_asked_for(void **state)
{
  (void)state;
  give_up_first();
  store.broken = NULL;
  store.late_ms += 60000;
  put_head(batch.kv, cluster_time_make(NOW_S + 1000, 1));
  for (size_t i = 1; i < COUNT(ids); i++)
    put_card_of(ids[i]);
  backlog_work(&batch);
  assert_false(has_card(ids[0]));
  assert_false(backlog_has(&backlog, ids[0]));
  assert_int_equal(store.asks, 1);
}

/* Two that take 600 ms each to fail use up the second that there is. */
static void who_fails_keeps_nobody_from_his_turn(void **state)
{
  (void)state;
  store.broken = NULL;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_DONE);
  for (size_t i = 0; i < COUNT(ids); i++)
    remove_card(ids[i]);
  store.broken = ids[0];
  store.other = ids[1];
  store.slow_ms = 600;
  store.cuts = 0;
  backlog_work(&batch);
  assert_int_equal(store.cuts, 2);
  store.late_ms += 11999;
  backlog_work(&batch);
  assert_int_equal(store.cuts, 2); /* all failures together cost a tenth of the time */
  store.late_ms += 50000;
  backlog_work(&batch);
  assert_true(has_card(ids[2]));
  assert_true(has_card(ids[3]));
}

/* Though one of them has rested himself. */
static void all_rest_after_one_that_took_long_to_fail(void **state)
{
  (void)state;
  store.broken = NULL;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_DONE);
  store.broken = ids[0];
  store.other = ids[1];
  remove_card(ids[0]);
  remove_card(ids[1]);
  backlog_work(&batch);
  store.late_ms += 60000;
  store.slow_ms = 7000;
  store.cuts = 0;
  backlog_work(&batch);
  assert_int_equal(store.cuts, 1);
  store.late_ms += 69999;
  backlog_work(&batch);
  assert_int_equal(store.cuts, 1);
  store.late_ms += 1;
  backlog_work(&batch);
  assert_int_equal(store.cuts, 2);
}

static void the_backlog_waits_while_a_store_is_away(void **state)
{
  (void)state;
  give_up_first();
  remove_card(ids[1]);
  store.late_ms += 60000;
  store.goes_away = true;
  backlog_work(&batch);
  assert_int_equal(store.cuts, 1);
  store.away = store.goes_away = false;
  store.broken = NULL;
  backlog_work(&batch);
  assert_int_equal(store.cuts, 1);
  store.late_ms += 60000;
  backlog_work(&batch);
  assert_true(has_card(ids[0]));
  assert_true(has_card(ids[1]));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(the_merchants_behind_one_that_cannot_be_cut_are_cut),
      TEST(a_rebuild_stops_where_the_store_is_away),
      TEST(a_rebuild_stops_where_its_mark_is_gone),
      TEST(a_rebuild_does_not_wait_for_ever_for_one_that_cannot_be_cut),
      TEST(the_old_card_of_one_that_is_given_up_is_taken_away),
      TEST(nobody_is_given_up_where_nobody_can_be_cut),
      TEST(the_first_failure_is_not_the_last_however_late_it_is),
      TEST(nobody_is_given_up_while_redis_takes_no_write),
      TEST(a_slow_list_keeps_nobody_from_his_turn),
      TEST(who_has_a_card_is_not_given_up_behind_a_request),
      TEST(who_was_deleted_is_forgotten),
      TEST(who_was_given_up_rests_and_is_cut_then),
      TEST(a_batch_that_starts_anew_cuts_who_has_no_card),
      TEST(who_takes_long_to_fail_rests_ten_times_as_long),
      TEST(whom_the_checkpoint_outruns_is_asked_for),
      TEST(who_fails_keeps_nobody_from_his_turn),
      TEST(all_rest_after_one_that_took_long_to_fail),
      TEST(the_backlog_waits_while_a_store_is_away),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
