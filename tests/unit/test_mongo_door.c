/* Who may be inside MongoDB while it is well, while it hangs, and when it comes back. */
#include "stores/mongo_door.h"

#include <pthread.h>

#include "tests/unit/unit.h"

#define PLACES 3
#define WAIT_MS 10

static const char callers[PLACES + 1]; /* their addresses are their names */
static struct clock_fixed now;
static struct mongo_door *door;

static int set_up(void **state)
{
  (void)state;
  clock_fixed_init(&now, 1000000);
  door = mongo_door_new(PLACES, WAIT_MS, &now.clock);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  mongo_door_free(door);
  return 0;
}

static void be_inside_for(int64_t ms)
{
  assert_true(mongo_door_enter(door, &callers[0]));
  now.now_ms += ms;
  mongo_door_leave(door, &callers[0]);
}

static void no_more_than_its_places(void **state)
{
  (void)state;
  for (int i = 0; i < PLACES; i++)
    assert_true(mongo_door_enter(door, &callers[i]));
  assert_false(mongo_door_enter(door, &callers[PLACES]));
  mongo_door_leave(door, &callers[1]);
  assert_true(mongo_door_enter(door, &callers[PLACES]));
}

static void nobody_follows_those_who_hang(void **state)
{
  (void)state;
  assert_true(mongo_door_enter(door, &callers[0]));
  now.now_ms += MONGO_DOOR_SLOW_MS;
  assert_true(mongo_door_enter(door, &callers[1]));
  now.now_ms += 1;
  assert_false(mongo_door_enter(door, &callers[2]));
}

static void one_who_is_slow_among_quick_ones_is_no_illness(void **state)
{
  (void)state;
  assert_true(mongo_door_enter(door, &callers[0]));
  now.now_ms += MONGO_DOOR_SLOW_MS;
  assert_true(mongo_door_enter(door, &callers[1]));
  now.now_ms += 1;
  mongo_door_leave(door, &callers[1]);
  assert_true(mongo_door_enter(door, &callers[1]));
  mongo_door_leave(door, &callers[0]);
  assert_true(mongo_door_enter(door, &callers[0]));
  assert_true(mongo_door_enter(door, &callers[2]));
}

static void after_a_slow_one_one_at_a_time_tries(void **state)
{
  (void)state;
  be_inside_for(MONGO_DOOR_SLOW_MS + 1);
  assert_true(mongo_door_enter(door, &callers[0]));
  assert_false(mongo_door_enter(door, &callers[1]));
  mongo_door_leave(door, &callers[0]);
  assert_true(mongo_door_enter(door, &callers[0])); /* that one was quick: all is well again */
  assert_true(mongo_door_enter(door, &callers[1]));
}

static void who_asks_for_much_is_no_illness(void **state)
{
  (void)state;
  assert_true(mongo_door_enter(door, &callers[0]));
  mongo_door_expect_slow(door, &callers[0]);
  now.now_ms += MONGO_DOOR_SLOW_MS + 1;
  assert_true(mongo_door_enter(door, &callers[1])); /* while it is inside */
  mongo_door_leave(door, &callers[1]);
  now.now_ms += MONGO_DOOR_SLOW_MS + 1;
  mongo_door_leave(door, &callers[0]);
  assert_true(mongo_door_enter(door, &callers[1])); /* and behind it */
  assert_true(mongo_door_enter(door, &callers[2]));
}

/* Nor does it hide one: of those who should be quick the first decides. */
static void behind_who_asks_for_much_others_may_hang(void **state)
{
  (void)state;
  assert_true(mongo_door_enter(door, &callers[0]));
  mongo_door_expect_slow(door, &callers[0]);
  assert_true(mongo_door_enter(door, &callers[1]));
  now.now_ms += MONGO_DOOR_SLOW_MS + 1;
  assert_false(mongo_door_enter(door, &callers[2]));
  mongo_door_leave(door, &callers[0]); /* slow: that does not say that all is well */
  assert_false(mongo_door_enter(door, &callers[2]));
}

static void a_slow_try_leaves_it_ill(void **state)
{
  (void)state;
  be_inside_for(MONGO_DOOR_SLOW_MS + 1);
  be_inside_for(MONGO_DOOR_SLOW_MS + 1);
  assert_true(mongo_door_enter(door, &callers[0]));
  assert_false(mongo_door_enter(door, &callers[1]));
}

static void *leave_soon(void *arg)
{
  (void)arg;
  struct timespec pause = {.tv_nsec = 1000000};
  nanosleep(&pause, NULL);
  mongo_door_leave(door, &callers[0]);
  return NULL;
}

static void who_waits_is_let_in_when_one_leaves(void **state)
{
  (void)state;
  pthread_t thread;
  mongo_door_free(door);
  door = mongo_door_new(1, 10000, &now.clock);
  assert_true(mongo_door_enter(door, &callers[0]));
  assert_int_equal(pthread_create(&thread, NULL, leave_soon, NULL), 0);
  assert_true(mongo_door_enter(door, &callers[1]));
  assert_int_equal(pthread_join(thread, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(no_more_than_its_places),
      TEST(nobody_follows_those_who_hang),
      TEST(one_who_is_slow_among_quick_ones_is_no_illness),
      TEST(after_a_slow_one_one_at_a_time_tries),
      TEST(who_asks_for_much_is_no_illness),
      TEST(behind_who_asks_for_much_others_may_hang),
      TEST(a_slow_try_leaves_it_ill),
      TEST(who_waits_is_let_in_when_one_leaves),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
