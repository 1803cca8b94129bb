/* A batch of orders over stores in memory: each line as POST /orders would answer it, whatever its neighbours
 * are. */
#include <string.h>

#include "tests/unit/unit.h"
#include "tests/worker/call.h"
#include "tests/worker/world.h"

#define ORDERS "/v1/merchants/shop/orders"
#define BATCH ORDERS "/batch"
#define KEY "tk_live_all"
#define LINE(key, more) "{\"idempotency_key\":\"" key "\"," more ORDER_REST "\n"
#define ORDER_REST                                                                                           \
  "\"currency\":\"EUR\",\"lines\":[{\"product_id\":\"a\",\"name\":\"A\",\"quantity\":2,\"unit_price\":500}]" \
  "}"
#define DAYS_91_MS (INT64_C(91) * 24 * 60 * 60 * 1000)

static struct context context;

static int set_up(void **state)
{
  (void)state;
  struct err e = ERR_NONE;
  world_init();
  world_add_merchant("shop", "Europe/Berlin");
  world_add_key(KEY, "shop", SCOPE_ALL_OF_KEYS & ~(unsigned)SCOPE_ORDERS_IMPORT);
  world_add_key("tk_live_reader", "shop", SCOPE_ORDERS_READ);
  return context_init(&context, &world.service, &e) == RESULT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
  (void)state;
  context_clear(&context);
  world_clear();
  return 0;
}

static struct answer send_as(const char *type, const char *secret, const char *uri, const char *body)
{
  return call_run(&context,
                  &(struct call){.method = "POST", .uri = uri, .secret = secret, .body = body, .type = type});
}

static struct answer send_lines(const char *uri, const char *body, int status)
{
  struct answer answer = send_as("application/x-ndjson", KEY, uri, body);
  if (answer.status != status)
    fail_msg("%d %s", answer.status, answer.body);
  return answer;
}

static struct json_object *line_of(const struct answer *answer, size_t number)
{
  struct json_object *data = json_object_object_get(answer->json, "data");
  assert_true(number <= json_object_array_length(data));
  struct json_object *line = json_object_array_get_idx(data, number - 1);
  assert_int_equal(json_object_get_int(json_object_object_get(line, "line")), number);
  return line;
}

/* "201", "201 again", or the status with the code of the problem. */
static char *told(const struct answer *answer, size_t number)
{
  struct json_object *line = line_of(answer, number);
  struct json_object *problem = json_object_object_get(line, "problem");
  int status = json_object_get_int(json_object_object_get(line, "status"));
  if (problem != NULL) {
    assert_int_equal(json_object_get_int(json_object_object_get(problem, "status")), status);
    return g_strdup_printf("%d %s", status, json_object_get_string(json_object_object_get(problem, "code")));
  }
  bool again = json_object_get_boolean(json_object_object_get(line, "replayed"));
  return g_strdup_printf("%d%s", status, again ? " again" : "");
}

static void assert_told(const struct answer *answer, size_t number, const char *wanted)
{
  g_autofree char *got = told(answer, number);
  if (strcmp(got, wanted) != 0)
    fail_msg("line %zu: %s instead of %s: %s", number, got, wanted, answer->body);
}

static const char *id_of(const struct answer *answer, size_t number)
{
  struct json_object *order = json_object_object_get(line_of(answer, number), "order");
  return json_object_get_string(json_object_object_get(order, "id"));
}

static void assert_counts(const struct answer *answer, int stored, int replayed, int failed)
{
  assert_int_equal(json_object_get_int(json_object_object_get(answer->json, "stored")), stored);
  assert_int_equal(json_object_get_int(json_object_object_get(answer->json, "replayed")), replayed);
  assert_int_equal(json_object_get_int(json_object_object_get(answer->json, "failed")), failed);
}

static struct answer post_one(const char *key, const char *body, int status)
{
  g_autofree char *header = g_strdup_printf("HTTP_IDEMPOTENCY_KEY=%s", key);
  const char *const more[] = {header, NULL};
  struct answer answer = call_run(
      &context, &(struct call){.method = "POST", .uri = ORDERS, .secret = KEY, .body = body, .more = more});
  assert_int_equal(answer.status, status);
  return answer;
}

/* ---- lines ---- */

