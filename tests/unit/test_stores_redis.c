/* The connection and the key-value store on a real Redis. */
#include "stores_test.h"

#include <string.h>

#include "base/clock.h"
#include "stores/redis.h"

struct fixture {
  struct redis *redis; /* under test */
  struct redis *other; /* somebody else */
  char prefix[64];
};

static char *name(const struct fixture *f, const char *rest)
{
  return g_strconcat(f->prefix, rest, NULL);
}

static int set_up(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);
  assert_result(RESULT_OK, redis_new(stores_conf, CONF_ADMIN, &f->redis, &e));
  assert_result(RESULT_OK, redis_new(stores_conf, CONF_ADMIN, &f->other, &e));
  snprintf(f->prefix, sizeof f->prefix, "test:{%08x%08x}:", g_random_int(), g_random_int());
  *state = f;
  return 0;
}

static void delete_key(const char *key, void *arg)
{
  redisReply *reply = NULL;
  assert_result(RESULT_OK, redis_call(arg, &reply, &e, "DEL", key, NULL));
  freeReplyObject(reply);
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  struct kv *kv = redis_kv(f->redis);
  assert_result(RESULT_OK, kv->scan(kv, f->prefix, delete_key, f->other, &e));
  redis_free(f->redis);
  redis_free(f->other);
  g_free(f);
  return 0;
}

static void call_other(const struct fixture *f, const char *a, const char *b, const char *c)
{
  redisReply *reply = NULL;
  assert_result(RESULT_OK, redis_call(f->other, &reply, &e, a, b, c, NULL));
  freeReplyObject(reply);
}

static void assert_value(const struct fixture *f, const char *key, const void *data, size_t length)
{
  struct kv *kv = redis_kv(f->redis);
  kv_value value = NULL;
  assert_result(RESULT_OK, kv->get(kv, &key, 1, &value, &e));
  assert_non_null(value);
  assert_int_equal(g_bytes_get_size(value), length);
  assert_memory_equal(g_bytes_get_data(value, NULL), data, length);
  kv_values_clear(&value, 1);
  assert_null(value);
}

static void assert_absent(const struct fixture *f, const char *key)
{
  struct kv *kv = redis_kv(f->redis);
  kv_value value = NULL;
  assert_result(RESULT_OK, kv->get(kv, &key, 1, &value, &e));
  assert_null(value);
}

static void exec_writes_all_kinds(void **state)
{
  struct fixture *f = *state;
  struct kv *kv = redis_kv(f->redis);
  g_autofree char *whole = name(f, "whole"), *dense = name(f, "dense"), *gone = name(f, "gone");
  call_other(f, "SET", gone, "x");
  call_other(f, "SET", dense, "abcdef");
  struct kv_writes writes;
  kv_writes_init(&writes);
  kv_writes_set(&writes, whole, "a\0b", 3);
  kv_writes_set_range(&writes, dense, 2, "XY", 2);
  kv_writes_set_range(&writes, dense, 8, "Z", 1);
  kv_writes_delete(&writes, gone);
  kv_writes_publish(&writes, "nobody", "", 0);
  assert_result(RESULT_OK, kv->exec(kv, &writes, &e));
  kv_writes_clear(&writes);
  assert_value(f, whole, "a\0b", 3);
  assert_value(f, dense, "abXYef\0\0Z", 9);
  assert_absent(f, gone);
}

static void get_keeps_the_order_of_keys(void **state)
{
  struct fixture *f = *state;
  struct kv *kv = redis_kv(f->redis);
  g_autofree char *first = name(f, "1"), *absent = name(f, "2"), *last = name(f, "3");
  call_other(f, "SET", first, "one");
  call_other(f, "SET", last, "");
  const char *keys[] = {last, absent, first};
  kv_value values[3] = {NULL};
  assert_result(RESULT_OK, kv->get(kv, keys, 3, values, &e));
  assert_int_equal(g_bytes_get_size(values[0]), 0);
  assert_null(values[1]);
  assert_memory_equal(g_bytes_get_data(values[2], NULL), "one", 3);
  kv_values_clear(values, 3);
}

