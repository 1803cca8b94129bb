/* Folding by as many aggregates as the store's time limit wants: the same sums as by one. */
#include "batch/folds.h"

#include <string.h>

#include "domain/bucket.h"
#include "domain/zone_cache.h"
#include "tests/unit/unit.h"

#define AT cluster_time_make(1795446000, 1)
#define HOUR INT64_C(3600)
#define FROM (INT64_C(498735) * HOUR)

/* One entry a minute everywhere; folds as many as `most` at once. */
struct limited_store {
  struct fold_source source;
  int64_t most;
  int64_t unreadable; /* a fold over this second is corrupt; 0: none is */
  bool away;
  int calls, failures;
};

static struct limited_store store;

static int64_t entries_in(const struct fold_range *range)
{
  return (range->to - range->from + BUCKET_MINUTE - 1) / BUCKET_MINUTE;
}

static enum result judge(cluster_time at, const struct fold_range *ranges, size_t count, struct err *e)
{
  int64_t entries = 0;
  bool corrupt = false;
  assert_int_equal(at, AT);
  for (size_t i = 0; i < count; i++) {
    entries += entries_in(&ranges[i]);
    corrupt = corrupt || (ranges[i].from <= store.unreadable && store.unreadable < ranges[i].to);
  }
  if (store.away)
    return err_set(e, RESULT_UNAVAILABLE, "away");
  if (entries > store.most)
    return err_set(e, RESULT_TOO_LONG, "too long");
  return corrupt ? err_set(e, RESULT_CORRUPT, "unreadable") : RESULT_OK;
}

static enum result store_fold(struct fold_source *self, cluster_time at, const struct fold_range *ranges,
                              size_t count, int step, fold_sink sink, void *arg, struct err *e)
{
  (void)self;
  enum result r = judge(at, ranges, count, e);
  store.calls++;
  store.failures += r != RESULT_OK;
  for (size_t i = 0; r == RESULT_OK && i < count; i++)
    for (int64_t t = ranges[i].from; t < ranges[i].to; t += BUCKET_MINUTE) {
      struct fold_group group = {.merchant = ranges[i].merchant,
                                 .currency = "EUR",
                                 .start = t - t % step,
                                 .columns = {[METRIC_orders] = 1}};
      sink(&group, arg);
    }
  return r;
}

static struct fold_range hour_of(int i)
{
  struct fold_range range = {.merchant = "shop", .from = FROM + i * HOUR, .to = FROM + (i + 1) * HOUR};
  return range;
}

static int64_t orders_of(const struct folds *folds, int64_t hour)
{
  int64_t orders = 0;
  for (guint i = 0; i < folds->groups->len; i++) {
    const struct folded *folded = &g_array_index(folds->groups, struct folded, i);
    if (folded->start >= hour && folded->start < hour + HOUR)
      orders += folded->columns[METRIC_orders];
  }
  return orders;
}

/* Folds `count` hours; gives them in `folds`, for folds_clear. */
static enum result fold_hours(struct folds *folds, int count)
{
  struct fold_range ranges[100];
  assert_true(count <= 100);
  for (int i = 0; i < count; i++)
    ranges[i] = hour_of(i);
  store.source = (struct fold_source){.fold = store_fold};
  struct batch batch = {.source = &store.source};
  folds_init(folds);
  return folds_collect(folds, &batch, AT, ranges, (size_t)count, (int)HOUR, NULL);
}

static void what_is_too_much_is_folded_by_several_aggregates(void **state)
{
  (void)state;
  static const int64_t limits[] = {100 * 60, 100 * 60 - 1, 700, 60, 59, 7, 1};
  for (size_t i = 0; i < COUNT(limits); i++) {
    struct folds folds;
    store = (struct limited_store){.most = limits[i]};
    assert_int_equal(fold_hours(&folds, 100), RESULT_OK);
    for (int h = 0; h < 100; h++)
      assert_int_equal(orders_of(&folds, FROM + h * HOUR), 60);
    assert_int_equal(folds.corrupt->len, 0);
    folds_clear(&folds);
  }
}

