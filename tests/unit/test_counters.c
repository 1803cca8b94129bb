/* Counters of several processes: nothing lost when one is killed, and no file believed that is none of ours.
 */
#include "base/counters_read.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "tests/unit/unit.h"

#define NOW INT64_C(1795435200000)

static const char *const labels[] = {"route=\"a\"", "route=\"b\"", "route=\"other\""};
static const struct counters_routes routes = {.labels = labels, .count = 3};
static const struct counters_routes other_build = {.labels = labels, .count = 2};

static int set_up(void **state)
{
  *state = g_dir_make_tmp("takings-counters-XXXXXX", NULL);
  return *state != NULL ? 0 : -1;
}

static char *path_of(const char *folder, const char *name)
{
  return g_build_filename(folder, name, NULL);
}

static int tear_down(void **state)
{
  char *folder = *state;
  GDir *dir = g_dir_open(folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
    g_autofree char *path = path_of(folder, name);
    g_unlink(path);
  }
  g_dir_close(dir);
  g_rmdir(folder);
  g_free(folder);
  return 0;
}

static void count_some(void)
{
  counter_add_route(COUNTER_REQUESTS, 1, counter_value_find(COUNTER_REQUESTS, "422"), 3);
  counter_observe(COUNTER_REQUEST_DURATION, 1, 500); /* at a bound: it belongs to it */
  counter_observe(COUNTER_REQUEST_DURATION, 1, 501);
  counter_observe(COUNTER_REQUEST_DURATION, 1, INT64_C(60000000));
  counter_add(COUNTER_THREADS, 0, 8);
}

/* A process that has counted some, and is there until it is killed. */
static pid_t start(const char *folder, const struct counters_routes *of_build)
{
  int ready[2];
  char byte;
  assert_int_equal(pipe(ready), 0);
  pid_t pid = fork();
  if (pid == 0) {
    counters_open(folder, COUNTERS_WORKER, of_build);
    count_some();
    close(ready[1]);
    for (;;)
      pause();
  }
  close(ready[1]);
  assert_int_equal(read(ready[0], &byte, 1), 0);
  close(ready[0]);
  return pid;
}

