/* Events into flushes: nothing lost, nothing split, bounded. */
#include <string.h>

#include "batch/gather.h"
#include "batch/wire.h"
#include "tests/unit/unit.h"

#define PIPELINE "00000000000000aa"
#define NOW INT64_C(1795446000000)
#define AT(n) ((UINT64_C(1795446000) << 32) + (n))

static const struct gather_limits limits = {.buckets = 3, .bound = 4};

static void add(struct gather *gather, enum event_kind kind, cluster_time at, bool bulk, const char *merchant,
                int64_t business_s)
{
  struct event event = {
      .kind = kind, .at = at, .wall_ms = NOW, .bulk = bulk, .business_ms = business_s * 1000, .token = "t"};
  g_strlcpy(event.merchant, merchant, sizeof event.merchant);
  gather_add(gather, &event);
}

static void an_entry_makes_its_minute_dirty_once(void **state)
{
  (void)state;
  struct gather *gather = gather_new(&limits, AT(1), PIPELINE);
  struct flush flush;
  add(gather, EVENT_LEDGER, AT(2), false, "shop", 1000);
  add(gather, EVENT_LEDGER, AT(3), false, "shop", 1019); /* the same minute: 960..1020 */
  add(gather, EVENT_LEDGER, AT(4), false, "shop", 1020);
  assert_true(gather_due(gather, true, NOW));
  assert_false(gather_due(gather, false, NOW)); /* one is in flight */
  gather_take(gather, &flush);
  assert_int_equal(flush.from, AT(1));
  assert_int_equal(flush.to, AT(4));
  assert_int_equal(flush.dirty->len, 2);
  assert_false(gather_ready(gather));
  flush_clear(&flush);
  gather_free(gather);
}

static void add_traced(struct gather *gather, cluster_time at, bool bulk, const char *request_id)
{
  struct event event = {
      .kind = EVENT_LEDGER, .at = at, .wall_ms = NOW, .bulk = bulk, .merchant = "shop", .token = "t"};
  g_strlcpy(event.request_id, request_id, sizeof event.request_id);
  gather_add(gather, &event);
}

static bool traces(const struct flush *flush, const char *request_id)
{
  return g_ptr_array_find_with_equal_func(flush->traced, request_id, g_str_equal, NULL);
}

static void a_flush_names_the_requests_once_each(void **state)
{
  (void)state;
  struct gather *gather = gather_new(&limits, AT(1), PIPELINE);
  struct flush first, second;
  add_traced(gather, AT(2), false, "req-1");
  add_traced(gather, AT(3), true, "import-1");
  add_traced(gather, AT(3), true, "import-1");
  add_traced(gather, AT(4), false, ""); /* unknown */
  gather_take(gather, &first);
  assert_int_equal(first.traced->len, 2);
  add_traced(gather, AT(5), false, "req-2");
  gather_failed(gather, &first, false);
  gather_take(gather, &second);
  assert_int_equal(second.traced->len, 3);
  assert_true(traces(&second, "req-1") && traces(&second, "import-1") && traces(&second, "req-2"));
  flush_clear(&first);
  flush_clear(&second);
  gather_free(gather);
}

/* Who catches up with a million entries keeps no million ids. */
static void ids_beyond_the_bound_are_counted(void **state)
{
  (void)state;
  struct gather *gather = gather_new(&limits, AT(1), PIPELINE);
  struct flush flush;
  for (int i = 0; i < 5003; i++) {
    char id[16];
    g_snprintf(id, sizeof id, "req-%d", i);
    add_traced(gather, AT((cluster_time)i + 2), false, id);
  }
  gather_take(gather, &flush);
  assert_int_equal(flush.traced->len, 5000);
  assert_int_equal(flush.untraced, 3);
  flush_clear(&flush);
  gather_free(gather);
}

static void repeated_events_are_ignored(void **state)
{
  (void)state;
  struct gather *gather = gather_new(&limits, AT(5), PIPELINE);
  add(gather, EVENT_LEDGER, AT(5), false, "shop", 1000);
  add(gather, EVENT_LEDGER, AT(4), false, "shop", 1000);
  assert_false(gather_ready(gather));
  gather_free(gather);
}

