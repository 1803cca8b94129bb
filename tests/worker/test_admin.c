/* Keys, members, settings and audit by an owner's session, over stores in memory. */
#include <string.h>

#include "tests/unit/unit.h"
#include "tests/worker/call.h"
#include "tests/worker/world.h"

#define SHOP "/v1/merchants/shop"

static struct context context;
static char *cookie, *csrf;

static int set_up(void **state)
{
  (void)state;
  struct err e = ERR_NONE;
  struct user user;
  struct session session;
  char token[SESSION_TOKEN_SIZE];
  world_init();
  world_add_merchant("shop", "Europe/Berlin");
  world_add_user("anna@shop.example", "a long secret", "shop", "owner");
  if (context_init(&context, &world.service, &e) != RESULT_OK)
    return -1;
  if (people_get_user(&context.people, "usr_anna@shop.example", &user, &e) != RESULT_OK ||
      session_start(context.redis, &user, WORLD_NOW_MS, 1800, &session, token, &e) != RESULT_OK)
    return -1;
  user_clear(&user);
  cookie = g_strdup_printf("HTTP_COOKIE=takings=%s", token);
  csrf = g_strdup_printf("HTTP_X_CSRF_TOKEN=%s", session.csrf);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  g_clear_pointer(&cookie, g_free);
  g_clear_pointer(&csrf, g_free);
  context_clear(&context);
  world_clear();
  return 0;
}

static struct answer call_owner(const char *method, const char *uri, const char *body, int status)
{
  const char *const more[] = {cookie, csrf, "HTTP_ORIGIN=http://127.0.0.1:8080", NULL};
  struct answer answer =
      call_run(&context, &(struct call){.method = method, .uri = uri, .body = body, .more = more});
  if (answer.status != status)
    fail_msg("%s %s %s: %d %s", method, uri, body != NULL ? body : "", answer.status, answer.body);
  return answer;
}

/* The places of all violations, in their order: "/scopes/0 /name". */
static void refused(const char *method, const char *uri, const char *body, const char *code,
                    const char *places)
{
  struct answer answer = call_owner(method, uri, body, 422);
  g_autoptr(GString) found = g_string_new(NULL);
  struct json_object *errors = json_object_object_get(answer.json, "errors");
  for (size_t i = 0; i < json_object_array_length(errors); i++)
    g_string_append_printf(
        found, "%s%s", i > 0 ? " " : "",
        json_object_get_string(json_object_object_get(json_object_array_get_idx(errors, i), "pointer")));
  if (strcmp(answer_code(&answer), code) != 0 || strcmp(found->str, places) != 0)
    fail_msg("%s: %s at %s", body, answer_code(&answer), found->str);
  answer_clear(&answer);
}

static void lists_of_bare_values_are_read_one_by_one(void **state)
{
  (void)state;
  refused("POST", SHOP "/keys", "{\"scopes\":[\"orders:read\",{},null,\"\",\"admin\",\"orders:read\"]}",
          "too_many_items", "/scopes");
  refused("POST", SHOP "/keys", "{\"scopes\":[\"orders:read\",{},\"a b\",\"admin\",\"orders:read\"]}",
          "invalid_field", "/scopes/1 /scopes/2 /scopes/3 /scopes/4");
  refused("PATCH", SHOP "/settings", "{\"currencies\":[\"EUR\",\"EURO\",\"JPY\",7,\"EUR\"],\"name\":5}",
          "invalid_currency", "/currencies/1 /currencies/3 /currencies/4 /name");
  refused("PATCH", SHOP "/settings", "{\"currencies\":{\"0\":\"EUR\"}}", "invalid_field", "/currencies");
}