static void end(pid_t pid)
{
  kill(pid, SIGKILL);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static struct counters_sum sum_of(const char *folder)
{
  struct counters_sum sum;
  struct err e = ERR_NONE;
  assert_int_equal(counters_read(folder, &routes, &sum, &e), RESULT_OK);
  return sum;
}

static int64_t slot(const struct counters_sum *sum, enum counter_program program, enum counter counter,
                    size_t at)
{
  return sum->slots[program][sum->layout[program].first[counter] + at];
}

/* Refusals counted at the second route, threads, processes. */
static void expect(const char *folder, int64_t refusals, int64_t threads, int64_t processes)
{
  struct counters_sum sum = sum_of(folder);
  size_t statuses = counter_value_count(&counter_table[COUNTER_REQUESTS]);
  size_t refused = statuses + counter_value_find(COUNTER_REQUESTS, "422");
  assert_int_equal(slot(&sum, COUNTERS_WORKER, COUNTER_REQUESTS, refused), refusals);
  assert_int_equal(slot(&sum, COUNTERS_WORKER, COUNTER_THREADS, 0), threads);
  assert_int_equal(sum.processes[COUNTERS_WORKER], processes);
  counters_sum_clear(&sum);
}

static int files_in(const char *folder)
{
  int count = 0;
  GDir *dir = g_dir_open(folder, 0, NULL);
  while (g_dir_read_name(dir) != NULL)
    count++;
  g_dir_close(dir);
  return count;
}

static void a_killed_process_s_counts_stay_and_its_file_is_taken_over(void **state)
{
  const char *folder = *state;
  pid_t one = start(folder, &routes), two = start(folder, &routes);
  expect(folder, 6, 16, 2);
  end(one);
  expect(folder, 6, 8, 1); /* what it had just then is gone with it */
  one = start(folder, &routes);
  expect(folder, 9, 16, 2);
  end(one);
  end(two);
  expect(folder, 9, 0, 0);
  assert_int_equal(files_in(folder), 2);
}

static void durations_fall_into_their_buckets(void **state)
{
  const char *folder = *state;
  pid_t one = start(folder, &routes);
  end(one);
  struct counters_sum sum = sum_of(folder);
  size_t width = counters_width(&counter_table[COUNTER_REQUEST_DURATION]);
  assert_int_equal(slot(&sum, COUNTERS_WORKER, COUNTER_REQUEST_DURATION, width), 1);
  assert_int_equal(slot(&sum, COUNTERS_WORKER, COUNTER_REQUEST_DURATION, width + 1), 1);
  assert_int_equal(slot(&sum, COUNTERS_WORKER, COUNTER_REQUEST_DURATION, 2 * width - 2), 1);
  assert_int_equal(slot(&sum, COUNTERS_WORKER, COUNTER_REQUEST_DURATION, 2 * width - 1), 60001001);
  counters_sum_clear(&sum);
}

static void another_build_s_file_is_not_read_and_begun_anew(void **state)
{
  const char *folder = *state;
  pid_t old = start(folder, &other_build);
  expect(folder, 0, 0, 0);
  pid_t one = start(folder, &routes);
  expect(folder, 3, 8, 1); /* the old one still holds the first file */
  end(old);
  end(one);
  one = start(folder, &routes);
  expect(folder, 6, 8, 1);
  end(one);
  assert_int_equal(files_in(folder), 2);
}

static void of_what_was_found_last_the_newest_counts(void **state)
{
  const char *folder = *state;
  counters_open(folder, COUNTERS_BATCH, &routes);
  counter_set(COUNTER_PARKED_HOURS, 0, 7, NOW + 1);
  if (fork() == 0) {
    counters_close();
    counters_open(folder, COUNTERS_BATCH, &routes);
    counter_set(COUNTER_PARKED_HOURS, 0, 9, NOW);
    counter_set(COUNTER_REBUILD_MERCHANTS, 0, 2, NOW);
    _exit(0);
  }
  wait(NULL);
  struct counters_sum sum = sum_of(folder);
  assert_int_equal(slot(&sum, COUNTERS_BATCH, COUNTER_PARKED_HOURS, 0), 7);
  assert_int_equal(slot(&sum, COUNTERS_BATCH, COUNTER_REBUILD_MERCHANTS, 0), 2);
  assert_int_equal(slot(&sum, COUNTERS_BATCH, COUNTER_REBUILD_MERCHANTS_DONE, 1), 0); /* never found */
  counters_sum_clear(&sum);
  counters_close();
}

/* A copy of the first file with one slot changed. */
static void forge(const char *folder, const char *name, int64_t count)
{
  g_autofree char *from = path_of(folder, "worker-01"), *to = path_of(folder, name), *bytes = NULL;
  gsize size;
  assert_true(g_file_get_contents(from, &bytes, &size, NULL));
  memcpy(bytes + sizeof(struct counters_header), &count, sizeof count);
  assert_true(g_file_set_contents(to, bytes, (gssize)size, NULL));
}

static void hostile_files_are_left_out(void **state)
{
  const char *folder = *state;
  pid_t one = start(folder, &routes);
  g_autofree char *junk = path_of(folder, "worker-03"), *pipe_path = path_of(folder, "worker-04"),
                  *link_path = path_of(folder, "worker-05"), *cut = path_of(folder, "worker-06"),
                  *first = path_of(folder, "worker-01");
  assert_true(g_file_set_contents(junk, "junk", -1, NULL));
  assert_int_equal(mkfifo(pipe_path, 0600), 0);
  assert_int_equal(symlink(first, link_path), 0);
  forge(folder, "worker-06", 0);
  assert_int_equal(truncate(cut, 200), 0);
  forge(folder, "worker-07", INT64_MIN);
  forge(folder, "worker-08", INT64_MAX);
  expect(folder, 3, 8, 1);
  end(one);
}

/* Those that can be read are counted on, and those that cannot are passed over. */
static void a_process_takes_no_hostile_file(void **state)
{
  const char *folder = *state;
  g_autofree char *pipe_path = path_of(folder, "worker-01"), *link_path = path_of(folder, "worker-02"),
                  *victim = path_of(folder, "victim"), *text = NULL;
  assert_int_equal(mkfifo(pipe_path, 0600), 0);
  assert_true(g_file_set_contents(victim, "mine", -1, NULL));
  assert_int_equal(symlink(victim, link_path), 0);
  pid_t one = start(folder, &routes);
  expect(folder, 3, 8, 1);
  end(one);
  assert_true(g_file_get_contents(victim, &text, NULL, NULL));
  assert_string_equal(text, "mine");
}

static void without_a_folder_nothing_is_counted(void **state)
{
  (void)state;
  struct counters_sum sum;
  struct err e = ERR_NONE;
  counters_open("/nonexistent", COUNTERS_WORKER, &routes);
  count_some();
  assert_int_equal(counters_read("/nonexistent", &routes, &sum, &e), RESULT_UNAVAILABLE);
  counters_sum_clear(&sum);
  counters_close();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_killed_process_s_counts_stay_and_its_file_is_taken_over),
      TEST(durations_fall_into_their_buckets),
      TEST(another_build_s_file_is_not_read_and_begun_anew),
      TEST(of_what_was_found_last_the_newest_counts),
      TEST(hostile_files_are_left_out),
      TEST(a_process_takes_no_hostile_file),
      TEST(without_a_folder_nothing_is_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
