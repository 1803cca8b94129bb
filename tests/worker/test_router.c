/* The gates, one after the other, and that a request that passes reaches its handler. */
#include "fcgi/router.h"

#include <string.h>

#include "tests/unit/unit.h"
#include "tests/worker/call.h"
#include "tests/worker/world.h"

#define ORDERS "/v1/merchants/shop/orders"
#define SUMMARY "/v1/merchants/shop/metrics/summary?range=today"
#define KEY "tk_live_all"
#define ORDER                                                                                                \
  "{\"currency\":\"EUR\",\"lines\":[{\"product_id\":\"a\",\"name\":\"A\",\"quantity\":2,\"unit_price\":500}" \
  "]}"
#define IDEMPOTENT "HTTP_IDEMPOTENCY_KEY=k"
#define MORE(...)                                                                                            \
  (const char *const[])                                                                                      \
  {                                                                                                          \
    __VA_ARGS__, NULL                                                                                        \
  }

static struct context context;

static int set_up(void **state)
{
  (void)state;
  struct err e = ERR_NONE;
  world_init();
  world_add_merchant("shop", "Europe/Berlin");
  world_add_merchant("other", "UTC");
  world_set_checkpoint(cluster_time_make((uint32_t)(WORLD_NOW_MS / 1000), 0), WORLD_NOW_MS - 40);
  world_add_key(KEY, "shop", SCOPE_ALL_OF_KEYS);
  world_add_key("tk_live_orders", "shop", SCOPE_ORDERS_WRITE | SCOPE_ORDERS_READ);
  world_add_user("owner@shop", "secret", "shop", "owner");
  return context_init(&context, &world.service, &e) == RESULT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
  (void)state;
  context_clear(&context);
  world_clear();
  return 0;
}

/* Checks status and code (NULL: no problem) of a call. */
static void expect(const struct call *call, int status, const char *code)
{
  struct answer answer = call_run(&context, call);
  if (answer.status != status || strcmp(answer_code(&answer), code != NULL ? code : "") != 0)
    fail_msg("%s %s: %d %s, not %d %s", call->method, call->uri, answer.status, answer.body, status, code);
  char *id = answer_header(&answer, "Request-Id");
  assert_string_equal(id, "00112233445566778899aabbccddeeff");
  g_free(id);
  answer_clear(&answer);
}

static void paths_and_methods(void **state)
{
  (void)state;
  expect(&(struct call){.method = "GET", .uri = "/healthz"}, 200, NULL);
  expect(&(struct call){.method = "HEAD", .uri = "/healthz"}, 200, NULL);
  expect(&(struct call){.method = "GET", .uri = "/nothing"}, 404, "not_found");
  expect(&(struct call){.method = "GET", .uri = "/healthz/"}, 404, "not_found");
  expect(&(struct call){.method = "GET", .uri = "//healthz"}, 404, "not_found");
  expect(&(struct call){.method = "GET", .uri = ORDERS "/../status", .secret = KEY}, 404, "not_found");
  expect(&(struct call){.method = "GET", .uri = "/%zz"}, 400, "malformed_request");
  expect(&(struct call){.method = "FOO", .uri = "/healthz"}, 405, "method_not_allowed");
  expect(&(struct call){.method = "DELETE", .uri = ORDERS "/ord_01ARZ3NDEKTSV4RRFFQ69G5FAV", .secret = KEY},
         405, "method_not_allowed");
}

static void another_method_is_told_which_there_are(void **state)
{
  (void)state;
  struct answer answer = call_run(&context, &(struct call){.method = "DELETE", .uri = ORDERS, .secret = KEY});
  char *allow = answer_header(&answer, "Allow");
  assert_int_equal(answer.status, 405);
  assert_string_equal(allow, "POST, GET, HEAD");
  g_free(allow);
  answer_clear(&answer);
}

static void a_head_request_gets_the_head_of_a_get(void **state)
{
  (void)state;
  struct answer head = call_run(&context, &(struct call){.method = "HEAD", .uri = "/healthz"});
  struct answer get = call_run(&context, &(struct call){.method = "GET", .uri = "/healthz"});
  assert_string_equal(head.head, get.head);
  assert_string_equal(head.body, "");
  answer_clear(&head);
  answer_clear(&get);
}

static void what_is_local_does_not_exist_elsewhere(void **state)
{
  (void)state;
  expect(&(struct call){.method = "GET", .uri = "/metrics"}, 404, "not_found");
  expect(&(struct call){.method = "POST", .uri = "/metrics"}, 404, "not_found");
  expect(&(struct call){.method = "GET", .uri = "/metrics", .more = MORE("HTTP_TAKINGS_LOCAL=1")}, 404,
         "not_found");
  expect(&(struct call){.method = "GET", .uri = "/metrics", .more = MORE("TAKINGS_LOCAL=0")}, 404,
         "not_found");
  expect(&(struct call){.method = "GET",
                        .uri = "/metrics",
                        .more = MORE("TAKINGS_LOCAL=1", "HTTP_ACCEPT=text/plain")},
         200, NULL);
}

