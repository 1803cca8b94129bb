/* Sessions, and attempts to log in, on real servers, also while one of the two is away. */
#include "people_test.h"

#include <pthread.h>
#include <string.h>

#include "stores/login_limit.h"
#include "stores/password.h"
#include "stores/session.h"

#define NOW_MS INT64_C(1700000000000)

/* ---- sessions ---- */

static const struct user somebody = {.id = "usr_1", .sessions = 3};

static void a_session_lives_until_it_is_idle_or_old(void **state)
{
  struct fixture *f = *state;
  struct session session, found;
  char token[SESSION_TOKEN_SIZE];
  struct redis *redis = f->worker.redis;
  assert_result(RESULT_OK, session_start(redis, &somebody, NOW_MS, 60, &session, token, &e));
  assert_int_equal(strlen(token), 43);
  assert_int_equal(strlen(session.csrf), 43);
  assert_string_not_equal(token, session.csrf);
  assert_result(RESULT_OK, session_find(redis, token, NOW_MS + 50000, 60, 100, &found, &e));
  assert_string_equal(found.user_id, "usr_1");
  assert_string_equal(found.csrf, session.csrf);
  assert_int_equal(found.created_ms, NOW_MS);
  assert_int_equal(found.generation, 3);
  assert_result(RESULT_OK, session_find(redis, token, NOW_MS + 100000, 60, 100, &found, &e));
  assert_result(RESULT_NOT_FOUND, session_find(redis, token, NOW_MS + 100001, 60, 100, &found, &e));
  assert_result(RESULT_NOT_FOUND, session_find(redis, token, NOW_MS + 100000 + 60001, 60, 1000, &found, &e));
}

static void a_session_that_has_yet_to_begin_is_none(void **state)
{
  struct fixture *f = *state;
  struct session session;
  char token[SESSION_TOKEN_SIZE];
  struct redis *redis = f->worker.redis;
  assert_result(RESULT_OK, session_start(redis, &somebody, NOW_MS, 60, &session, token, &e));
  assert_result(RESULT_OK,
                session_find(redis, token, NOW_MS - 5000, 60, 100, &session, &e)); /* another clock */
  assert_result(RESULT_NOT_FOUND, session_find(redis, token, NOW_MS - 5001, 60, 100, &session, &e));
}

static void an_ended_session_is_not_found(void **state)
{
  struct fixture *f = *state;
  struct session session;
  char token[SESSION_TOKEN_SIZE];
  struct redis *redis = f->worker.redis;
  assert_result(RESULT_OK, session_start(redis, &somebody, NOW_MS, 60, &session, token, &e));
  assert_result(RESULT_OK, session_end(redis, token, &e));
  assert_result(RESULT_NOT_FOUND, session_find(redis, token, NOW_MS, 60, 100, &session, &e));
  assert_result(RESULT_OK, session_end(redis, token, &e));
}

/* ---- attempts to log in ---- */

static void an_attempt_waits_for_the_oldest_of_five(void **state)
{
  struct fixture *f = *state;
  struct redis *redis = f->worker.redis;
  g_autofree char *subject = g_strdup_printf("account:%s", f->merchant);
  int64_t wait_s = -1;
  for (int i = 0; i < 5; i++) {
    assert_result(RESULT_OK, login_limit_take(redis, subject, 5, NOW_MS + i * 1000, &wait_s, &e));
    assert_int_equal(wait_s, 0);
  }
  assert_result(RESULT_OK, login_limit_take(redis, subject, 5, NOW_MS + 15500, &wait_s, &e));
  assert_int_equal(wait_s, 45); /* 60 - 15.5, rounded up */
  assert_result(RESULT_OK, login_limit_take(redis, subject, 5, NOW_MS + 59999, &wait_s, &e));
  assert_int_equal(wait_s, 1); /* and the attempt before has moved nothing */
  g_autofree char *other = g_strconcat(subject, "x", NULL);
  assert_result(RESULT_OK, login_limit_take(redis, other, 5, NOW_MS, &wait_s, &e));
  assert_int_equal(wait_s, 0);
}

#define WORKERS 8

struct taker {
  struct redis *redis;
  const char *subject;
  int took;
};

static void *take_all(void *arg)
{
  struct taker *taker = arg;
  for (int i = 0; i < 10; i++) {
    int64_t wait_s = 1;
    if (login_limit_take(taker->redis, taker->subject, 20, NOW_MS, &wait_s, NULL) == RESULT_OK && wait_s == 0)
      taker->took++;
  }
  return NULL;
}

static void several_workers_share_the_slots(void **state)
{
  struct fixture *f = *state;
  struct taker takers[WORKERS] = {{.took = 0}};
  pthread_t threads[WORKERS];
  int took = 0;
  g_autofree char *subject = g_strdup_printf("address:%s", f->merchant);
  for (int i = 0; i < WORKERS; i++) {
    takers[i].subject = subject;
    assert_result(RESULT_OK, redis_new(stores_conf, CONF_WORKER, &takers[i].redis, &e));
    assert_int_equal(pthread_create(&threads[i], NULL, take_all, &takers[i]), 0);
  }
  for (int i = 0; i < WORKERS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    took += takers[i].took;
    redis_free(takers[i].redis);
  }
  assert_int_equal(took, 20);
}

static void a_place_is_known_after_it_was_remembered(void **state)
{
  struct fixture *f = *state;
  bool knows = true;
  assert_result(RESULT_OK, login_limit_knows(f->worker.redis, f->merchant, &knows, &e));
  assert_false(knows);
  assert_result(RESULT_OK, login_limit_remember(f->worker.redis, f->merchant, &e));
  assert_result(RESULT_OK, login_limit_knows(f->worker.redis, f->merchant, &knows, &e));
  assert_true(knows);
}

#define CROWD 16

static void *check_a_password(void *arg)
{
  enum result *r = arg;
  bool right = false;
  *r = password_check("wrong", NULL, &right, NULL);
  if (right)
    *r = RESULT_INTERNAL;
  return NULL;
}

static void a_crowd_at_the_log_in_is_turned_away_at_once(void **state)
{
  (void)state;
  pthread_t threads[CROWD];
  enum result results[CROWD];
  int checked = 0, refused = 0;
  for (int i = 0; i < CROWD; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, check_a_password, &results[i]), 0);
  for (int i = 0; i < CROWD; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    checked += results[i] == RESULT_OK;
    refused += results[i] == RESULT_UNAVAILABLE;
  }
  assert_int_equal(checked + refused, CROWD);
  assert_true(checked >= 4 && refused > 0);
}

int main(void)
{
  if (!stores_test_begin())
    return EXIT_SUCCESS;
#define TEST(f) cmocka_unit_test_setup(f, set_up)
  const struct CMUnitTest tests[] = {
      TEST(a_session_lives_until_it_is_idle_or_old),
      TEST(a_session_that_has_yet_to_begin_is_none),
      TEST(an_ended_session_is_not_found),
      TEST(an_attempt_waits_for_the_oldest_of_five),
      TEST(several_workers_share_the_slots),
      TEST(a_place_is_known_after_it_was_remembered),
      TEST(a_crowd_at_the_log_in_is_turned_away_at_once),
  };
  return stores_test_end(
      cmocka_run_group_tests_name("stores_sessions", tests, set_up_servers, leave_servers));
}