static void a_bad_line_does_not_stop_the_others(void **state)
{
  (void)state;
  struct answer answer = send_lines(BATCH,
                                    LINE("a", "") "nonsense\n"
                                                  "\n" LINE("b", "\"total\":1,") LINE("c", ""),
                                    200);
  assert_told(&answer, 1, "201");
  assert_told(&answer, 2, "400 malformed_json");
  assert_told(&answer, 3, "400 malformed_json");
  assert_told(&answer, 4, "422 amount_mismatch");
  assert_told(&answer, 5, "201");
  assert_counts(&answer, 2, 0, 3);
  assert_int_equal(world.ledger.entries->len, 2);
  struct json_object *first = line_of(&answer, 1);
  g_autofree char *order = g_strdup_printf(
      "{\"id\":\"%s\",\"total\":1000,\"currency\":\"EUR\",\"exponent\":2}", id_of(&answer, 1));
  struct json_object *wanted = json_tokener_parse(order);
  assert_true(json_object_equal(json_object_object_get(first, "order"), wanted));
  json_object_put(wanted);
  wanted = json_tokener_parse("{\"date\":\"2026-11-23\",\"hour_start\":\"2026-11-23T12:00:00Z\","
                              "\"hour_end\":\"2026-11-23T13:00:00Z\"}");
  assert_true(json_object_equal(json_object_object_get(first, "bucket"), wanted));
  assert_non_null(json_object_object_get(first, "position"));
  json_object_put(wanted);
  answer_clear(&answer);
}

/* All at once, in the order of the line, with pointers from its beginning. */
static void all_that_is_wrong_with_a_line_is_told(void **state)
{
  (void)state;
  static const char *const wanted[][2] = {{"/colour", "unknown_field"},
                                          {"/idempotency_key", "idempotency_key_invalid"},
                                          {"/lines/0/quantity", "out_of_range"},
                                          {"/currency", "invalid_currency"}};
  struct answer answer =
      send_lines(BATCH,
                 "{\"colour\":1,\"idempotency_key\":\"a b\",\"lines\":[{\"product_id\":\"a\","
                 "\"name\":\"A\",\"quantity\":0,\"unit_price\":5}],\"currency\":\"XXX\"}",
                 200);
  struct json_object *problem = json_object_object_get(line_of(&answer, 1), "problem");
  struct json_object *errors = json_object_object_get(problem, "errors");
  assert_int_equal(json_object_array_length(errors), G_N_ELEMENTS(wanted));
  for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
    struct json_object *error = json_object_array_get_idx(errors, i);
    assert_string_equal(json_object_get_string(json_object_object_get(error, "pointer")), wanted[i][0]);
    assert_string_equal(json_object_get_string(json_object_object_get(error, "code")), wanted[i][1]);
  }
  assert_told(&answer, 1, "422 unknown_field");
  answer_clear(&answer);
}

static void a_line_needs_a_key(void **state)
{
  (void)state;
  struct answer answer = send_lines(BATCH,
                                    "{" ORDER_REST "\n" LINE("", "") "{\"idempotency_key\":7," ORDER_REST "\n"
                                                                     "{\"idempotency_key\":null," ORDER_REST,
                                    200);
  assert_told(&answer, 1, "400 idempotency_key_missing");
  assert_told(&answer, 2, "400 idempotency_key_invalid");
  assert_told(&answer, 3, "400 idempotency_key_invalid");
  assert_told(&answer, 4, "400 idempotency_key_invalid");
  assert_counts(&answer, 0, 0, 4);
  answer_clear(&answer);
}

/* What one request would not take, a line may not be either. */
static void a_line_is_no_longer_than_a_request(void **state)
{
  (void)state;
  g_autofree char *blanks = g_strnfill(65536, ' ');
  g_autofree char *body = g_strconcat(LINE("a", ""), blanks, LINE("b", ""), LINE("c", ""), NULL);
  struct answer answer = send_lines(BATCH, body, 200);
  assert_told(&answer, 1, "201");
  assert_told(&answer, 2, "413 payload_too_large");
  assert_told(&answer, 3, "201");
  answer_clear(&answer);
}

/* ---- keys ---- */