static void types_and_lengths(void **state)
{
  (void)state;
  expect(
      &(struct call){.method = "GET", .uri = SUMMARY, .secret = KEY, .more = MORE("HTTP_ACCEPT=image/png")},
      406, "not_acceptable");
  expect(&(struct call){.method = "POST",
                        .uri = ORDERS,
                        .secret = KEY,
                        .more = MORE("CONTENT_TYPE=application/json", IDEMPOTENT)},
         411, "length_required");
  expect(&(struct call){.method = "POST",
                        .uri = ORDERS,
                        .secret = KEY,
                        .more = MORE("CONTENT_LENGTH=5", "CONTENT_TYPE=text/plain")},
         415, "unsupported_media_type");
  expect(&(struct call){.method = "POST", .uri = ORDERS, .secret = KEY, .more = MORE("CONTENT_LENGTH=5")},
         415, "unsupported_media_type");
  expect(&(struct call){.method = "POST",
                        .uri = ORDERS,
                        .secret = KEY,
                        .more = MORE("CONTENT_LENGTH=65537", "CONTENT_TYPE=application/json")},
         413, "payload_too_large");
  expect(&(struct call){.method = "POST",
                        .uri = ORDERS,
                        .secret = KEY,
                        .more = MORE("CONTENT_LENGTH=9", "CONTENT_TYPE=application/json", IDEMPOTENT)},
         400, "truncated_body");
}

static void parameters(void **state)
{
  (void)state;
  expect(&(struct call){.method = "GET", .uri = SUMMARY "&form=1", .secret = KEY}, 400, "unknown_parameter");
  expect(&(struct call){.method = "GET", .uri = SUMMARY "&range=today", .secret = KEY}, 400,
         "duplicate_parameter");
  expect(&(struct call){.method = "GET", .uri = "/healthz?a=1"}, 400, "unknown_parameter");
}

static void callers(void **state)
{
  (void)state;
  expect(&(struct call){.method = "GET", .uri = SUMMARY}, 401, "unauthenticated");
  expect(&(struct call){.method = "GET", .uri = SUMMARY, .secret = "tk_live_unknown"}, 401,
         "unauthenticated");
  expect(&(struct call){.method = "GET", .uri = SUMMARY, .secret = "nonsense"}, 401, "unauthenticated");
  expect(&(struct call){.method = "GET", .uri = SUMMARY, .more = MORE("HTTP_AUTHORIZATION=Basic eDp5")}, 401,
         "unauthenticated");
  expect(&(struct call){.method = "GET", .uri = SUMMARY, .more = MORE("HTTP_COOKIE=takings=forged")}, 401,
         "unauthenticated");
  expect(&(struct call){.method = "GET", .uri = SUMMARY, .secret = KEY}, 200, NULL);
}

static void a_foreign_merchant_answers_as_an_absent_one(void **state)
{
  (void)state;
  struct answer foreign =
      call_run(&context, &(struct call){.method = "GET", .uri = "/v1/merchants/other/status", .secret = KEY});
  struct answer absent = call_run(
      &context, &(struct call){.method = "GET", .uri = "/v1/merchants/nobody/status", .secret = KEY});
  assert_int_equal(foreign.status, 404);
  assert_string_equal(foreign.head, absent.head);
  assert_string_equal(foreign.body, absent.body);
  answer_clear(&foreign);
  answer_clear(&absent);
}

static void scopes(void **state)
{
  (void)state;
  expect(&(struct call){.method = "GET", .uri = SUMMARY, .secret = "tk_live_orders"}, 403, "forbidden");
  expect(&(struct call){.method = "GET", .uri = ORDERS, .secret = "tk_live_orders"}, 200, NULL);
  expect(&(struct call){.method = "GET", .uri = "/v1/session", .secret = KEY}, 403, "forbidden");
}

