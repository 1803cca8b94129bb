/* Tracing a figure, over stores in memory at a fixed time. The ledger there is not folded: a test that wants
 * figures writes them. */
#include <string.h>

#include "domain/bucket.h"
#include "domain/zone_cache.h"
#include "stores/keys.h"
#include "tests/unit/unit.h"
#include "tests/worker/call.h"
#include "tests/worker/world.h"
#include "translation/parked.h"
#include "translation/row_codec.h"

#define SHOP "/v1/merchants/shop"
#define KEY "tk_live_all"
#define NOW_S (WORLD_NOW_MS / 1000)
#define TRACE SHOP "/metrics/trace?range=today&currency=EUR&metric=gross_sales"

static struct context context;

static int set_up(void **state)
{
  (void)state;
  struct err e = ERR_NONE;
  world_init();
  world_add_merchant("shop", "Europe/Berlin");
  world_add_merchant("other", "Europe/Berlin");
  world_set_checkpoint(cluster_time_make((uint32_t)NOW_S, 3), WORLD_NOW_MS - 40);
  world_add_key(KEY, "shop", SCOPE_ALL_OF_KEYS);
  world_add_key("tk_live_other", "other", SCOPE_ALL_OF_KEYS);
  return context_init(&context, &world.service, &e) == RESULT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
  (void)state;
  context_clear(&context);
  world_clear();
  return 0;
}

static struct answer get_as(const char *secret, const char *uri, int status)
{
  struct answer answer = call_run(&context, &(struct call){.method = "GET", .uri = uri, .secret = secret});
  if (answer.status != status)
    fail_msg("%s: %d %s", uri, answer.status, answer.body);
  return answer;
}

static struct answer get(const char *uri, int status)
{
  return get_as(KEY, uri, status);
}

static void get_problem(const char *uri, int status, const char *code)
{
  struct answer answer = get(uri, status);
  assert_string_equal(answer_code(&answer), code);
  answer_clear(&answer);
}

static void assert_member(const struct answer *answer, const char *path, const char *json)
{
  g_auto(GStrv) names = g_strsplit(path, ".", -1);
  struct json_object *at = answer->json;
  for (char **name = names; *name != NULL; name++)
    at = json_object_is_type(at, json_type_array)
             ? json_object_array_get_idx(at, (size_t)g_ascii_strtoull(*name, NULL, 10))
             : json_object_object_get(at, *name);
  assert_string_equal(json_object_to_json_string_ext(at, JSON_C_TO_STRING_PLAIN), json);
}

static char *next_of(const struct answer *answer)
{
  const char *cursor = json_object_get_string(json_object_object_get(answer->json, "next_cursor"));
  assert_non_null(cursor);
  return g_strdup(cursor);
}

/* One order of 1000 at each full minute from 10:00 UTC on. */
static void sell(int orders)
{
  for (int i = 0; i < orders; i++) {
    g_autofree char *header = g_strdup_printf("HTTP_IDEMPOTENCY_KEY=k%d", i);
    g_autofree char *body = g_strdup_printf(
        "{\"currency\":\"EUR\",\"placed_at\":\"2026-11-23T10:%02d:00Z\",\"lines\":[{\"product_id\":"
        "\"a\",\"name\":\"A\",\"quantity\":2,\"unit_price\":500}]}",
        i);
    const char *const more[] = {header, NULL};
    struct answer answer = call_run(
        &context,
        &(struct call){.method = "POST", .uri = SHOP "/orders", .secret = KEY, .body = body, .more = more});
    assert_int_equal(answer.status, 201);
    answer_clear(&answer);
  }
}

/* What the day's row says. */
static void set_figure(int64_t gross)
{
  const struct zone *zone;
  struct err e = ERR_NONE;
  struct bucket_day day;
  uint8_t days[366 * ROW_CODEC_SIZE] = {0};
  assert_int_equal(zone_cache_get("Europe/Berlin", &zone, &e), RESULT_OK);
  bucket_day_of(zone, bucket_date_at(zone, NOW_S), &day);
  struct row row = row_zero(day.start);
  row.columns[METRIC_orders] = 1;
  row.columns[METRIC_gross_sales] = row.columns[METRIC_total_sales] = gross;
  row_codec_write(&row, days + (size_t)(civil_day_of_year(day.date) - 1) * ROW_CODEC_SIZE);
  g_autofree char *key = key_days("shop", world_prefix, "EUR", 2026);
  world_set_string(key, g_bytes_new(days, sizeof days));
}

