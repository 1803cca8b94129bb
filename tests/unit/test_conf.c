#include "base/conf.h"

#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

#include <glib.h>

/* Writes `text` to a file of its own; the caller unlinks and frees the path. */
static char *write_file(const char *text)
{
  char *path = NULL;
  int descriptor = g_file_open_tmp("takings-conf-XXXXXX", &path, NULL);
  assert_true(descriptor >= 0);
  close(descriptor);
  assert_true(g_file_set_contents(path, text, -1, NULL));
  return path;
}

static void assert_refused(const char *text, const char *where_and_why)
{
  g_autofree char *path = write_file(text);
  g_autofree char *wanted = g_strconcat(path, where_and_why, NULL);
  struct conf *conf = NULL;
  struct err e = ERR_NONE;
  assert_int_equal(conf_load(path, &conf, &e), RESULT_INVALID);
  unlink(path);
  assert_memory_equal(e.text, wanted, strlen(wanted));
}

static void faults_name_file_and_line(void **state)
{
  (void)state;
  assert_refused("[mongo]\nnonsense\n", ":2: not a group, a key or a comment");
  assert_refused("# first\n\n[mango]\nuri=x\n", ":3: unknown group [mango]");
  assert_refused("[redis]\nport=1\n[mongo]\n uro = x\n", ":4: [mongo] has no key uro");
  assert_refused("[worker]\nthreads=8\nthreads = many\n",
                 ":3: [worker] threads: a whole number from 1 to 256");
  assert_refused("[worker]\nthreads=257\n", ":2: [worker] threads: a whole number");
}

static void paths_are_relative_to_the_file(void **state)
{
  (void)state;
  g_autofree char *path =
      write_file("[redis]\nsocket=run/redis.sock\n[cli]\nmongo_password_file=/etc/secret\n");
  g_autofree char *folder = g_path_get_dirname(path);
  g_autofree char *socket = g_build_filename(folder, "run/redis.sock", NULL);
  struct conf *conf = NULL;
  assert_int_equal(conf_load(path, &conf, NULL), RESULT_OK);
  unlink(path);
  assert_string_equal(conf->redis_socket, socket);
  assert_string_equal(conf->credentials[CONF_CLI].mongo_password_file, "/etc/secret");
  assert_string_equal(conf->credentials[CONF_WORKER].mongo_password_file, "");
  assert_int_equal(conf->worker_threads, 8);
  conf_free(conf);
}

static void a_secret_is_the_first_line(void **state)
{
  (void)state;
  g_autofree char *path = write_file("s3cret\r\nrest\n");
  g_autofree char *empty = write_file("\n");
  g_autofree char *secret = NULL;
  g_autofree char *none = NULL;
  assert_int_equal(conf_read_secret(path, &secret, NULL), RESULT_OK);
  assert_string_equal(secret, "s3cret");
  assert_int_equal(conf_read_secret(empty, &none, NULL), RESULT_INVALID);
  assert_int_equal(conf_read_secret("", &none, NULL), RESULT_OK);
  assert_string_equal(none, "");
  unlink(path);
  unlink(empty);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(faults_name_file_and_line),
      cmocka_unit_test(paths_are_relative_to_the_file),
      cmocka_unit_test(a_secret_is_the_first_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
