/* How far verified_through goes with what verify found. */
#include "batch/verify.h"

#include "domain/zone_cache.h"
#include "tests/unit/batch_test.h"

#define HOUR INT64_C(3600)
#define NOW_S (INT64_C(498735) * HOUR + 120) /* two minutes into an hour */
#define BEFORE(hours) ((INT64_C(498735) - (hours)) * HOUR)

static int64_t now_ms(struct clock *clock)
{
  (void)clock;
  return NOW_S * 1000;
}

static void verified_through_passes_no_hour_that_is_not_proved(void **state)
{
  (void)state;
  static const struct {
    int64_t from, to, first_unproved, through;
  } verifies[] = {
      {INT64_MIN, BEFORE(-24), INT64_MAX, BEFORE(0)},     /* up to the hour that is still open */
      {INT64_MIN, BEFORE(-24), BEFORE(5), BEFORE(5)},     /* back to what differs or is parked */
      {INT64_MIN, BEFORE(-24), BEFORE(3), BEFORE(3)},     /* up to the next */
      {BEFORE(2), BEFORE(1), INT64_MAX, BEFORE(3)},       /* a range that leaves a gap proves nothing new */
      {BEFORE(4), BEFORE(1), INT64_MAX, BEFORE(1)},       /* one that does not is enough */
      {BEFORE(4), BEFORE(1), BEFORE(2000), BEFORE(2000)}, /* parked before all that was compared */
  };
  struct memory_server server;
  memory_server_init(&server);
  struct clock clock = {.wall_ms = now_ms, .monotonic_ms = now_ms};
  struct batch batch = {.kv = memory_kv_new(&server, open_gate, NULL), .clock = &clock};
  const struct zone *utc;
  assert_int_equal(zone_cache_get("UTC", &utc, NULL), RESULT_OK);
  put_head(batch.kv, 0);
  put_card(batch.kv, "shop", utc, cluster_time_make((uint32_t)NOW_S, 1));
  for (size_t i = 0; i < COUNT(verifies); i++) {
    struct verify_report report = {.from = verifies[i].from,
                                   .to = verifies[i].to,
                                   .first_unproved = verifies[i].first_unproved,
                                   .as_of = cluster_time_make((uint32_t)NOW_S, 1)};
    struct proof proof;
    assert_int_equal(verify_record(&batch, "shop", &report, 0, &proof, NULL), RESULT_OK);
    assert_int_equal(proof.verified_through, verifies[i].through);
  }
  memory_kv_free(batch.kv);
  memory_server_clear(&server);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(verified_through_passes_no_hour_that_is_not_proved),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
