/* Who gets at the work of hashing while many ask for it. */
#include "stores/password.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/unit/unit.h"

#define MAKERS 8
#define LOG_INS 5

static atomic_bool done;
static atomic_int begun;

static void *make_passwords(void *arg)
{
  char hash[PASSWORD_HASH_SIZE];
  (void)arg;
  begun++;
  while (!done) {
    struct err e = ERR_NONE;
    enum result r = password_hash("of a member to be added", hash, &e);
    (void)r; /* most are turned away */
  }
  return NULL;
}

/* One after another: each has a place that no maker may take. */
static void makers_keep_nobody_from_logging_in(void **state)
{
  (void)state;
  static const char right[] = "correct horse battery staple";
  char hash[PASSWORD_HASH_SIZE];
  pthread_t makers[MAKERS];
  struct err e = ERR_NONE;
  assert_int_equal(password_hash(right, hash, &e), RESULT_OK);
  for (int i = 0; i < MAKERS; i++)
    assert_int_equal(pthread_create(&makers[i], NULL, make_passwords, NULL), 0);
  while (begun < MAKERS)
    sched_yield();
  int failed = 0;
  for (int i = 0; i < LOG_INS; i++) {
    bool is_right = false;
    failed += password_check(right, hash, &is_right, &e) != RESULT_OK || !is_right;
  }
  done = true;
  for (int i = 0; i < MAKERS; i++)
    pthread_join(makers[i], NULL);
  assert_int_equal(failed, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(makers_keep_nobody_from_logging_in)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