static void lines_with_one_key_are_as_if_sent_in_turn(void **state)
{
  (void)state;
  struct answer answer = send_lines(BATCH,
                                    LINE("a", "\"total\":1,") LINE("a", "\"total\":1000,")
                                        LINE("a", "\"total\":1000,") LINE("a", "") LINE("b", ""),
                                    200);
  assert_told(&answer, 1, "422 amount_mismatch"); /* and its key stays free */
  assert_told(&answer, 2, "201");
  assert_told(&answer, 3, "201 again");
  assert_told(&answer, 4, "422 idempotency_key_reused");
  assert_told(&answer, 5, "201");
  assert_string_equal(id_of(&answer, 2), id_of(&answer, 3));
  assert_counts(&answer, 2, 1, 2);
  answer_clear(&answer);
}

static void keys_are_those_of_single_orders(void **state)
{
  (void)state;
  struct answer one = post_one("a", "{" ORDER_REST, 201);
  struct answer answer = send_lines(
      BATCH, LINE("a", "\"shipping\":1,") LINE("a", "") LINE("a", "\"shipping\":2,") LINE("b", ""), 200);
  assert_told(&answer, 1, "422 idempotency_key_reused");
  assert_told(&answer, 2, "201 again");
  assert_told(&answer, 3, "422 idempotency_key_reused");
  assert_told(&answer, 4, "201");
  struct json_object *order = json_object_object_get(one.json, "order");
  assert_string_equal(json_object_get_string(json_object_object_get(order, "id")), id_of(&answer, 2));
  struct answer again = post_one("b", "{" ORDER_REST, 201);
  order = json_object_object_get(again.json, "order");
  assert_string_equal(json_object_get_string(json_object_object_get(order, "id")), id_of(&answer, 4));
  assert_int_equal(world.ledger.entries->len, 2);
  answer_clear(&one);
  answer_clear(&answer);
  answer_clear(&again);
}

/* Ninety-one days later the order would be too old: its key says that it was taken. */
static void what_was_accepted_once_is_given_again_whatever_holds_now(void **state)
{
  (void)state;
#define AT "\"placed_at\":\"2026-11-23T11:59:00Z\","
  struct answer first = send_lines(BATCH, LINE("a", AT), 200);
  world.clock.now_ms += DAYS_91_MS;
  struct answer again = send_lines(BATCH, LINE("a", AT) LINE("a", AT) LINE("b", AT) LINE("b", AT), 200);
  assert_told(&again, 1, "201 again");
  assert_told(&again, 2, "201 again");
  assert_told(&again, 3, "422 timestamp_too_old");
  assert_told(&again, 4, "422 timestamp_too_old");
  assert_string_equal(id_of(&first, 1), id_of(&again, 1));
  assert_int_equal(world.ledger.entries->len, 1);
  answer_clear(&first);
  answer_clear(&again);
}

/* ---- the whole ---- */

static void a_dry_run_stores_nothing(void **state)
{
  (void)state;
  struct answer answer =
      send_lines(BATCH "?dry_run=true", "{" ORDER_REST "\n" LINE("a", "\"total\":1,") LINE("a", ""), 200);
  assert_told(&answer, 1, "200");
  assert_told(&answer, 2, "422 amount_mismatch");
  assert_told(&answer, 3, "200");
  assert_null(id_of(&answer, 1));
  assert_counts(&answer, 0, 0, 1);
  assert_int_equal(world.ledger.entries->len, 0);
  answer_clear(&answer);
}

static void assert_refused(const char *type, const char *secret, const char *uri, const char *body,
                           int status, const char *code)
{
  struct answer answer = send_as(type, secret, uri, body);
  assert_int_equal(answer.status, status);
  assert_string_equal(answer_code(&answer), code);
  assert_int_equal(world.ledger.entries->len, 0);
  answer_clear(&answer);
}

static void batches_that_are_refused(void **state)
{
  (void)state;
  const char *type = "application/x-ndjson; charset=utf-8";
  assert_refused(type, KEY, BATCH, "", 400, "malformed_json");
  assert_refused("application/json", KEY, BATCH, LINE("a", ""), 415, "unsupported_media_type");
  assert_refused(type, KEY, ORDERS, "{" ORDER_REST, 415, "unsupported_media_type");
  assert_refused(type, KEY, BATCH "?dry_run=yes", LINE("a", ""), 422, "invalid_field");
  assert_refused(type, KEY, BATCH "?limit=1", LINE("a", ""), 400, "unknown_parameter");
  assert_refused(type, "tk_live_reader", BATCH, LINE("a", ""), 403, "forbidden");
  g_autoptr(GString) lines = g_string_new(NULL);
  for (int i = 0; i <= 1000; i++)
    g_string_append_printf(lines, "{\"idempotency_key\":\"%d\"," ORDER_REST "\n", i);
  assert_refused(type, KEY, BATCH, lines->str, 422, "too_many_items");
  g_autofree char *long_line = g_strnfill((1 << 20) + 1, ' ');
  assert_refused(type, KEY, BATCH, long_line, 413, "payload_too_large");
}