static void idempotency_keys(void **state)
{
  (void)state;
  char long_key[300] = "HTTP_IDEMPOTENCY_KEY=";
  memset(long_key + strlen(long_key), 'k', 256);
  expect(&(struct call){.method = "POST", .uri = ORDERS, .secret = KEY, .body = ORDER}, 400,
         "idempotency_key_missing");
  expect(&(struct call){.method = "POST", .uri = ORDERS "?dry_run=false", .secret = KEY, .body = ORDER}, 400,
         "idempotency_key_missing");
  expect(&(struct call){.method = "POST", .uri = ORDERS "?dry_run=true", .secret = KEY, .body = ORDER}, 200,
         NULL);
  expect(&(struct call){.method = "POST",
                        .uri = ORDERS,
                        .secret = KEY,
                        .body = ORDER,
                        .more = MORE("HTTP_IDEMPOTENCY_KEY=a b")},
         400, "idempotency_key_invalid");
  expect(
      &(struct call){.method = "POST", .uri = ORDERS, .secret = KEY, .body = ORDER, .more = MORE(long_key)},
      400, "idempotency_key_invalid");
  expect(&(struct call){.method = "POST",
                        .uri = ORDERS,
                        .secret = KEY,
                        .body = ORDER,
                        .more = MORE(IDEMPOTENT, IDEMPOTENT)},
         400, "idempotency_key_invalid");
  expect(
      &(struct call){.method = "POST", .uri = ORDERS, .secret = KEY, .body = ORDER, .more = MORE(IDEMPOTENT)},
      201, NULL);
}

/* Logs in; returns the Cookie header and the X-CSRF-Token header of the session. */
static void log_in(char cookie[64], char csrf[64])
{
  struct answer answer =
      call_run(&context, &(struct call){.method = "POST",
                                        .uri = "/v1/session",
                                        .body = "{\"email\":\"owner@shop\",\"password\":\"secret\"}",
                                        .more = MORE("HTTP_ORIGIN=http://127.0.0.1:8080")});
  assert_int_equal(answer.status, 200);
  char *set = answer_header(&answer, "Set-Cookie");
  assert_non_null(strstr(set, "; Path=/; HttpOnly; SameSite=Lax"));
  assert_null(strstr(set, "Secure"));
  g_snprintf(cookie, 64, "HTTP_COOKIE=%.*s", (int)strcspn(set, ";"), set);
  g_snprintf(csrf, 64, "HTTP_X_CSRF_TOKEN=%s",
             json_object_get_string(json_object_object_get(answer.json, "csrf")));
  g_free(set);
  answer_clear(&answer);
}

/* A record that a hand has written may hold anything. */
static void what_stores_say_is_written_as_a_string(void **state)
{
  (void)state;
  world_add_user("odd@shop", "secret", "shop", "own\"er");
  struct answer answer =
      call_run(&context, &(struct call){.method = "POST",
                                        .uri = "/v1/session",
                                        .body = "{\"email\":\"odd@shop\",\"password\":\"secret\"}"});
  struct json_object *mine = json_object_array_get_idx(json_object_object_get(answer.json, "merchants"), 0);
  assert_string_equal(json_object_get_string(json_object_object_get(mine, "role")), "own\"er");
  answer_clear(&answer);
}

static void what_a_session_changes_must_come_from_our_page(void **state)
{
  (void)state;
  char cookie[64], csrf[64];
  const char *origin = "HTTP_ORIGIN=http://127.0.0.1:8080";
  log_in(cookie, csrf);
  expect(&(struct call){.method = "GET", .uri = SUMMARY, .more = MORE(cookie)}, 200, NULL);
  expect(&(struct call){.method = "GET", .uri = "/v1/session", .more = MORE("HTTP_COOKIE=x=y", "A=b")}, 401,
         "unauthenticated");
  expect(
      &(struct call){
          .method = "POST", .uri = ORDERS, .body = ORDER, .more = MORE(cookie, origin, IDEMPOTENT)},
      403, "csrf");
  expect(
      &(struct call){.method = "POST", .uri = ORDERS, .body = ORDER, .more = MORE(cookie, csrf, IDEMPOTENT)},
      403, "csrf");
  expect(&(struct call){.method = "POST",
                        .uri = ORDERS,
                        .body = ORDER,
                        .more = MORE(cookie, csrf, "HTTP_ORIGIN=http://127.0.0.1", IDEMPOTENT)},
         403, "csrf");
  expect(&(struct call){.method = "POST",
                        .uri = ORDERS,
                        .body = ORDER,
                        .more = MORE(cookie, origin, "HTTP_X_CSRF_TOKEN=csrf", IDEMPOTENT)},
         403, "csrf");
  expect(
      &(struct call){
          .method = "POST", .uri = ORDERS, .body = ORDER, .more = MORE(cookie, csrf, origin, IDEMPOTENT)},
      201, NULL);
  expect(&(struct call){.method = "DELETE", .uri = "/v1/session", .more = MORE(cookie, csrf, origin)}, 204,
         NULL);
  expect(&(struct call){.method = "GET", .uri = SUMMARY, .more = MORE(cookie)}, 401, "unauthenticated");
}

