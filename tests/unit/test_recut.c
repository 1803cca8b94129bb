/* A re-cut of a merchant whose history is more than the store folds within its time limit, or during which
 * the checkpoint moves on. */
#include "batch/recut.h"

#include "base/clock.h"
#include "tests/unit/batch_test.h"

#define NOW_S INT64_C(1795446000)
#define DAY INT64_C(86400)
#define HISTORY (3000 * DAY)
#define TIME_LIMIT_MS 5000
#define AWAY (-1)
#define ENDLESS (-2) /* the snapshot is too old before the fold ends */

/* Folds as much as `most` seconds at once, and needs too long for more; or is AWAY. */
struct slow_store {
  struct fold_source source;
  struct clock clock;
  int64_t now_ms;
  int64_t most;
  int64_t folded_to; /* everything before it has been folded, without a gap */
  int failures;
  uint32_t now_s; /* cluster time; a second later each time it is asked */
  struct kv *kv;
  uint32_t ck_s; /* the first fold moves the head's checkpoint here; 0: it does not */
};

static struct slow_store store;

static int64_t store_now_ms(struct clock *clock)
{
  (void)clock;
  return store.now_ms;
}

static enum result store_now(struct fold_source *self, cluster_time *out, struct err *e)
{
  (void)self;
  (void)e;
  *out = cluster_time_make(store.now_s++, 1);
  return RESULT_OK;
}

static enum result store_merchant(struct fold_source *self, cluster_time at, const char *id,
                                  struct merchant *out, struct err *e)
{
  (void)self;
  (void)at;
  (void)e;
  *out = a_merchant(id, "UTC");
  return RESULT_OK;
}

static enum result store_extent(struct fold_source *self, cluster_time at, const char *merchant, bool *any,
                                int64_t *first, int64_t *last, struct err *e)
{
  (void)self;
  (void)at;
  (void)merchant;
  (void)e;
  *any = true;
  *first = NOW_S - HISTORY;
  *last = NOW_S;
  store.folded_to = *first - *first % 3600;
  return RESULT_OK;
}

static enum result store_fold(struct fold_source *self, cluster_time at, const struct fold_range *ranges,
                              size_t count, int step, fold_sink sink, void *arg, struct err *e)
{
  (void)self;
  (void)at;
  (void)step;
  (void)sink;
  (void)arg;
  if (store.ck_s != 0)
    put_head(store.kv, cluster_time_make(store.ck_s, 1));
  store.ck_s = 0;
  if (store.most == AWAY) {
    store.failures++;
    return err_set(e, RESULT_UNAVAILABLE, "away");
  }
  if (store.most == ENDLESS) {
    store.failures++;
    store.now_ms += 300000;
    return err_set(e, RESULT_STALE, "out of the snapshot window");
  }
  if (ranges[count - 1].to - ranges[0].from > store.most) {
    store.now_ms += TIME_LIMIT_MS;
    store.failures++;
    return err_set(e, RESULT_TOO_LONG, "too long");
  }
  store.now_ms += 1000;
  assert_int_equal(ranges[0].from, store.folded_to);
  store.folded_to = ranges[count - 1].to;
  return RESULT_OK;
}

/* Re-cuts the shop under a head without checkpoint; *base is then its card's, 0 without one. */
static enum result recut_with(int64_t most, uint32_t ck_s, cluster_time *base)
{
  struct memory_server server;
  memory_server_init(&server);
  struct kv *kv = memory_kv_new(&server, open_gate, NULL);
  store = (struct slow_store){.most = most,
                              .folded_to = NOW_S - HISTORY - (NOW_S - HISTORY) % 3600,
                              .now_s = (uint32_t)NOW_S,
                              .kv = kv,
                              .ck_s = ck_s};
  store.source = (struct fold_source){
      .now = store_now, .merchant = store_merchant, .extent = store_extent, .fold = store_fold};
  store.clock = (struct clock){.wall_ms = store_now_ms, .monotonic_ms = store_now_ms};
  put_head(kv, 0);
  struct batch batch = {.kv = kv, .source = &store.source, .clock = &store.clock};
  enum result r = recut_merchant(&batch, "shop", 0, NULL);
  struct card card;
  *base = get_card(kv, "shop", &card) ? card.base : 0;
  memory_kv_free(kv);
  memory_server_clear(&server);
  return r;
}

static void a_chunk_that_takes_too_long_is_made_smaller(void **state)
{
  (void)state;
  cluster_time base;
  assert_int_equal(recut_with(12 * DAY, 0, &base), RESULT_OK);
  assert_int_equal(base, cluster_time_make((uint32_t)NOW_S, 1));
  assert_int_equal(store.folded_to, NOW_S + 1);
  assert_true(store.failures > 0);
}

static void an_hour_that_takes_too_long_is_folded_in_parts(void **state)
{
  (void)state;
  static const int64_t most[] = {3600, 3599, 600, 60};
  for (size_t i = 0; i < COUNT(most); i++) {
    cluster_time base;
    assert_int_equal(recut_with(most[i], 0, &base), RESULT_OK);
    assert_int_equal(base, cluster_time_make((uint32_t)NOW_S, 1));
    assert_int_equal(store.folded_to, NOW_S + 1);
  }
}

static void a_store_that_is_away_is_asked_once(void **state)
{
  (void)state;
  cluster_time base;
  assert_int_equal(recut_with(AWAY, 0, &base), RESULT_UNAVAILABLE);
  assert_int_equal(base, 0);
  assert_int_equal(store.failures, 1);
}

static void a_store_that_folds_nothing_in_time_is_not_asked_for_ever(void **state)
{
  (void)state;
  cluster_time base;
  assert_int_equal(recut_with(0, 0, &base), RESULT_UNAVAILABLE);
  assert_int_equal(base, 0);
  assert_true(store.failures < 10);
}

static void a_history_that_takes_too_long_is_folded_once(void **state)
{
  (void)state;
  cluster_time base;
  assert_int_equal(recut_with(ENDLESS, 0, &base), RESULT_UNAVAILABLE);
  assert_int_equal(base, 0);
  assert_int_equal(store.failures, 1);
}

/* Rows older than what the picture claims to be true at must not take its place. */
static void a_cut_that_the_checkpoint_has_passed_is_made_again(void **state)
{
  (void)state;
  cluster_time base;
  assert_int_equal(recut_with(HISTORY * 2, (uint32_t)NOW_S + 1, &base), RESULT_OK);
  assert_int_equal(base, cluster_time_make((uint32_t)NOW_S + 1, 1));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_chunk_that_takes_too_long_is_made_smaller),
      cmocka_unit_test(an_hour_that_takes_too_long_is_folded_in_parts),
      cmocka_unit_test(a_store_that_is_away_is_asked_once),
      cmocka_unit_test(a_store_that_folds_nothing_in_time_is_not_asked_for_ever),
      cmocka_unit_test(a_history_that_takes_too_long_is_folded_once),
      cmocka_unit_test(a_cut_that_the_checkpoint_has_passed_is_made_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