static enum result write_one(struct kv *kv, const char *key, const char *text, struct err *e)
{
  struct kv_writes writes;
  kv_writes_init(&writes);
  kv_writes_set(&writes, key, text, strlen(text));
  enum result r = kv->exec(kv, &writes, e);
  kv_writes_clear(&writes);
  return r;
}

static void exec_refuses_when_a_watched_key_changed(void **state)
{
  struct fixture *f = *state;
  struct kv *kv = redis_kv(f->redis);
  g_autofree char *first = name(f, "first"), *second = name(f, "second");
  assert_result(RESULT_OK, kv->watch(kv, (const char *const *)&first, 1, &e));
  assert_result(RESULT_OK, kv->watch(kv, (const char *const *)&second, 1, &e));
  call_other(f, "SET", first, "theirs");
  assert_result(RESULT_CONFLICT, write_one(kv, second, "ours", &e));
  assert_absent(f, second);
  /* the refusal ended the watch */
  call_other(f, "SET", first, "theirs again");
  assert_result(RESULT_OK, write_one(kv, second, "ours", &e));
}

static void unwatch_ends_the_watch(void **state)
{
  struct fixture *f = *state;
  struct kv *kv = redis_kv(f->redis);
  g_autofree char *key = name(f, "key");
  assert_result(RESULT_OK, kv->watch(kv, (const char *const *)&key, 1, &e));
  call_other(f, "SET", key, "theirs");
  kv->unwatch(kv);
  assert_result(RESULT_OK, write_one(kv, key, "ours", &e));
  assert_value(f, key, "ours", 4);
}

static void kill_connection(const struct fixture *f)
{
  redisReply *reply = NULL;
  assert_result(RESULT_OK, redis_call(f->redis, &reply, &e, "CLIENT", "ID", NULL));
  g_autofree char *id = g_strdup_printf("%lld", reply->integer);
  freeReplyObject(reply);
  assert_result(RESULT_OK, redis_call(f->other, &reply, &e, "CLIENT", "KILL", "ID", id, NULL));
  freeReplyObject(reply);
}

static void exec_refuses_when_the_watch_was_lost(void **state)
{
  struct fixture *f = *state;
  struct kv *kv = redis_kv(f->redis);
  g_autofree char *key = name(f, "key");
  assert_result(RESULT_OK, kv->watch(kv, (const char *const *)&key, 1, &e));
  kill_connection(f);
  assert_absent(f, key); /* reads on a new connection, on which nothing is watched */
  call_other(f, "SET", key, "theirs");
  assert_result(RESULT_CONFLICT, write_one(kv, key, "ours", &e));
  assert_value(f, key, "theirs", 6);
}

static void watch_says_when_the_earlier_one_was_lost(void **state)
{
  struct fixture *f = *state;
  struct kv *kv = redis_kv(f->redis);
  g_autofree char *first = name(f, "first"), *second = name(f, "second");
  assert_result(RESULT_OK, kv->watch(kv, (const char *const *)&first, 1, &e));
  kill_connection(f);
  assert_result(RESULT_UNAVAILABLE, kv->watch(kv, (const char *const *)&second, 1, &e));
  assert_result(RESULT_OK, kv->watch(kv, (const char *const *)&first, 1, &e));
  kv->unwatch(kv);
}

static void a_closed_connection_is_replaced_unnoticed(void **state)
{
  struct fixture *f = *state;
  for (int i = 0; i < 3; i++) {
    assert_result(RESULT_OK, redis_ping(f->redis, &e));
    kill_connection(f);
  }
}