static void all_sessions_end_or_none(void **state)
{
  (void)state;
  char cookies[2][64], csrf[2][64];
  const char *origin = "HTTP_ORIGIN=http://127.0.0.1:8080";
  for (int i = 0; i < 2; i++)
    log_in(cookies[i], csrf[i]);
  struct call end = {.method = "DELETE", .uri = "/v1/sessions", .more = MORE(cookies[0], csrf[0], origin)};
  world.mongo.away = true;
  expect(&end, 503, "unavailable");
  world.mongo.away = false;
  for (int i = 0; i < 2; i++)
    expect(&(struct call){.method = "GET", .uri = "/v1/session", .more = MORE(cookies[i])}, 200, NULL);
  expect(&end, 204, NULL);
  for (int i = 0; i < 2; i++)
    expect(&(struct call){.method = "GET", .uri = "/v1/session", .more = MORE(cookies[i])}, 401,
           "unauthenticated");
}

static void nobody_logs_in_from_another_site_or_without_end(void **state)
{
  (void)state;
  const char *wrong = "{\"email\":\"owner@shop\",\"password\":\"wrong\"}";
  expect(&(struct call){.method = "POST",
                        .uri = "/v1/session",
                        .body = wrong,
                        .more = MORE("HTTP_ORIGIN=http://evil.example")},
         403, "csrf");
  for (int i = 0; i < 5; i++)
    expect(&(struct call){.method = "POST", .uri = "/v1/session", .body = wrong}, 401, "unauthenticated");
  struct answer answer =
      call_run(&context, &(struct call){.method = "POST", .uri = "/v1/session", .body = wrong});
  char *retry = answer_header(&answer, "Retry-After");
  assert_string_equal(answer_code(&answer), "rate_limited");
  assert_string_equal(retry, "30");
  g_free(retry);
  answer_clear(&answer);
}

/* One attempt from that address; its status. */
static int attempt_from(const char *address)
{
  struct answer answer =
      call_run(&context, &(struct call){.method = "POST",
                                        .uri = "/v1/session",
                                        .body = "{\"email\":\"a@b\",\"password\":\"wrong\"}",
                                        .address = address});
  int status = answer.status;
  answer_clear(&answer);
  return status;
}

static void an_address_of_ipv6_is_its_network(void **state)
{
  (void)state;
  static const char *const same[] = {"2001:db8:0:7::1", "2001:db8:0:7:ffff:ffff:ffff:ffff",
                                     "2001:DB8::7:0:0:0:9", "2001:db8:0:7::", "2001:db8:0:7:1:2:3:4"};
  for (size_t i = 0; i < G_N_ELEMENTS(same); i++)
    assert_int_equal(attempt_from(same[i]), 401);
  assert_int_equal(attempt_from("2001:db8:0:7::abcd"), 429);
  assert_int_equal(attempt_from("2001:db8:0:8::1"), 401);
  for (int i = 0; i < 5; i++)
    assert_int_equal(attempt_from(i % 2 == 0 ? "203.0.113.7" : "::ffff:203.0.113.7"), 401);
  assert_int_equal(attempt_from("::ffff:203.0.113.7"), 429);
  assert_int_equal(attempt_from("203.0.113.8"), 401);
}

static void every_route_but_the_probes_asks_who_calls(void **state)
{
  (void)state;
  for (size_t i = 0; i < router_count; i++) {
    const struct route *route = &router_table[i];
    bool probe = route->pattern[1] != 'v' || strcmp(route->pattern, "/version") == 0;
    bool log_in = route->method == METHOD_POST && strcmp(route->pattern, "/v1/session") == 0;
    assert_int_equal((route->flags & ROUTE_PUBLIC) != 0, probe || log_in);
    assert_int_equal(route->scope != 0, strstr(route->pattern, "{merchant}") != NULL);
    assert_true(route->method == METHOD_GET || (route->flags & (ROUTE_CSRF | ROUTE_ORIGIN)) != 0);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(paths_and_methods),
      TEST(another_method_is_told_which_there_are),
      TEST(a_head_request_gets_the_head_of_a_get),
      TEST(what_is_local_does_not_exist_elsewhere),
      TEST(types_and_lengths),
      TEST(parameters),
      TEST(callers),
      TEST(a_foreign_merchant_answers_as_an_absent_one),
      TEST(scopes),
      TEST(idempotency_keys),
      TEST(what_stores_say_is_written_as_a_string),
      TEST(what_a_session_changes_must_come_from_our_page),
      TEST(all_sessions_end_or_none),
      TEST(nobody_logs_in_from_another_site_or_without_end),
      TEST(an_address_of_ipv6_is_its_network),
      TEST(every_route_but_the_probes_asks_who_calls),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
