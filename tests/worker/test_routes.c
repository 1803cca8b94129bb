/* What the routes answer, over stores in memory at a fixed time. */
#include <string.h>

#include "domain/bucket.h"
#include "domain/metric.h"
#include "domain/zone_cache.h"
#include "stores/keys.h"
#include "tests/unit/unit.h"
#include "tests/worker/call.h"
#include "tests/worker/world.h"
#include "translation/parked.h"
#include "translation/row_codec.h"

#define SHOP "/v1/merchants/shop"
#define ORDERS SHOP "/orders"
#define KEY "tk_live_all"
#define ORDER                                                                                                \
  "{\"currency\":\"EUR\",\"lines\":[{\"product_id\":\"a\",\"name\":\"A\",\"quantity\":2,\"unit_price\":500}" \
  "]}"
#define ORDER_AT(time) "{\"placed_at\":\"" time "\"," ORDER_REST
#define ORDER_REST                                                                                           \
  "\"currency\":\"EUR\",\"lines\":[{\"product_id\":\"a\",\"name\":\"A\",\"quantity\":2,\"unit_price\":500}]" \
  "}"
#define TODAY_AFTER SHOP "/metrics/summary?range=today&after=p1_"
#define NOW_S (WORLD_NOW_MS / 1000)

static struct context context;

static int set_up(void **state)
{
  (void)state;
  struct err e = ERR_NONE;
  world_init();
  world_add_merchant("shop", "Europe/Berlin");
  world_set_checkpoint(cluster_time_make((uint32_t)NOW_S, 7), WORLD_NOW_MS - 40);
  world_add_key(KEY, "shop", SCOPE_ALL_OF_KEYS & ~(unsigned)SCOPE_ORDERS_IMPORT);
  world_add_key("tk_live_import", "shop", SCOPE_ALL_OF_KEYS);
  return context_init(&context, &world.service, &e) == RESULT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
  (void)state;
  context_clear(&context);
  world_clear();
  return 0;
}

static struct answer get(const char *uri, int status)
{
  struct answer answer = call_run(&context, &(struct call){.method = "GET", .uri = uri, .secret = KEY});
  if (answer.status != status)
    fail_msg("%s: %d %s", uri, answer.status, answer.body);
  return answer;
}

static struct answer post(const char *uri, const char *key, const char *body, int status)
{
  g_autofree char *header = g_strdup_printf("HTTP_IDEMPOTENCY_KEY=%s", key);
  const char *const more[] = {header, NULL};
  struct answer answer = call_run(
      &context, &(struct call){.method = "POST", .uri = uri, .secret = KEY, .body = body, .more = more});
  if (answer.status != status)
    fail_msg("%s %s: %d %s", uri, body, answer.status, answer.body);
  return answer;
}

static void get_problem(const char *uri, int status, const char *code)
{
  struct answer answer = get(uri, status);
  assert_string_equal(answer_code(&answer), code);
  answer_clear(&answer);
}

static void post_problem(const char *uri, const char *key, const char *body, int status, const char *code)
{
  struct answer answer = post(uri, key, body, status);
  assert_string_equal(answer_code(&answer), code);
  answer_clear(&answer);
}

/* A member by a path of names; NULL when there is none. Borrowed. */
static struct json_object *member(const struct answer *answer, const char *path)
{
  g_auto(GStrv) names = g_strsplit(path, ".", -1);
  struct json_object *at = answer->json;
  for (char **name = names; *name != NULL; name++)
    at = json_object_is_type(at, json_type_array)
             ? json_object_array_get_idx(at, (size_t)g_ascii_strtoull(*name, NULL, 10))
             : json_object_object_get(at, *name);
  return at;
}