/* From MongoDB 8 on, the entries of a bulk insert may share a cluster time. */
static void the_entries_of_one_time_stay_together(void **state)
{
  (void)state;
  struct gather *gather = gather_new(&limits, AT(1), PIPELINE);
  struct flush flush;
  add(gather, EVENT_LEDGER, AT(2), true, "shop", 60);
  assert_false(gather_ready(gather)); /* more of AT(2) may follow */
  add(gather, EVENT_LEDGER, AT(2), true, "shop", 120);
  assert_false(gather_ready(gather));
  add(gather, EVENT_TIME, AT(3), false, "", 0);
  gather_take(gather, &flush);
  assert_int_equal(flush.to, AT(3));
  assert_int_equal(flush.dirty->len, 2);
  flush_clear(&flush);
  gather_free(gather);
}

static void a_failed_flush_is_merged_into_the_next(void **state)
{
  (void)state;
  struct gather *gather = gather_new(&limits, AT(1), PIPELINE);
  struct flush first, second;
  add(gather, EVENT_LEDGER, AT(2), false, "shop", 60);
  add(gather, EVENT_MERCHANT, AT(3), false, "shop", 0);
  gather_take(gather, &first);
  add(gather, EVENT_LEDGER, AT(4), false, "other", 60);
  gather_failed(gather, &first, false);
  gather_take(gather, &second);
  assert_int_equal(second.from, AT(1));
  assert_int_equal(second.to, AT(4));
  assert_int_equal(second.dirty->len, 2);
  assert_int_equal(second.asks->len, 1);
  gather_done(gather, &second);
  flush_clear(&second);
  add(gather, EVENT_TIME, AT(5), false, "", 0);
  gather_take(gather, &second);
  assert_int_equal(second.from, AT(4));
  flush_clear(&first);
  flush_clear(&second);
  gather_free(gather);
}

/* A rebuild has passed it over while there was none: its card must not be taken for good. */
static void a_document_that_is_new_must_be_cut(void **state)
{
  (void)state;
  struct gather *gather = gather_new(&limits, AT(1), PIPELINE);
  struct flush flush;
  struct event made = {.kind = EVENT_MERCHANT, .at = AT(2), .made = true, .merchant = "shop", .token = "t"};
  gather_add(gather, &made);
  add(gather, EVENT_MERCHANT, AT(3), false, "shop", 0);
  add(gather, EVENT_MERCHANT, AT(4), false, "other", 0);
  gather_take(gather, &flush);
  assert_int_equal(flush.asks->len, 2);
  for (guint i = 0; i < 2; i++) {
    const struct flush_ask *ask = &g_array_index(flush.asks, struct flush_ask, i);
    assert_int_equal(ask->must, strcmp(ask->merchant, "shop") == 0);
  }
  flush_clear(&flush);
  gather_free(gather);
}

static void a_stale_flush_waits_for_a_later_end(void **state)
{
  (void)state;
  struct gather *gather = gather_new(&limits, AT(1), PIPELINE);
  struct flush flush;
  add(gather, EVENT_LEDGER, AT(2), false, "shop", 60);
  gather_take(gather, &flush);
  gather_failed(gather, &flush, true);
  assert_false(gather_ready(gather));
  add(gather, EVENT_TIME, AT(3), false, "", 0);
  assert_true(gather_ready(gather));
  flush_clear(&flush);
  gather_free(gather);
}

static void nothing_goes_that_is_too_old_to_be_read(void **state)
{
  (void)state;
  struct gather *gather = gather_new(&limits, AT(1), PIPELINE);
  for (int i = 0; i < 4; i++)
    add(gather, EVENT_LEDGER, AT(2 + (unsigned)i), false, "shop", 60 * i);
  assert_true(gather_full(gather, NOW));
  assert_true(gather_due(gather, true, NOW + 200000));
  assert_false(gather_due(gather, true, NOW + 200001));
  assert_false(gather_full(gather, NOW + 200001)); /* so that catching up goes on */
  gather_free(gather);
}

