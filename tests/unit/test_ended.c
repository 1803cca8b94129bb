#include "translation/ended.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>

#include "stores/ended_tell.h"
#include "stores/keys.h"
#include "tests/unit/unit.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ULID "01ARZ3NDEKTSV4RRFFQ69G5FAV"

static void what_is_told_is_read(void **state)
{
  (void)state;
  static const char *const ids[] = {HASH, "usr_" ULID, "key_" ULID};
  for (size_t i = 0; i < COUNT(ids); i++) {
    struct ended ended;
    g_autofree char *text = ended_format((enum ended_kind)i, ids[i]);
    assert_true(ended_parse(text, strlen(text), &ended));
    assert_int_equal(ended.kind, i);
    assert_string_equal(ended.id, ids[i]);
  }
}

static void nothing_else_is(void **state)
{
  (void)state;
  static const char *const texts[] = {
      "",
      "session",
      "session ",
      "session  " HASH,
      "session " HASH " ",
      "session " HASH "0",
      "session 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
      "session usr_" ULID,
      "user key_" ULID,
      "user usr_" ULID "0",
      "user usr_91ARZ3NDEKTSV4RRFFQ69G5FAV",
      "user usr_01arz3ndektsv4rrffq69g5fav",
      "user *",
      "key " ULID,
      "key\nkey_" ULID,
      "people usr_" ULID,
      "User usr_" ULID,
  };
  for (size_t i = 0; i < COUNT(texts); i++) {
    struct ended ended;
    if (ended_parse(texts[i], strlen(texts[i]), &ended))
      fail_msg("read: %s", texts[i]);
  }
  struct ended ended;
  g_autofree char *long_one = g_strnfill(100000, 'a');
  assert_false(ended_parse(long_one, 100000, &ended));
  assert_false(ended_parse("key key_" ULID "\0", 35, &ended));
}

static void a_channel_names_its_merchant(void **state)
{
  (void)state;
  static const struct {
    const char *channel, *merchant;
  } cases[] = {{"tk:{shop-1}:changed", "shop-1"},
               {"tk:{ab}:changed", "ab"},
               {"tk:{a}:changed", NULL},
               {"tk:{}:changed", NULL},
               {"tk:{Shop}:changed", NULL},
               {"tk:{shop}:change", NULL},
               {"tk:{shop}:changed ", NULL},
               {"tk:{shop}}:changed", NULL},
               {"xk:{shop}:changed", NULL},
               {"tk:{shop", NULL},
               {"tk:{a\nb}:changed", NULL},
               {"", NULL},
               {"tk:{:changed", NULL},
               {"tk:{sh}:changed}:changed", NULL}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    char merchant[MERCHANT_ID_SIZE];
    bool found = key_channel_merchant(cases[i].channel, strlen(cases[i].channel), merchant);
    assert_int_equal(found, cases[i].merchant != NULL);
    if (found)
      assert_string_equal(merchant, cases[i].merchant);
  }
  g_autofree char *ours = key_channel("shop-1");
  char merchant[MERCHANT_ID_SIZE], longest[] = "tk:{0123456789abcdef0123456789abcdefX}:changed";
  assert_true(key_channel_merchant(ours, strlen(ours), merchant));
  assert_false(key_channel_merchant(longest, strlen(longest), merchant));
}

/* Stands in for a Redis that breaks off the first connection before it has answered. */
struct server {
  int fd;
  char heard[2][256];
};

static void *serve(void *arg)
{
  struct server *server = arg;
  for (size_t i = 0; i < COUNT(server->heard); i++) {
    int peer = accept(server->fd, NULL, NULL);
    if (peer < 0)
      break;
    ssize_t length = read(peer, server->heard[i], sizeof server->heard[i] - 1);
    if (i > 0 && length > 0)
      length = write(peer, ":1\r\n", 4);
    close(peer);
  }
  return NULL;
}

static void listen_at(struct server *server, const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  g_strlcpy(address.sun_path, path, sizeof address.sun_path);
  server->fd = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(server->fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(server->fd, 2), 0);
}

static void what_is_lost_on_the_way_is_told_again(void **state)
{
  (void)state;
  g_autofree char *folder = g_dir_make_tmp("takings-ended-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "redis.sock", NULL);
  char none[] = "";
  struct conf conf = {.redis_socket = path,
                      .redis_connect_timeout_ms = 5000,
                      .redis_command_timeout_ms = 5000,
                      .credentials[CONF_WORKER] = {.redis_user = none, .redis_password_file = none}};
  struct server server = {.fd = -1};
  struct redis *redis = NULL;
  pthread_t thread;
  listen_at(&server, path);
  assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
  assert_int_equal(redis_new(&conf, CONF_WORKER, &redis, NULL), RESULT_OK);
  ended_tell(redis, ENDED_KEY, "key_" ULID);
  redis_free(redis);
  shutdown(server.fd, SHUT_RDWR);
  pthread_join(thread, NULL);
  close(server.fd);
  unlink(path);
  rmdir(folder);
  assert_non_null(strstr(server.heard[0], "key key_" ULID));
  assert_string_equal(server.heard[1], server.heard[0]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_told_is_read),
      cmocka_unit_test(nothing_else_is),
      cmocka_unit_test(a_channel_names_its_merchant),
      cmocka_unit_test(what_is_lost_on_the_way_is_told_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