static void park_ten(void)
{
  struct parked_list list;
  parked_list_init(&list);
  parked_list_put(&list,
                  &(struct parked){.start = NOW_S - 7200, .end = NOW_S - 3600, .currency = "EUR", .at = 1});
  g_autofree char *key = key_parked("shop", world_prefix);
  char *text = parked_list_encode(&list);
  world_set_string(key, g_bytes_new_take(text, strlen(text)));
  parked_list_clear(&list);
}

static void entries_come_with_a_running_sum(void **state)
{
  (void)state;
  sell(3);
  set_figure(3000);
  struct answer answer = get(TRACE, 200);
  assert_member(&answer, "data.0.kind", "\"order\"");
  assert_member(&answer, "data.0.at", "\"2026-11-23T10:00:00.000Z\"");
  assert_member(&answer, "data.2.value", "1000");
  assert_member(&answer, "data.2.running_sum", "3000");
  assert_member(&answer, "figure", "3000");
  assert_member(&answer, "has_more", "false");
  assert_member(&answer, "next_cursor", "null");
  assert_member(&answer, "query.metric", "\"gross_sales\"");
  g_autofree char *position = g_strdup_printf("\"p1_%08x00000003\"", (unsigned)NOW_S);
  assert_member(&answer, "meta.pinned_position", position);
  answer_clear(&answer);
}

/* What came behind the picture is not in it, whatever its time. */
static void later_entries_are_not_in_the_picture(void **state)
{
  (void)state;
  sell(5);
  set_figure(3000);
  struct answer answer = get(TRACE, 200);
  assert_member(&answer, "data.2.running_sum", "3000");
  assert_int_equal(json_object_array_length(json_object_object_get(answer.json, "data")), 3);
  answer_clear(&answer);
}

static void a_figure_that_its_entries_do_not_come_to_is_an_error(void **state)
{
  (void)state;
  sell(3);
  set_figure(2999);
  get_problem(TRACE, 500, "internal");
  get_problem(TRACE "&format=csv", 500, "internal");
  struct answer first = get(TRACE "&limit=2", 200); /* not known before the end */
  g_autofree char *cursor = next_of(&first);
  g_autofree char *uri = g_strconcat(TRACE "&limit=2&cursor=", cursor, NULL);
  get_problem(uri, 500, "internal");
  answer_clear(&first);
}

static void of_an_unknown_figure_the_entries_are_listed(void **state)
{
  (void)state;
  sell(2);
  set_figure(1);
  park_ten();
  struct answer answer = get(TRACE, 200);
  assert_member(&answer, "figure", "null");
  assert_member(&answer, "data.1.running_sum", "2000");
  assert_member(&answer, "meta.warnings.0.code", "\"parked\"");
  assert_member(&answer, "meta.warnings.1.code", "\"figure_unknown\"");
  assert_member(&answer, "meta.complete", "false");
  answer_clear(&answer);
}

/* The picture goes on, midnight passes: the pages stay with theirs. */
static void pages_stay_with_their_picture(void **state)
{
  (void)state;
  sell(3);
  set_figure(3000);
  struct answer first = get(TRACE "&limit=2", 200);
  assert_member(&first, "has_more", "true");
  assert_member(&first, "meta.complete", "false");
  g_autofree char *cursor = next_of(&first);
  g_autofree char *uri = g_strconcat(TRACE "&limit=1&cursor=", cursor, NULL);
  set_figure(1);
  world_set_checkpoint(cluster_time_make((uint32_t)NOW_S + 240, 9), WORLD_NOW_MS + 240000);
  world.clock.now_ms += 240000;
  struct answer last = get(uri, 200);
  assert_member(&last, "figure", "3000");
  assert_member(&last, "data.0.running_sum", "3000");
  assert_member(&last, "meta.as_of", "\"2026-11-23T11:59:59.960Z\"");
  assert_member(&last, "meta.lag_ms", "240040");
  assert_member(&last, "meta.complete", "false");
  answer_clear(&last);
  world.clock.now_ms += 1000;
  get_problem(uri, 400, "invalid_cursor"); /* 241 s */
  answer_clear(&first);
}

