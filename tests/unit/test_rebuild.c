/* A rebuild in which one merchant cannot be cut. */
#include "batch/rebuild.h"

#include "tests/unit/batch_test.h"

#define NOW_S 1795446000U

static const char *const ids[] = {"north", "south", "east", "west"};

/* Merchants without entries; one of them cannot be read. */
struct failing_store {
  struct fold_source source;
  const char *broken; /* NULL: none is */
  bool goes_away;     /* with the first failure */
  bool away;
  struct kv *loses_head; /* with the first failure; NULL: no */
  uint32_t later_s;      /* of the mark and of now */
  int64_t late_ms;       /* how long after the mark it is */
  int asks;              /* for re-cuts */
  int cuts;              /* begun */
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
  for (size_t i = 0; i < COUNT(ids); i++)
    each(ids[i], arg);
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

static void lose_head(struct kv *kv)
{
  struct kv_writes writes;
  kv_writes_init(&writes);
  kv_writes_delete(&writes, KEY_HEAD);
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
  if (store.broken == NULL || strcmp(merchant, store.broken) != 0)
    return answer(e);
  store.away = store.goes_away;
  if (store.loses_head != NULL)
    lose_head(store.loses_head);
  return err_set(e, RESULT_UNAVAILABLE, "%s cannot be read", merchant);
}

static enum result store_ask_recut(struct fold_source *self, const char *id, struct err *e)
{
  (void)self;
  assert_string_equal(id, store.broken);
  store.asks++;
  return answer(e);
}

static int64_t now_ms(struct clock *clock)
{
  (void)clock;
  return (NOW_S - 10) * INT64_C(1000) + store.late_ms;
}

static struct memory_server server;
static struct clock clock_still = {.wall_ms = now_ms, .monotonic_ms = now_ms};
static struct batch batch;

static int set_up(void **state)
{
  (void)state;
  memory_server_init(&server);
  store = (struct failing_store){.broken = ids[0]};
  store.source = (struct fold_source){.now = store_now,
                                      .merchants = store_merchants,
                                      .merchant = store_merchant,
                                      .extent = store_extent,
                                      .ask_recut = store_ask_recut};
  batch = (struct batch){
      .kv = memory_kv_new(&server, open_gate, NULL), .source = &store.source, .clock = &clock_still};
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
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
  store.late_ms = 61000;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_DONE);
  for (size_t i = 0; i < COUNT(ids); i++)
    assert_int_equal(has_card(ids[i]), i > 0);
  assert_int_equal(store.asks, 1);
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
  store.late_ms = 1061000;
  assert_int_equal(rebuild_again(false, NULL), REBUILD_DONE);
  assert_false(has_card(ids[0]));
  assert_true(has_card(ids[1]));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_merchants_behind_one_that_cannot_be_cut_are_cut, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_rebuild_does_not_wait_for_ever_for_one_that_cannot_be_cut, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(the_old_card_of_one_that_is_given_up_is_taken_away, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_rebuild_stops_where_the_store_is_away, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_rebuild_stops_where_its_mark_is_gone, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