static void what_a_person_logs_in_with_is_read_through_tables(void **state)
{
  (void)state;
  refused("POST", "/v1/session", "{\"role\":\"owner\",\"email\":\"anna@shop.example\",\"password\":5}",
          "unknown_field", "/role /password");
  refused("POST", "/v1/session", "{\"email\":[],\"password\":null}", "invalid_field", "/email /password");
  refused("PUT", "/v1/me/password", "{\"new\":\"short\",\"old\":\"x\",\"current\":\"a long secret\"}",
          "invalid_field", "/new /old");
  refused("PUT", "/v1/me/password", "{\"current\":\"wrong\",\"new\":\"another secret\"}", "invalid_field",
          "/current");
  refused("PUT", "/v1/me/password", "{\"new\":\"another secret\"}", "invalid_field", "/current");
}

static void a_time_of_expiry_lies_ahead(void **state)
{
  (void)state;
  refused("POST", SHOP "/keys", "{\"scopes\":[\"orders:read\"],\"expires_at\":\"2026-11-23T12:00:00Z\"}",
          "invalid_timestamp", "/expires_at");
  refused("POST", SHOP "/keys", "{\"scopes\":[\"orders:read\"],\"expires_at\":\"2036-11-24T12:00:00Z\"}",
          "invalid_timestamp", "/expires_at");
  struct answer answer =
      call_owner("POST", SHOP "/keys",
                 "{\"scopes\":[\"orders:read\"],\"expires_at\":\"2026-11-23T12:00:00.001Z\"}", 201);
  answer_clear(&answer);
}