static void large_transactions_go_through(void **state)
{
  struct fixture *f = *state;
  enum { KEYS = 300, SIZE = 100000 };
  g_autofree char *data = g_malloc0(SIZE);
  struct kv_writes writes;
  kv_writes_init(&writes);
  for (int i = 0; i < KEYS; i++) {
    char rest[16];
    snprintf(rest, sizeof rest, "%d", i);
    g_autofree char *key = name(f, rest);
    data[SIZE - 1] = (char)i;
    kv_writes_set(&writes, key, data, SIZE);
  }
  struct kv *kv = redis_kv(f->redis);
  assert_result(RESULT_OK, kv->exec(kv, &writes, &e));
  kv_writes_clear(&writes);
  g_autofree char *key = name(f, "257");
  data[SIZE - 1] = (char)257;
  assert_value(f, key, data, SIZE);
}

static void count_key(const char *key, void *arg)
{
  (void)key;
  (*(int *)arg)++;
}

static void scan_takes_the_prefix_literally(void **state)
{
  struct fixture *f = *state;
  g_autofree char *one = name(f, "a*[b]?1"), *two = name(f, "a*[b]?2"), *else_where = name(f, "axxb1");
  call_other(f, "SET", one, "");
  call_other(f, "SET", two, "");
  call_other(f, "SET", else_where, "");
  g_autofree char *prefix = name(f, "a*[b]?");
  struct kv *kv = redis_kv(f->redis);
  int found = 0;
  assert_result(RESULT_OK, kv->scan(kv, prefix, count_key, &found, &e));
  assert_int_equal(found, 2);
}

static void a_silent_server_costs_the_time_out_only(void **state)
{
  struct fixture *f = *state;
  assert_result(RESULT_OK, redis_ping(f->redis, &e));
  call_other(f, "CLIENT", "PAUSE", "1200");
  struct clock *clock = clock_system();
  int64_t before = clock->monotonic_ms(clock);
  assert_result(RESULT_UNAVAILABLE, redis_ping(f->redis, &e));
  int64_t took = clock->monotonic_ms(clock) - before;
  assert_in_range(took, stores_conf->redis_command_timeout_ms - 10,
                  stores_conf->redis_command_timeout_ms + 300);
  before = clock->monotonic_ms(clock);
  assert_result(RESULT_UNAVAILABLE, redis_ping(f->redis, &e));
  assert_in_range(clock->monotonic_ms(clock) - before, 0, 50);
  redis_set_timeout(f->redis, 5000);
  assert_result(RESULT_OK, redis_ping(f->redis, &e));
}

static void errors_do_not_repeat_arguments(void **state)
{
  struct fixture *f = *state;
  redisReply *reply = NULL;
  struct err failure = ERR_NONE;
  assert_int_equal(redis_call(f->redis, &reply, &failure, "ACL", "SETUSER", "nobody", "secret", NULL),
                   RESULT_INTERNAL);
  assert_null(reply);
  assert_null(strstr(failure.text, "secret"));
  assert_result(RESULT_OK, redis_ping(f->redis, &e));
}

static void an_absent_server_is_unavailable(void **state)
{
  (void)state;
  struct conf conf = *stores_conf;
  conf.redis_socket = (char *)"/nonexistent/redis.sock";
  struct redis *redis = NULL;
  assert_result(RESULT_OK, redis_new(&conf, CONF_ADMIN, &redis, &e));
  assert_result(RESULT_UNAVAILABLE, redis_ping(redis, &e));
  redis_free(redis);
}

int main(void)
{
  if (!stores_test_begin())
    return EXIT_SUCCESS;
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(exec_writes_all_kinds),
      TEST(get_keeps_the_order_of_keys),
      TEST(exec_refuses_when_a_watched_key_changed),
      TEST(unwatch_ends_the_watch),
      TEST(exec_refuses_when_the_watch_was_lost),
      TEST(watch_says_when_the_earlier_one_was_lost),
      TEST(a_closed_connection_is_replaced_unnoticed),
      TEST(large_transactions_go_through),
      TEST(scan_takes_the_prefix_literally),
      TEST(a_silent_server_costs_the_time_out_only),
      TEST(errors_do_not_repeat_arguments),
      TEST(an_absent_server_is_unavailable),
  };
  return stores_test_end(cmocka_run_group_tests_name("stores_redis", tests, NULL, NULL));
}