/* The limit that was found is kept to: no more than a few aggregates are tried in vain. */
static void a_limit_once_found_is_remembered(void **state)
{
  (void)state;
  struct folds folds;
  store = (struct limited_store){.most = 2 * 60};
  assert_int_equal(fold_hours(&folds, 100), RESULT_OK);
  assert_true(store.failures <= 3);
  folds_clear(&folds);
}

static void a_store_that_is_away_is_asked_once(void **state)
{
  (void)state;
  struct folds folds;
  store = (struct limited_store){.most = 1, .away = true};
  assert_int_equal(fold_hours(&folds, 100), RESULT_UNAVAILABLE);
  assert_int_equal(store.calls, 1);
  folds_clear(&folds);
}

static void a_minute_that_is_too_much_ends_it(void **state)
{
  (void)state;
  struct folds folds;
  store = (struct limited_store){.most = 0};
  assert_int_equal(fold_hours(&folds, 100), RESULT_UNAVAILABLE);
  assert_true(store.calls <= 10);
  folds_clear(&folds);
}

/* Of an hour with an entry that cannot be read nothing is given, in how many parts soever it was folded. */
static void an_unreadable_hour_is_lost_alone_and_whole(void **state)
{
  (void)state;
  static const int64_t limits[] = {100 * 60, 700, 60, 59, 7, 1};
  for (size_t i = 0; i < COUNT(limits); i++) {
    struct folds folds;
    store = (struct limited_store){.most = limits[i], .unreadable = FROM + 42 * HOUR + 1800};
    assert_int_equal(fold_hours(&folds, 100), RESULT_OK);
    assert_int_equal(folds.corrupt->len, 1);
    const struct fold_range *lost = &g_array_index(folds.corrupt, struct fold_range, 0);
    assert_int_equal(lost->from, FROM + 42 * HOUR);
    assert_int_equal(lost->to, FROM + 43 * HOUR);
    for (int h = 0; h < 100; h++)
      assert_int_equal(orders_of(&folds, FROM + h * HOUR), h == 42 ? 0 : 60);
    folds_clear(&folds);
  }
}

/* Folds that many hours of a zone as one span. */
static enum result fold_span(struct folds *folds, int64_t most, int hours)
{
  const struct zone *zone;
  struct fold_range span = {.merchant = "shop", .from = FROM, .to = FROM + hours * HOUR};
  store = (struct limited_store){.most = most, .source = {.fold = store_fold}};
  struct batch batch = {.source = &store.source};
  assert_int_equal(zone_cache_get("Europe/Berlin", &zone, NULL), RESULT_OK);
  folds_init(folds);
  return folds_collect_span(folds, &batch, AT, zone, &span, (int)HOUR, NULL);
}

/* Verify asks for no less than a day. */
static void a_day_that_is_too_much_is_divided(void **state)
{
  (void)state;
  static const int64_t limits[] = {24 * 60, 24 * 60 - 1, 60, 59, 1};
  for (size_t i = 0; i < COUNT(limits); i++) {
    struct folds folds;
    assert_int_equal(fold_span(&folds, limits[i], 24), RESULT_OK);
    for (int h = 0; h < 24; h++)
      assert_int_equal(orders_of(&folds, FROM + h * HOUR), 60);
    folds_clear(&folds);
  }
}

static void of_more_than_a_day_the_caller_asks_for_less(void **state)
{
  (void)state;
  struct folds folds;
  assert_int_equal(fold_span(&folds, 60, 48), RESULT_TOO_LONG);
  assert_int_equal(store.calls, 1);
  folds_clear(&folds);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_too_much_is_folded_by_several_aggregates),
      cmocka_unit_test(a_limit_once_found_is_remembered),
      cmocka_unit_test(a_store_that_is_away_is_asked_once),
      cmocka_unit_test(a_minute_that_is_too_much_ends_it),
      cmocka_unit_test(an_unreadable_hour_is_lost_alone_and_whole),
      cmocka_unit_test(a_day_that_is_too_much_is_divided),
      cmocka_unit_test(of_more_than_a_day_the_caller_asks_for_less),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