static void too_many_minutes_become_hours_and_then_re_cuts(void **state)
{
  (void)state;
  struct gather *gather = gather_new(&limits, AT(1), PIPELINE);
  struct flush flush;
  for (int i = 0; i < 5; i++)
    add(gather, EVENT_LEDGER, AT(2 + (unsigned)i), false, "shop", 60 * i);
  gather_take(gather, &flush);
  assert_int_equal(flush.dirty->len, 1);
  assert_int_equal(g_array_index(flush.dirty, struct flush_dirty, 0).width, 3600);
  flush_clear(&flush);
  for (int i = 0; i < 5; i++)
    add(gather, EVENT_LEDGER, AT(10 + (unsigned)i), false, "shop", 3600 * i);
  gather_take(gather, &flush);
  assert_int_equal(flush.dirty->len, 0);
  assert_int_equal(flush.asks->len, 1);
  assert_true(g_array_index(flush.asks, struct flush_ask, 0).must);
  assert_int_equal(g_array_index(flush.asks, struct flush_ask, 0).at, AT(14));
  flush_clear(&flush);
  gather_free(gather);
}

static void a_request_survives_the_pipe(void **state)
{
  (void)state;
  struct flush flush;
  flush_init(&flush);
  flush.from = AT(1);
  flush.to = AT(2);
  flush.to_wall_ms = NOW;
  flush.token = g_strdup("8265a0");
  g_strlcpy(flush.pipeline, PIPELINE, sizeof flush.pipeline);
  struct flush_dirty dirty = {.merchant = "shop", .start = -60, .width = 60};
  struct flush_ask ask = {.merchant = "other", .at = AT(2), .must = true};
  g_array_append_val(flush.dirty, dirty);
  g_array_append_val(flush.asks, ask);
  g_autoptr(GString) text = g_string_new(NULL);
  g_ptr_array_add(flush.traced, g_strdup("req-1"));
  flush.untraced = 7;
  wire_put_flush(text, &flush);
  FILE *in = fmemopen(text->str, text->len, "r");
  struct wire_request request;
  assert_int_equal(wire_read_request(in, &request, NULL), RESULT_OK);
  assert_int_equal(request.kind, WIRE_FLUSH);
  assert_string_equal(request.flush.token, "8265a0");
  const struct flush_dirty *dirty_read = &g_array_index(request.flush.dirty, struct flush_dirty, 0);
  const struct flush_ask *ask_read = &g_array_index(request.flush.asks, struct flush_ask, 0);
  assert_string_equal(dirty_read->merchant, "shop");
  assert_int_equal(dirty_read->start, -60);
  assert_int_equal(dirty_read->width, 60);
  assert_string_equal(ask_read->merchant, "other");
  assert_int_equal(ask_read->at, AT(2));
  assert_true(ask_read->must);
  assert_int_equal(request.flush.traced->len, 1);
  assert_true(traces(&request.flush, "req-1"));
  assert_int_equal(request.flush.untraced, 7);
  wire_request_clear(&request);
  assert_int_equal(wire_read_request(in, &request, NULL), RESULT_OK);
  assert_int_equal(request.kind, WIRE_END);
  fclose(in);
  flush_clear(&flush);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_entry_makes_its_minute_dirty_once),
      cmocka_unit_test(a_flush_names_the_requests_once_each),
      cmocka_unit_test(ids_beyond_the_bound_are_counted),
      cmocka_unit_test(repeated_events_are_ignored),
      cmocka_unit_test(the_entries_of_one_time_stay_together),
      cmocka_unit_test(a_failed_flush_is_merged_into_the_next),
      cmocka_unit_test(a_document_that_is_new_must_be_cut),
      cmocka_unit_test(a_stale_flush_waits_for_a_later_end),
      cmocka_unit_test(nothing_goes_that_is_too_old_to_be_read),
      cmocka_unit_test(too_many_minutes_become_hours_and_then_re_cuts),
      cmocka_unit_test(a_request_survives_the_pipe),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