static void a_cursor_is_good_for_its_question_alone(void **state)
{
  (void)state;
  sell(3);
  set_figure(3000);
  struct answer first = get(TRACE "&limit=2", 200);
  g_autofree char *cursor = next_of(&first);
  const char *const others[] = {
      SHOP "/metrics/trace?range=today&currency=EUR&metric=net_sales&cursor=",
      SHOP "/metrics/trace?range=yesterday&currency=EUR&metric=gross_sales&cursor=",
      SHOP "/metrics/trace?range=today&currency=JPY&metric=gross_sales&cursor=",
      SHOP "/metrics/trace?from=2026-11-23&to=2026-11-24&currency=EUR&metric=gross_sales&cursor=",
      SHOP "/orders?currency=EUR&cursor=",
      TRACE "&cursor=A",
  };
  for (size_t i = 0; i < COUNT(others); i++) {
    g_autofree char *uri = g_strconcat(others[i], cursor, NULL);
    get_problem(uri, 400, "invalid_cursor");
  }
  g_autofree char *foreign = g_strconcat(
      "/v1/merchants/other/metrics/trace?range=today&currency=EUR&metric=gross_sales&cursor=", cursor, NULL);
  struct answer answer = get_as("tk_live_other", foreign, 400);
  assert_string_equal(answer_code(&answer), "invalid_cursor");
  answer_clear(&answer);
  g_autofree char *uri = g_strconcat(TRACE "&cursor=", cursor, NULL);
  struct answer good = get(uri, 200);
  answer_clear(&good);
  world_set_zone("shop", "Asia/Kathmandu"); /* other hours */
  get_problem(uri, 400, "invalid_cursor");
  answer_clear(&first);
}

static void a_snapshot_that_is_gone(void **state)
{
  (void)state;
  sell(3);
  set_figure(3000);
  struct answer first = get(TRACE "&limit=2", 200);
  g_autofree char *cursor = next_of(&first);
  g_autofree char *uri = g_strconcat(TRACE "&cursor=", cursor, NULL);
  world.mongo.forgetful = true;
  get_problem(TRACE, 503, "unavailable");
  get_problem(uri, 400, "invalid_cursor");
  world.mongo.forgetful = false;
  world.mongo.away = true;
  get_problem(uri, 503, "unavailable");
  answer_clear(&first);
}

static void what_is_refused(void **state)
{
  (void)state;
  get_problem(SHOP "/metrics/trace?range=today&currency=EUR", 422, "invalid_field");
  get_problem(SHOP "/metrics/trace?range=today&currency=EUR&metric=turnover", 422, "invalid_field");
  get_problem(SHOP "/metrics/trace?range=today&currency=EUR&metric=average_order_value", 422,
              "invalid_field");
  get_problem(SHOP "/metrics/trace?range=today&currency=EUR&metric=orders,refunds", 422, "invalid_field");
  get_problem(SHOP "/metrics/trace?range=today&metric=orders", 422, "currency_required");
  get_problem(SHOP "/metrics/trace?currency=EUR&metric=orders", 422, "invalid_range");
  get_problem(TRACE "&limit=0", 422, "out_of_range");
  get_problem(TRACE "&limit=201", 422, "out_of_range");
  get_problem(TRACE "&format=xml", 422, "invalid_field");
  get_problem(TRACE "&format=csv&limit=5", 422, "invalid_field");
  get_problem(TRACE "&format=csv&cursor=AAAA", 422, "invalid_field");
  get_problem(TRACE "&interval=day", 400, "unknown_parameter");
  get_problem(TRACE "&max_staleness=10ms", 503, "too_stale");
}

static void csv_has_the_same_in_major_units(void **state)
{
  (void)state;
  sell(2);
  set_figure(2000);
  struct answer answer = get(TRACE "&format=csv", 200);
  g_auto(GStrv) lines = g_strsplit(answer.body, "\r\n", -1);
  assert_string_equal(lines[0], "\"entry\",\"order\",\"kind\",\"at\",\"currency\",\"value\",\"running_sum\"");
  assert_non_null(strstr(lines[2], "\"order\",\"2026-11-23T10:01:00.000Z\",\"EUR\",10.00,20.00"));
  assert_string_equal(lines[3], "");
  g_autofree char *type = answer_header(&answer, "Content-Type");
  g_autofree char *figure = answer_header(&answer, "Takings-Figure");
  assert_string_equal(type, "text/csv; charset=utf-8; header=present");
  assert_string_equal(figure, "2000");
  answer_clear(&answer);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(entries_come_with_a_running_sum),
      TEST(later_entries_are_not_in_the_picture),
      TEST(a_figure_that_its_entries_do_not_come_to_is_an_error),
      TEST(of_an_unknown_figure_the_entries_are_listed),
      TEST(pages_stay_with_their_picture),
      TEST(a_cursor_is_good_for_its_question_alone),
      TEST(a_snapshot_that_is_gone),
      TEST(what_is_refused),
      TEST(csv_has_the_same_in_major_units),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