static void what_shows_a_secret_is_not_to_be_stored(void **state)
{
  (void)state;
  static const struct {
    const char *uri, *body, *cache;
  } cases[] = {
      {SHOP "/keys", "{\"scopes\":[\"orders:read\"]}", "no-store"},
      {SHOP "/members", "{\"email\":\"a@b.example\",\"role\":\"clerk\"}", "no-store"},
      {SHOP "/members", "{\"email\":\"c@d.example\",\"role\":\"clerk\",\"password\":\"0123456789\"}",
       "private, no-cache"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct answer answer = call_owner("POST", cases[i].uri, cases[i].body, 201);
    g_autofree char *cache = answer_header(&answer, "Cache-Control");
    assert_string_equal(cache, cases[i].cache);
    answer_clear(&answer);
  }
}

static void add_keys(int count)
{
  for (int i = 0; i < count; i++) {
    g_autofree char *secret = g_strdup_printf("secret-%d", i);
    world_add_key(secret, "shop", SCOPE_ORDERS_READ);
    struct api_key *key = &g_array_index(world.keys, struct world_key, world.keys->len - 1).key;
    g_snprintf(key->id, sizeof key->id, "key_%026d", i);
  }
}

static void check_page(const char *uri, int first, size_t count, bool more, char **cursor)
{
  struct answer answer = call_owner("GET", uri, NULL, 200);
  struct json_object *data = json_object_object_get(answer.json, "data");
  struct json_object *next = json_object_object_get(answer.json, "next_cursor");
  assert_int_equal(json_object_array_length(data), count);
  for (size_t i = 0; i < count; i++) {
    g_autofree char *wanted = g_strdup_printf("key_%026d", first - (int)i);
    assert_string_equal(
        json_object_get_string(json_object_object_get(json_object_array_get_idx(data, i), "id")), wanted);
  }
  assert_int_equal(json_object_get_boolean(json_object_object_get(answer.json, "has_more")), more);
  assert_int_equal(next != NULL, more);
  *cursor = g_strdup(more ? json_object_get_string(next) : NULL);
  answer_clear(&answer);
}

static void keys_come_in_pages_the_newest_first(void **state)
{
  (void)state;
  add_keys(5);
  g_autofree char *cursor = NULL;
  check_page(SHOP "/keys?limit=3", 4, 3, true, &cursor);
  g_autofree char *rest = g_strdup_printf(SHOP "/keys?limit=2&cursor=%s", cursor);
  g_autofree char *none = NULL;
  check_page(rest, 1, 2, false, &none);
  g_autofree char *elsewhere = g_strdup_printf(SHOP "/members?cursor=%s", cursor);
  struct answer answer = call_owner("GET", elsewhere, NULL, 400);
  assert_string_equal(answer_code(&answer), "invalid_cursor");
  answer_clear(&answer);
}

static void the_hundredth_key_is_the_last(void **state)
{
  (void)state;
  add_keys(PEOPLE_KEYS_MAX);
  struct api_key *key = &g_array_index(world.keys, struct world_key, 0).key;
  struct answer answer = call_owner("POST", SHOP "/keys", "{\"scopes\":[\"orders:read\"]}", 422);
  assert_string_equal(answer_code(&answer), "too_many_items");
  answer_clear(&answer);
  key->expires_ms = WORLD_NOW_MS;
  answer = call_owner("POST", SHOP "/keys", "{\"scopes\":[\"orders:read\"]}", 201);
  answer_clear(&answer);
  assert_int_equal(world.keys->len, PEOPLE_KEYS_MAX + 1);
}

static void a_merchant_is_cut_anew_once_a_minute(void **state)
{
  (void)state;
  static const struct {
    const char *body;
    int status;
  } calls[] = {
      {"{\"timezone\":\"Europe/Berlin\"}", 200}, /* as it is */
      {"{\"timezone\":\"Asia/Tokyo\"}", 200},    {"{\"timezone\":\"Europe/Berlin\"}", 429},
      {"{\"timezone\":\"Asia/Tokyo\"}", 200},    {"{\"name\":\"Teas\"}", 200},
  };
  for (size_t i = 0; i < COUNT(calls); i++) {
    struct answer answer = call_owner("PATCH", SHOP "/settings", calls[i].body, calls[i].status);
    if (answer.status == 429) {
      g_autofree char *policy = answer_header(&answer, "RateLimit-Policy");
      g_autofree char *wait = answer_header(&answer, "Retry-After");
      assert_string_equal(policy, "\"recut\";q=1;w=60");
      assert_string_equal(wait, "30");
    }
    answer_clear(&answer);
  }
}

static void without_mongodb_nothing_is_changed_or_told(void **state)
{
  (void)state;
  static const struct {
    const char *method, *uri, *body;
  } calls[] = {
      {"GET", SHOP "/keys", NULL},
      {"POST", SHOP "/keys", "{\"scopes\":[\"orders:read\"]}"},
      {"DELETE", SHOP "/keys/key_1", NULL},
      {"GET", SHOP "/members", NULL},
      {"POST", SHOP "/members", "{\"email\":\"a@b.example\",\"role\":\"clerk\"}"},
      {"PATCH", SHOP "/members/usr_1", "{\"role\":\"clerk\"}"},
      {"DELETE", SHOP "/members/usr_1", NULL},
      {"GET", SHOP "/settings", NULL},
      {"PATCH", SHOP "/settings", "{\"name\":\"x\"}"},
      {"GET", SHOP "/audit", NULL},
  };
  world.mongo.away = true;
  for (size_t i = 0; i < COUNT(calls); i++) {
    struct answer answer = call_owner(calls[i].method, calls[i].uri, calls[i].body, 503);
    assert_string_equal(answer_code(&answer), "unavailable");
    answer_clear(&answer);
  }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(lists_of_bare_values_are_read_one_by_one),
      TEST(what_a_person_logs_in_with_is_read_through_tables),
      TEST(a_time_of_expiry_lies_ahead),
      TEST(what_shows_a_secret_is_not_to_be_stored),
      TEST(keys_come_in_pages_the_newest_first),
      TEST(the_hundredth_key_is_the_last),
      TEST(a_merchant_is_cut_anew_once_a_minute),
      TEST(without_mongodb_nothing_is_changed_or_told),
  };
  return cmocka_run_group_tests_name("admin", tests, NULL, NULL);
}