/* 1,000 lines and a mebibyte: the first lines are filled up with blanks. */
static void the_largest_batch_is_taken(void **state)
{
  (void)state;
  g_autoptr(GString) body = g_string_new(NULL);
  g_autoptr(GString) lines = g_string_new(NULL);
  for (int i = 0; i < 1000; i++)
    g_string_append_printf(lines, "{\"idempotency_key\":\"%d\"," ORDER_REST "\n", i);
  size_t missing = (1 << 20) - lines->len;
  g_auto(GStrv) each = g_strsplit(lines->str, "\n", 1000);
  for (char **line = each; *line != NULL; line++) {
    size_t blanks = MIN(missing, 60000);
    g_string_append_printf(body, "%*s%s%s", (int)blanks, "", *line, line[1] != NULL ? "\n" : "");
    missing -= blanks;
  }
  assert_int_equal(body->len, 1 << 20);
  struct answer answer = send_lines(BATCH, body->str, 200);
  assert_counts(&answer, 1000, 0, 0);
  assert_int_equal(world.ledger.entries->len, 1000);
  answer_clear(&answer);
}

static void without_mongodb_nobody_is_told_that_it_is_stored(void **state)
{
  (void)state;
  struct answer warm = send_lines(BATCH, LINE("a", ""), 200);
  world.mongo.away = true;
  struct answer answer = send_as("application/x-ndjson", KEY, BATCH, LINE("b", "") "nonsense");
  assert_int_equal(answer.status, 503);
  assert_string_equal(answer_code(&answer), "unavailable");
  answer_clear(&warm);
  answer_clear(&answer);
}

/* 300 lines, of which MongoDB answers for the first 200: the others are known to nobody, those with one of
 * their keys too. The same again stores what is missing. */
static void what_mongodb_did_not_answer_for_is_told_by_line(void **state)
{
  (void)state;
  g_autoptr(GString) lines = g_string_new(NULL);
  for (int i = 1; i <= 298; i++)
    g_string_append_printf(lines, "{\"idempotency_key\":\"%d\"," ORDER_REST "\n", i);
  g_string_append(lines, LINE("298", "") LINE("1", ""));
  world.mongo.leaves = true;
  struct answer answer = send_lines(BATCH, lines->str, 200);
  assert_told(&answer, 1, "201");
  assert_told(&answer, 200, "201");
  assert_told(&answer, 201, "503 unavailable");
  assert_told(&answer, 298, "503 unavailable");
  assert_told(&answer, 299, "503 unavailable");
  assert_told(&answer, 300, "201 again");
  assert_counts(&answer, 200, 1, 99);
  world.mongo.away = world.mongo.leaves = false;
  struct answer again = send_lines(BATCH, lines->str, 200);
  assert_counts(&again, 98, 202, 0);
  assert_int_equal(world.ledger.entries->len, 298);
  answer_clear(&answer);
  answer_clear(&again);
}

/* The batch's own name is no order's id. */
static void nothing_but_post_is_allowed(void **state)
{
  (void)state;
  struct answer answer = call_run(&context, &(struct call){.method = "GET", .uri = BATCH, .secret = KEY});
  char *allow = answer_header(&answer, "Allow");
  assert_int_equal(answer.status, 405);
  assert_string_equal(allow, "POST");
  g_free(allow);
  answer_clear(&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_bad_line_does_not_stop_the_others),
      TEST(all_that_is_wrong_with_a_line_is_told),
      TEST(a_line_needs_a_key),
      TEST(a_line_is_no_longer_than_a_request),
      TEST(lines_with_one_key_are_as_if_sent_in_turn),
      TEST(keys_are_those_of_single_orders),
      TEST(what_was_accepted_once_is_given_again_whatever_holds_now),
      TEST(a_dry_run_stores_nothing),
      TEST(batches_that_are_refused),
      TEST(the_largest_batch_is_taken),
      TEST(without_mongodb_nobody_is_told_that_it_is_stored),
      TEST(what_mongodb_did_not_answer_for_is_told_by_line),
      TEST(nothing_but_post_is_allowed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