static void assert_member(const struct answer *answer, const char *path, const char *json)
{
  struct json_object *found = member(answer, path);
  const char *text =
      json_object_to_json_string_ext(found, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
  if (strcmp(text, json) != 0)
    fail_msg("%s is %s, not %s", path, text, json);
}

/* ---- orders ---- */

static void an_order_gets_a_receipt(void **state)
{
  (void)state;
  struct answer answer = post(ORDERS, "k", ORDER, 201);
  assert_member(&answer, "order.placed_at", "\"2026-11-23T12:00:00.000Z\"");
  assert_member(&answer, "order.totals",
                "{\"units\":2,\"gross\":1000,\"discounts\":0,\"tax\":0,\"shipping\":0,\"total\":1000}");
  assert_member(&answer, "bucket",
                "{\"date\":\"2026-11-23\",\"hour_start\":\"2026-11-23T12:00:00Z\","
                "\"hour_end\":\"2026-11-23T13:00:00Z\"}");
  g_autofree char *position = g_strdup_printf("\"p1_%08x00000001\"", (unsigned)NOW_S);
  assert_member(&answer, "position", position);
  char *location = answer_header(&answer, "Location");
  g_autofree char *expected =
      g_strdup_printf(ORDERS "/%s", json_object_get_string(member(&answer, "order.id")));
  assert_string_equal(location, expected);
  g_free(location);
  answer_clear(&answer);
}

static void a_key_used_again_gives_the_first_answer(void **state)
{
  (void)state;
  struct answer first = post(ORDERS, "k", ORDER, 201);
  struct answer again = post(ORDERS, "k", "  " ORDER, 201);
  char *replayed = answer_header(&again, "Idempotent-Replayed");
  assert_string_equal(replayed, "true");
  assert_null(answer_header(&first, "Idempotent-Replayed"));
  assert_true(json_object_equal(member(&first, "order"), member(&again, "order")));
  post_problem(ORDERS, "k", ORDER_AT("2026-11-23T11:00:00Z"), 422, "idempotency_key_reused");
  assert_int_equal(world.ledger.entries->len, 1);
  g_free(replayed);
  answer_clear(&first);
  answer_clear(&again);
}

/* Ninety days later, without the scope, and with a merchant that sells in another currency: what was accepted
 * stays accepted, and nothing else becomes so. */
static void what_was_accepted_once_is_given_again_whatever_holds_now(void **state)
{
  (void)state;
  const char *const more[] = {"HTTP_IDEMPOTENCY_KEY=old", NULL};
  struct answer first = post(ORDERS, "k", ORDER_AT("2026-11-20T12:00:00Z"), 201);
  struct answer imported = call_run(&context, &(struct call){.method = "POST",
                                                             .uri = ORDERS,
                                                             .secret = "tk_live_import",
                                                             .body = ORDER_AT("2001-01-01T00:00:00Z"),
                                                             .more = more});
  world.clock.now_ms += INT64_C(89) * 86400 * 1000;
  struct merchant *merchant = &g_array_index(world.merchants, struct merchant, 0);
  memcpy(merchant->currencies[0], "USD", sizeof merchant->currencies[0]);
  struct answer again = post(ORDERS, "k", ORDER_AT("2026-11-20T12:00:00Z"), 201);
  struct answer imported_again = post(ORDERS, "old", ORDER_AT("2001-01-01T00:00:00Z"), 201);
  assert_true(json_object_equal(member(&first, "order"), member(&again, "order")));
  assert_true(json_object_equal(member(&imported, "order"), member(&imported_again, "order")));
  g_autofree char *replayed = answer_header(&again, "Idempotent-Replayed");
  assert_string_equal(replayed, "true");
  world.clock.now_ms += INT64_C(2) * 86400 * 1000;
  struct answer late = post(ORDERS, "k", ORDER_AT("2026-11-20T12:00:00Z"), 201);
  post_problem(ORDERS, "new", ORDER_AT("2026-11-20T12:00:00Z"), 422, "timestamp_too_old");
  post_problem(ORDERS, "k", ORDER_AT("2026-11-20T12:00:01Z"), 422, "timestamp_too_old");
  post_problem(ORDERS "?dry_run=true", "k", ORDER_AT("2026-11-20T12:00:00Z"), 422, "timestamp_too_old");
  world.mongo.away = true;
  post_problem(ORDERS, "k", ORDER_AT("2026-11-20T12:00:00Z"), 503, "unavailable");
  assert_int_equal(world.ledger.entries->len, 2);
  answer_clear(&first);
  answer_clear(&imported);
  answer_clear(&again);
  answer_clear(&imported_again);
  answer_clear(&late);
}

static void a_dry_run_stores_nothing(void **state)
{
  (void)state;
  struct answer answer = post(ORDERS "?dry_run=true", "k", ORDER, 200);
  assert_null(member(&answer, "order.id"));
  assert_null(member(&answer, "position"));
  assert_member(&answer, "order.totals.total", "1000");
  assert_int_equal(world.ledger.entries->len, 0);
  answer_clear(&answer);
  post_problem(ORDERS "?dry_run=maybe", "k", ORDER, 422, "invalid_field");
}

static void violations_of_reading_and_of_checking_come_together(void **state)
{
  (void)state;
  struct answer answer = post(ORDERS, "k",
                              "{\"currency\":\"XXX\",\"lines\":[{\"product_id\":\"a\",\"name\":\"A\","
                              "\"quantity\":0,\"unit_price\":\"1\"}],\"colour\":1}",
                              422);
  assert_member(&answer, "errors.0.pointer", "\"/currency\"");
  assert_member(&answer, "errors.1.pointer", "\"/lines/0/quantity\"");
  assert_member(&answer, "errors.2.pointer", "\"/lines/0/unit_price\"");
  assert_member(&answer, "errors.3.pointer", "\"/colour\"");
  assert_null(member(&answer, "errors.4"));
  answer_clear(&answer);
  post_problem(ORDERS, "k", "{", 400, "malformed_json");
  post_problem(ORDERS, "k", "{\"tax\":1,\"tax\":1}", 400, "duplicate_member");
}

static void old_orders_need_the_scope_of_imports(void **state)
{
  (void)state;
  const char *const more[] = {"HTTP_IDEMPOTENCY_KEY=k", NULL};
  post_problem(ORDERS, "k", ORDER_AT("2001-01-01T00:00:00Z"), 422, "timestamp_too_old");
  struct answer answer = call_run(&context, &(struct call){.method = "POST",
                                                           .uri = ORDERS,
                                                           .secret = "tk_live_import",
                                                           .body = ORDER_AT("2001-01-01T00:00:00Z"),
                                                           .more = more});
  assert_int_equal(answer.status, 201);
  assert_member(&answer, "order.late", "true");
  answer_clear(&answer);
}

static void orders_are_listed_newest_first_by_pages(void **state)
{
  (void)state;
  const char *const bodies[] = {ORDER_AT("2026-11-22T10:00:00Z"), ORDER_AT("2026-11-23T10:00:00Z"),
                                ORDER_AT("2026-11-21T10:00:00Z")};
  const char *const keys[] = {"a", "b", "c"};
  for (size_t i = 0; i < COUNT(bodies); i++) {
    struct answer posted = post(ORDERS, keys[i], bodies[i], 201);
    answer_clear(&posted);
  }
  struct answer first = get(ORDERS "?limit=2", 200);
  assert_member(&first, "data.0.placed_at", "\"2026-11-23T10:00:00.000Z\"");
  assert_member(&first, "data.1.placed_at", "\"2026-11-22T10:00:00.000Z\"");
  assert_member(&first, "has_more", "true");
  const char *cursor = json_object_get_string(member(&first, "next_cursor"));
  g_autofree char *next = g_strdup_printf(ORDERS "?limit=1&cursor=%s", cursor);
  g_autofree char *other = g_strdup_printf(ORDERS "?currency=EUR&cursor=%s", cursor);
  struct answer second = get(next, 200);
  assert_member(&second, "data.0.placed_at", "\"2026-11-21T10:00:00.000Z\"");
  assert_member(&second, "has_more", "false");
  assert_member(&second, "next_cursor", "null");
  get_problem(other, 400, "invalid_cursor");
  answer_clear(&first);
  answer_clear(&second);
}

static void a_list_is_filtered(void **state)
{
  (void)state;
  struct answer one = post(ORDERS, "a", ORDER_AT("2026-11-22T22:59:59Z"), 201);
  struct answer two = post(ORDERS, "b", ORDER_AT("2026-11-22T23:00:00Z"), 201);
  struct answer by_day = get(ORDERS "?from=2026-11-23", 200); /* in Berlin it begins at 23:00 UTC */
  assert_int_equal(json_object_array_length(member(&by_day, "data")), 1);
  assert_member(&by_day, "query", "{\"limit\":50,\"from\":\"2026-11-22T23:00:00.000Z\"}");
  struct answer by_key = get(ORDERS "?idempotency_key=a&to=2026-11-23", 200);
  assert_true(json_object_equal(member(&by_key, "data.0.id"), member(&one, "order.id")));
  struct answer none = get(ORDERS "?to=1970-01-01T00:00:00Z", 200);
  assert_member(&none, "data", "[]");
  assert_member(&none, "query", "{\"limit\":50,\"to\":\"1970-01-01T00:00:00.000Z\"}");
  struct answer all = get(ORDERS "?from=1970-01-01", 200);
  assert_int_equal(json_object_array_length(member(&all, "data")), 2);
  assert_member(&all, "query.from", "\"1969-12-31T23:00:00.000Z\"");
  answer_clear(&all);
  answer_clear(&none);
  answer_clear(&by_key);
  answer_clear(&by_day);
  answer_clear(&two);
  answer_clear(&one);
}

static void lists_that_are_refused(void **state)
{
  (void)state;
  get_problem(ORDERS "?limit=0", 422, "out_of_range");
  get_problem(ORDERS "?limit=201", 422, "out_of_range");
  get_problem(ORDERS "?limit=%201", 422, "invalid_field");
  get_problem(ORDERS "?limit=1x", 422, "invalid_field");
  get_problem(ORDERS "?from=2026-11-23&to=2026-11-23", 422, "invalid_range");
  get_problem(ORDERS "?from=yesterday", 422, "invalid_range");
  get_problem(ORDERS "?currency=eur", 422, "invalid_currency");
  get_problem(ORDERS "?reference=", 422, "invalid_field");
  get_problem(ORDERS "?cursor=AAAA", 400, "invalid_cursor");
}

/* ---- refunds ---- */

static void an_order_shows_its_refunds_and_what_is_left(void **state)
{
  (void)state;
  struct answer order = post(ORDERS, "k", ORDER, 201);
  g_autofree char *uri = g_strdup_printf(ORDERS "/%s", json_object_get_string(member(&order, "order.id")));
  g_autofree char *refunds = g_strconcat(uri, "/refunds", NULL);
  g_autofree char *dry = g_strconcat(uri, "/refunds?dry_run=true", NULL);
  struct answer tried = post(dry, "r", "{\"goods\":300}", 200);
  struct answer refund = post(refunds, "r", "{\"goods\":300}", 201);
  assert_member(&refund, "refund.number", "1");
  assert_member(&refund, "refund.totals.total", "300");
  struct answer whole = get(uri, 200);
  assert_true(json_object_equal(member(&whole, "refunds.0"), member(&refund, "refund")));
  assert_member(&whole, "remaining.goods", "700");
  assert_member(&whole, "remaining.lines", "[{\"line\":1,\"quantity\":2,\"goods\":700,\"tax\":0}]");
  post_problem(refunds, "s", "{\"goods\":701}", 422, "refund_too_large");
  post_problem(refunds, "s", "{\"goods\":\"1\",\"colour\":1}", 422, "invalid_field");
  post_problem(refunds, "r", "{\"goods\":301}", 422, "idempotency_key_reused");
  assert_int_equal(world.ledger.entries->len, 2);
  struct answer rest = post(refunds, "t", "{\"lines\":[{\"line\":1,\"quantity\":2}]}", 201);
  assert_member(&rest, "refund.totals.total", "700");
  answer_clear(&rest);
  answer_clear(&whole);
  answer_clear(&refund);
  answer_clear(&tried);
  answer_clear(&order);
}

static void orders_that_are_not_there(void **state)
{
  (void)state;
  get_problem(ORDERS "/ord_01ARZ3NDEKTSV4RRFFQ69G5FAV", 404, "not_found");
  get_problem(ORDERS "/x", 404, "not_found");
  post_problem(ORDERS "/ord_01ARZ3NDEKTSV4RRFFQ69G5FAV/refunds", "k", "{\"goods\":1}", 404, "not_found");
  post_problem(ORDERS "/rfd_01ARZ3NDEKTSV4RRFFQ69G5FAV/refunds", "k", "{\"colour\":1}", 404, "not_found");
}

/* ---- figures ---- */

/* One order of 12.34 with its tax of 1.00 in the hour that begins at 2026-11-23T10:00Z, written where the
 * batch would. */
static void sell_at_ten(void)
{
  const struct zone *zone;
  struct bucket_hour hour;
  struct err e = ERR_NONE;
  assert_int_equal(zone_cache_get("Europe/Berlin", &zone, &e), RESULT_OK);
  bucket_hour_at(zone, NOW_S - 7200, &hour);
  struct row row = row_zero(hour.start);
  row.columns[METRIC_orders] = 1;
  row.columns[METRIC_units_sold] = 3;
  row.columns[METRIC_gross_sales] = 1234;
  row.columns[METRIC_taxes] = 100;
  row.columns[METRIC_total_sales] = 1334;
  uint8_t hours[24 * ROW_CODEC_SIZE] = {0}, days[366 * ROW_CODEC_SIZE] = {0};
  row_codec_write(&row, hours + (size_t)hour.ordinal * ROW_CODEC_SIZE);
  struct bucket_day day;
  bucket_day_of(zone, hour.date, &day);
  row.start = day.start;
  row_codec_write(&row, days + (size_t)(civil_day_of_year(hour.date) - 1) * ROW_CODEC_SIZE);
  g_autofree char *hours_key = key_hours("shop", world_prefix, "EUR", hour.date);
  g_autofree char *days_key = key_days("shop", world_prefix, "EUR", 2026);
  world_set_string(hours_key, g_bytes_new(hours, sizeof hours));
  world_set_string(days_key, g_bytes_new(days, sizeof days));
}

static void a_summary_has_an_element_for_each_currency(void **state)
{
  (void)state;
  sell_at_ten();
  struct answer answer = get(SHOP "/metrics/summary?range=today", 200);
  assert_member(&answer, "data.0.currency", "\"EUR\"");
  assert_member(&answer, "data.0.metrics.total_sales", "1334");
  assert_member(&answer, "data.0.metrics.net_sales", "1234");
  assert_member(&answer, "data.0.metrics.average_order_value",
                "{\"value\":1234,\"numerator\":1234,\"denominator\":1}");
  assert_member(&answer, "data.1.currency", "\"JPY\"");
  assert_member(&answer, "data.1.exponent", "0");
  assert_member(&answer, "data.1.metrics.orders", "0");
  assert_member(&answer, "data.1.metrics.average_order_value", "null");
  assert_member(&answer, "query",
                "{\"from\":\"2026-11-22T23:00:00Z\",\"to\":\"2026-11-23T23:00:00Z\",\"range\":\"today\"}");
  assert_member(&answer, "meta.as_of", "\"2026-11-23T11:59:59.960Z\"");
  assert_member(&answer, "meta.lag_ms", "40");
  assert_member(&answer, "meta.complete", "false");
  assert_member(&answer, "meta.currency", "null");
  answer_clear(&answer);
}

/* Rows cut under other rules lie in other slots: a zero read from them would be no zero. */
static void rows_cut_under_other_zone_rules_are_not_read(void **state)
{
  (void)state;
  sell_at_ten();
  world_set_zone_rules("shop", "0123456789abcdef");
  get_problem(SHOP "/metrics/summary?range=today", 503, "rebuilding");
  get_problem(SHOP "/metrics/series?range=today&currency=EUR", 503, "rebuilding");
}

static void a_series_stands_in_columns(void **state)
{
  (void)state;
  sell_at_ten();
  struct answer answer =
      get(SHOP "/metrics/series?from=2026-11-23T09:00:00Z&to=2026-11-23T12:00:00Z&currency=EUR"
               "&metrics=orders,total_sales,average_order_value",
          200);
  assert_member(&answer, "data",
                "{\"currency\":\"EUR\",\"exponent\":2,\"interval\":\"hour\","
                "\"start\":[1795424400,1795428000,1795431600],\"values\":{\"orders\":[0,1,0],"
                "\"total_sales\":[0,1334,0],\"average_order_value\":[null,{\"value\":1234,"
                "\"numerator\":1234,\"denominator\":1},null]}}");
  assert_member(&answer, "meta.complete", "true");
  answer_clear(&answer);
  get_problem(SHOP "/metrics/series?range=today", 422, "currency_required");
}

static void an_unknown_bucket_is_null_and_named(void **state)
{
  (void)state;
  struct parked_list list;
  sell_at_ten();
  parked_list_init(&list);
  parked_list_put(&list,
                  &(struct parked){.start = NOW_S - 7200, .end = NOW_S - 3600, .currency = "EUR", .at = 1});
  g_autofree char *key = key_parked("shop", world_prefix);
  char *text = parked_list_encode(&list);
  world_set_string(key, g_bytes_new_take(text, strlen(text)));
  parked_list_clear(&list);
  struct answer answer = get(SHOP "/metrics/summary?range=today&metrics=orders,net_sales", 200);
  assert_member(&answer, "data.0.metrics", "{\"orders\":null,\"net_sales\":null}");
  assert_member(&answer, "data.1.metrics", "{\"orders\":0,\"net_sales\":0}");
  assert_member(&answer, "meta.warnings.0.code", "\"parked\"");
  assert_member(&answer, "meta.warnings.0.detail",
                "\"figures unknown from 2026-11-23T10:00:00Z to 2026-11-23T11:00:00Z: "
                "an entry cannot be read, or a sum is too large to be exact\"");
  assert_member(&answer, "meta.warnings.0.from", "\"2026-11-23T10:00:00Z\"");
  assert_member(&answer, "meta.warnings.0.to", "\"2026-11-23T11:00:00Z\"");
  assert_member(&answer, "meta.complete", "false");
  struct answer status = get(SHOP "/status", 200);
  assert_member(&status, "data.parked",
                "[{\"from\":\"2026-11-23T10:00:00Z\",\"to\":\"2026-11-23T11:00:00Z\",\"currency\":\"EUR\"}]");
  answer_clear(&status);
  answer_clear(&answer);
}

/* An order in each of the hours from 2026-11-23T09:00Z and 10:00Z, both as large as a sum may be. */
static void sell_all_that_is_exact(void)
{
  const struct zone *zone;
  struct bucket_hour hour;
  struct err e = ERR_NONE;
  uint8_t hours[24 * ROW_CODEC_SIZE] = {0};
  assert_int_equal(zone_cache_get("Europe/Berlin", &zone, &e), RESULT_OK);
  for (int back = 2; back <= 3; back++) {
    bucket_hour_at(zone, NOW_S - back * 3600, &hour);
    struct row row = row_zero(hour.start);
    row.columns[METRIC_orders] = 1;
    row.columns[METRIC_gross_sales] = row.columns[METRIC_total_sales] = ROW_SUM_MAX;
    row_codec_write(&row, hours + (size_t)hour.ordinal * ROW_CODEC_SIZE);
  }
  g_autofree char *key = key_hours("shop", world_prefix, "EUR", hour.date);
  world_set_string(key, g_bytes_new(hours, sizeof hours));
}

#define MORNING "?from=2026-11-23T09:00:00Z&to=2026-11-23T11:00:00Z&currency=EUR"

/* A sum that is not exact costs the metrics that are made of it, where they are asked for, and nothing else.
 */
static void a_sum_that_is_not_exact_is_refused_alone(void **state)
{
  (void)state;
  sell_all_that_is_exact();
  struct answer hours = get(SHOP "/metrics/series" MORNING, 200);
  assert_member(&hours, "data.values.gross_sales", "[9007199254740991,9007199254740991]");
  assert_member(&hours, "data.values.orders", "[1,1]");
  struct answer days = get(SHOP "/metrics/series" MORNING "&interval=day&metrics=orders,returns", 200);
  assert_member(&days, "data.values", "{\"orders\":[2],\"returns\":[0]}");
  struct answer total = get(SHOP "/metrics/summary" MORNING "&metrics=orders,returns", 200);
  assert_member(&total, "data.0.metrics", "{\"orders\":2,\"returns\":0}");
  get_problem(SHOP "/metrics/summary" MORNING, 500, "sum_out_of_range");
  get_problem(SHOP "/metrics/summary" MORNING "&metrics=net_sales", 500, "sum_out_of_range");
  get_problem(SHOP "/metrics/summary" MORNING "&metrics=average_order_value", 500, "sum_out_of_range");
  get_problem(SHOP "/metrics/series" MORNING "&interval=day&metrics=gross_sales", 500, "sum_out_of_range");
  answer_clear(&total);
  answer_clear(&days);
  answer_clear(&hours);
}

static struct answer get_if_none_match(const char *uri, const char *etag)
{
  g_autofree char *header = g_strdup_printf("HTTP_IF_NONE_MATCH=%s", etag);
  const char *const more[] = {header, NULL};
  return call_run(&context, &(struct call){.method = "GET", .uri = uri, .secret = KEY, .more = more});
}

static void a_tag_changes_with_the_figures_not_with_the_time(void **state)
{
  (void)state;
  const char *uri = SHOP "/metrics/summary?range=yesterday";
  struct answer first = get(uri, 200);
  char *etag = answer_header(&first, "ETag");
  world_set_checkpoint(cluster_time_make((uint32_t)NOW_S + 1, 0), WORLD_NOW_MS);
  struct answer same = get_if_none_match(uri, etag);
  char *as_of = answer_header(&same, "Takings-As-Of");
  assert_int_equal(same.status, 304);
  assert_string_equal(same.body, "");
  assert_string_equal(as_of, "2026-11-23T12:00:00.000Z");
  struct answer other = get_if_none_match(SHOP "/metrics/summary?range=today", etag);
  assert_int_equal(other.status, 200);
  g_free(as_of);
  g_free(etag);
  answer_clear(&other);
  answer_clear(&same);
  answer_clear(&first);
}

static void figures_can_be_asked_to_be_new_enough(void **state)
{
  (void)state;
  char reached[200], ahead[200];
  g_snprintf(reached, sizeof reached, TODAY_AFTER "%08x00000007", (unsigned)NOW_S);
  g_snprintf(ahead, sizeof ahead, TODAY_AFTER "%08x00000008", (unsigned)NOW_S);
  struct answer answer = get(reached, 200);
  answer_clear(&answer);
  int64_t before = world.clock.now_ms;
  get_problem(ahead, 503, "position_not_reached");
  assert_in_range(world.clock.now_ms - before, 200, 210);
  world.clock.now_ms = before;
  answer = get(SHOP "/metrics/summary?range=today&max_staleness=40ms", 200);
  answer_clear(&answer);
  get_problem(SHOP "/metrics/summary?range=today&max_staleness=39ms", 503, "too_stale");
  get_problem(SHOP "/metrics/summary?range=today&max_staleness=1.5s", 422, "invalid_field");
}

/* Of 4 threads 2 may wait, and a merchant's in 1 of them. The clock moves only while somebody waits. */
static void those_who_wait_leave_room(void **state)
{
  (void)state;
  char reached[200], ahead[200], future[200];
  g_snprintf(reached, sizeof reached, TODAY_AFTER "%08x00000007", (unsigned)NOW_S);
  g_snprintf(ahead, sizeof ahead, TODAY_AFTER "%08x00000000", (unsigned)NOW_S + 5);
  g_snprintf(future, sizeof future, TODAY_AFTER "%08x00000000", (unsigned)NOW_S + 6);
  get_problem(future, 503, "position_not_reached");
  assert_true(waiting_enter(&world.service.waiting, "shop"));
  get_problem(ahead, 503, "position_not_reached");
  assert_true(waiting_enter(&world.service.waiting, "other"));
  struct answer answer = get(reached, 200);
  assert_int_equal(world.clock.now_ms, WORLD_NOW_MS);
  waiting_leave(&world.service.waiting, "shop");
  get_problem(ahead, 503, "position_not_reached");
  assert_in_range(world.clock.now_ms - WORLD_NOW_MS, 200, 210);
  assert_true(waiting_enter(&world.service.waiting, "shop"));
  assert_false(waiting_enter(&world.service.waiting, "third"));
  answer_clear(&answer);
}

/* Of 4 threads one may go through a history, whoever's it is. */
static void those_who_search_leave_room(void **state)
{
  (void)state;
  assert_true(waiting_enter(&world.service.searching, "other"));
  get_problem(SHOP "/restatements", 503, "unavailable");
  get_problem(SHOP "/metrics/trace?range=today&currency=EUR&metric=orders", 503, "unavailable");
  struct answer answer = get(SHOP "/orders", 200);
  answer_clear(&answer);
  answer = get(SHOP "/status", 200);
  assert_member(&answer, "data.restatements", "null");
  answer_clear(&answer);
  waiting_leave(&world.service.searching, "other");
  for (int i = 0; i < 2; i++) { /* a place is given back */
    answer = get(SHOP "/restatements", 200);
    answer_clear(&answer);
  }
}

#define TODAY_COMPARED SHOP "/metrics/summary?range=today&compare=previous_period&metrics=orders&currency=EUR"

/* The reading is planned for the hour that clocks show; the picture may still be in another. */
static void figures_that_lag_are_compared_up_to_their_own_hour(void **state)
{
  (void)state;
  static const struct {
    int64_t as_of, wall; /* seconds */
    const char *through, *orders;
  } cases[] = {
      {NOW_S - 1, NOW_S - 1, "\"2026-11-23T11:00:00Z\"", "1"},
      {NOW_S, NOW_S - 1, "\"2026-11-23T11:00:00Z\"", "1"},
      {NOW_S - 3600, NOW_S - 3600, "\"2026-11-23T11:00:00Z\"", "1"},
      {NOW_S - 3601, NOW_S - 3601, "\"2026-11-23T10:00:00Z\"", "0"},
      {NOW_S + 3600, NOW_S + 3600, "\"2026-11-23T13:00:00Z\"", "1"},
      {NOW_S + 11 * 3600, NOW_S + 11 * 3600, "null", NULL}, /* midnight in Berlin */
  };
  sell_at_ten();
  for (size_t i = 0; i < COUNT(cases); i++) {
    world_set_checkpoint(cluster_time_make((uint32_t)cases[i].as_of, 1), cases[i].wall * 1000);
    struct answer answer = get(TODAY_COMPARED, 200);
    assert_member(&answer, "comparison.through", cases[i].through);
    assert_member(&answer, "data.0.metrics.orders", "1");
    assert_member(&answer, "comparison.data.0.metrics.orders", "0");
    if (cases[i].orders != NULL)
      assert_member(&answer, "comparison.current.0.metrics.orders", cases[i].orders);
    else
      assert_member(&answer, "comparison.current", "null");
    answer_clear(&answer);
  }
}

static void what_is_unknown_in_a_comparison_is_null_and_named(void **state)
{
  (void)state;
  struct parked_list list;
  parked_list_init(&list);
  parked_list_put(
      &list,
      &(struct parked){.start = NOW_S - 26 * 3600, .end = NOW_S - 25 * 3600, .currency = "EUR", .at = 1});
  g_autofree char *key = key_parked("shop", world_prefix);
  char *text = parked_list_encode(&list);
  world_set_string(key, g_bytes_new_take(text, strlen(text)));
  parked_list_clear(&list);
  struct answer answer = get(TODAY_COMPARED, 200);
  assert_member(&answer, "data.0.metrics.orders", "0");
  assert_member(&answer, "comparison.data.0.metrics.orders", "null");
  assert_member(&answer, "comparison.current.0.metrics.orders", "0");
  assert_member(&answer, "meta.warnings.0.code", "\"parked\"");
  answer_clear(&answer);
}

static void a_sum_that_is_not_exact_is_refused_in_a_comparison_too(void **state)
{
  (void)state;
  sell_all_that_is_exact();
  world_set_checkpoint(cluster_time_make((uint32_t)NOW_S + 3600, 1), WORLD_NOW_MS + 3600 * 1000);
  const char *noon = SHOP "/metrics/summary?from=2026-11-23T11:00:00Z&to=2026-11-23T13:00:00Z&currency=EUR";
  struct answer alone = get(noon, 200);
  g_autofree char *compared = g_strconcat(noon, "&compare=previous_period", NULL);
  get_problem(compared, 500, "sum_out_of_range");
  answer_clear(&alone);
}

static void all_that_is_wrong_with_a_question_is_told_in_its_order(void **state)
{
  (void)state;
  struct answer answer = get(
      SHOP
      "/metrics/series?interval=second&match=date&to=2026-11-01&from=2026-11-02&metrics=x&compare=yesterday"
      "&currency=eur&after=1",
      422);
  assert_member(&answer, "code", "\"invalid_field\"");
  const char *const places[] = {"interval", "match", "from", "metrics", "compare", "currency", "after"};
  assert_int_equal(json_object_array_length(member(&answer, "errors")), COUNT(places));
  for (size_t i = 0; i < COUNT(places); i++) {
    struct json_object *error = json_object_array_get_idx(member(&answer, "errors"), i);
    assert_string_equal(json_object_get_string(json_object_object_get(error, "parameter")), places[i]);
  }
  answer_clear(&answer);
}

/* A thread keeps cards; a card that was cut anew counts at once, also where only the new zone makes sense of
 * the range. */
static void a_new_zone_counts_at_once(void **state)
{
  (void)state;
  const char *uri = SHOP "/metrics/summary?from=2026-11-21T18:15:00Z&to=2026-11-23";
  get_problem(uri, 422, "invalid_range"); /* no start of an hour in Berlin */
  struct answer berlin = get(SHOP "/metrics/summary?range=today", 200);
  world_set_zone("shop", "Asia/Kathmandu");
  struct answer kathmandu = get(uri, 200);
  assert_member(&berlin, "meta.timezone", "\"Europe/Berlin\"");
  assert_member(&kathmandu, "meta.timezone", "\"Asia/Kathmandu\"");
  assert_member(&kathmandu, "query.to", "\"2026-11-22T18:15:00Z\"");
  answer_clear(&kathmandu);
  answer_clear(&berlin);
}

/* What cannot be read is not told as none. */
static void assert_nothing_known(const struct answer *status)
{
  assert_member(status, "data.as_of", "null");
  assert_member(status, "data.parked", "null");
  assert_member(status, "data.recuts", "null");
  assert_member(status, "data.drift", "null");
}

static void without_a_card_or_redis_nothing_is_made_up(void **state)
{
  (void)state;
  world_set_string("tk:{shop}:card", NULL);
  get_problem(SHOP "/metrics/summary?range=today", 503, "rebuilding");
  struct answer status = get(SHOP "/status", 200);
  assert_member(&status, "data.state", "\"rebuilding\"");
  assert_nothing_known(&status);
  answer_clear(&status);
  world.redis_away = true;
  get_problem(SHOP "/metrics/summary?range=today", 503, "unavailable");
  get_problem("/readyz", 503, "unavailable");
  status = get(SHOP "/status", 200);
  assert_member(&status, "data.state", "\"unavailable\"");
  assert_nothing_known(&status);
  answer_clear(&status);
  struct answer order = post(ORDERS, "k", ORDER, 201);
  answer_clear(&order);
}

static void without_mongodb_figures_go_on_and_orders_wait(void **state)
{
  (void)state;
  world.mongo.away = true;
  struct answer figures = get(SHOP "/metrics/summary?range=today", 200);
  struct answer merchants = get("/v1/merchants", 200);
  assert_member(&merchants, "data",
                "[{\"id\":\"shop\",\"name\":\"shop\",\"role\":\"key\",\"timezone\":\"Europe/Berlin\","
                "\"currencies\":[\"EUR\",\"JPY\"],\"exponents\":{\"EUR\":2,\"JPY\":0},\"locale\":null}]");
  struct answer status = get(SHOP "/status", 200);
  assert_member(&status, "data.state", "\"ok\"");
  assert_member(&status, "data.parked", "[]");
  assert_member(&status, "data.recuts", "null");
  assert_member(&status, "data.restatements", "null");
  assert_member(&status, "data.late_entries", "null");
  post_problem(ORDERS, "k", ORDER, 503, "unavailable");
  get_problem("/readyz", 503, "unavailable");
  answer_clear(&status);
  answer_clear(&merchants);
  answer_clear(&figures);
}

static void probes(void **state)
{
  (void)state;
  struct answer ready = get("/readyz", 200);
  assert_member(&ready, "checks", "{\"mongodb\":\"ok\",\"redis\":\"ok\",\"figures\":\"ok\",\"lag_ms\":40}");
  struct answer version = get("/version", 200);
  assert_member(&version, "version", "\"" PACKAGE_VERSION "\"");
  answer_clear(&version);
  answer_clear(&ready);
}

/* ---- the stream of hints ---- */

static void who_may_listen_is_sent_on(void **state)
{
  (void)state;
  struct answer answer = get(SHOP "/live", 200);
  g_autofree char *address = answer_header(&answer, "X-Accel-Redirect");
  g_autofree char *type = answer_header(&answer, "Content-Type");
  assert_string_equal(type, "text/event-stream");
  assert_true(g_str_has_prefix(address, "/.live?merchant=shop&asked="));
  assert_true(g_str_has_suffix(address, "&key=key_1")); /* its id, not its secret */
  assert_null(strstr(address, KEY));
  answer_clear(&answer);
}

static void a_stream_is_neither_json_nor_csv(void **state)
{
  (void)state;
  static const struct {
    const char *accept;
    int status;
  } cases[] = {{"text/event-stream", 200}, {"*/*", 200}, {"text/*", 200}, {"application/json", 406}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    g_autofree char *header = g_strdup_printf("HTTP_ACCEPT=%s", cases[i].accept);
    const char *const more[] = {header, NULL};
    struct answer answer =
        call_run(&context, &(struct call){.method = "GET", .uri = SHOP "/live", .secret = KEY, .more = more});
    assert_int_equal(answer.status, cases[i].status);
    answer_clear(&answer);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(who_may_listen_is_sent_on),
      TEST(a_stream_is_neither_json_nor_csv),
      TEST(an_order_gets_a_receipt),
      TEST(a_key_used_again_gives_the_first_answer),
      TEST(what_was_accepted_once_is_given_again_whatever_holds_now),
      TEST(a_dry_run_stores_nothing),
      TEST(violations_of_reading_and_of_checking_come_together),
      TEST(old_orders_need_the_scope_of_imports),
      TEST(orders_are_listed_newest_first_by_pages),
      TEST(a_list_is_filtered),
      TEST(lists_that_are_refused),
      TEST(an_order_shows_its_refunds_and_what_is_left),
      TEST(orders_that_are_not_there),
      TEST(a_summary_has_an_element_for_each_currency),
      TEST(rows_cut_under_other_zone_rules_are_not_read),
      TEST(a_series_stands_in_columns),
      TEST(an_unknown_bucket_is_null_and_named),
      TEST(a_sum_that_is_not_exact_is_refused_alone),
      TEST(figures_that_lag_are_compared_up_to_their_own_hour),
      TEST(what_is_unknown_in_a_comparison_is_null_and_named),
      TEST(a_sum_that_is_not_exact_is_refused_in_a_comparison_too),
      TEST(a_tag_changes_with_the_figures_not_with_the_time),
      TEST(figures_can_be_asked_to_be_new_enough),
      TEST(those_who_wait_leave_room),
      TEST(those_who_search_leave_room),
      TEST(all_that_is_wrong_with_a_question_is_told_in_its_order),
      TEST(a_new_zone_counts_at_once),
      TEST(without_a_card_or_redis_nothing_is_made_up),
      TEST(without_mongodb_figures_go_on_and_orders_wait),
      TEST(probes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
