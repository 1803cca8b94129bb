/* A whole worker over stores in memory: threads, a listening socket, FastCGI. */
#include "fcgi/worker.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/listen.h"
#include "tests/unit/unit.h"
#include "tests/worker/call.h"
#include "tests/worker/world.h"

#define KEY "tk_live_all"
#define ORDER                                                                                                \
  "{\"currency\":\"EUR\",\"lines\":[{\"product_id\":\"a\",\"name\":\"A\",\"quantity\":1,\"unit_price\":500}" \
  "]}"
#define CLIENTS 8
#define CALLS 50

static char folder[] = "/tmp/takings-worker-XXXXXX";
static char socket_path[sizeof folder + 16];

static int make_world(void **state)
{
  (void)state;
  world_init();
  world.conf.worker_socket = socket_path;
  world_add_merchant("shop", "Asia/Kathmandu");
  world_set_checkpoint(cluster_time_make((uint32_t)(WORLD_NOW_MS / 1000), 0), WORLD_NOW_MS - 40);
  world_add_key(KEY, "shop", SCOPE_ALL_OF_KEYS);
  return 0;
}

static int end_world(void **state)
{
  (void)state;
  world_clear();
  return 0;
}

static struct worker *start(const struct listening *listening)
{
  struct worker *worker = NULL;
  struct err e = ERR_NONE;
  if (worker_start(&world.service, listening->fd, &worker, &e) != RESULT_OK)
    fail_msg("%s", e.text);
  return worker;
}

static struct listening listen_here(void)
{
  struct listening listening;
  struct err e = ERR_NONE;
  if (listening_open(world.conf.worker_socket, "[worker] socket", &listening, &e) != RESULT_OK)
    fail_msg("%s", e.text);
  return listening;
}

static void end(struct worker *worker)
{
  worker_stop(worker);
  assert_true(worker_join(worker, 5000));
  worker_free(worker);
}

static void it_answers_over_a_socket(void **state)
{
  (void)state;
  struct listening listening = listen_here();
  struct worker *worker = start(&listening);
  struct answer answer = call_send(socket_path, &(struct call){.method = "GET", .uri = "/healthz"});
  assert_int_equal(answer.status, 200);
  assert_string_equal(answer.body, "{\"status\":\"ok\"}\n");
  answer_clear(&answer);
  end(worker);
  listening_close(&listening);
}

static void idle_threads_stop_when_told(void **state)
{
  (void)state;
  struct listening listening = listen_here();
  struct worker *worker = start(&listening);
  worker_stop(worker);
  assert_true(worker_join(worker, 1000));
  worker_free(worker);
  listening_close(&listening);
}

/* ---- clients ---- */

struct client {
  pthread_t id;
  int number;
  int answered;
};

static void *post_and_read(void *arg)
{
  struct client *client = arg;
  for (int i = 0; i < CALLS; i++) {
    char key[64];
    g_snprintf(key, sizeof key, "HTTP_IDEMPOTENCY_KEY=%d-%d", client->number, i);
    const char *const more[] = {key, NULL};
    struct answer posted = call_send(socket_path, &(struct call){.method = "POST",
                                                                 .uri = "/v1/merchants/shop/orders",
                                                                 .secret = KEY,
                                                                 .body = ORDER,
                                                                 .more = more});
    struct answer read = call_send(
        socket_path, &(struct call){.method = "GET",
                                    .uri = "/v1/merchants/shop/metrics/series?range=today&currency=EUR",
                                    .secret = KEY});
    client->answered += (posted.status == 201) + (read.status == 200);
    answer_clear(&posted);
    answer_clear(&read);
  }
  return NULL;
}

static void start_clients(struct client *clients)
{
  for (int i = 0; i < CLIENTS; i++) {
    clients[i] = (struct client){.number = i};
    assert_int_equal(pthread_create(&clients[i].id, NULL, post_and_read, &clients[i]), 0);
  }
}

static int join_clients(struct client *clients)
{
  int answered = 0;
  for (int i = 0; i < CLIENTS; i++) {
    pthread_join(clients[i].id, NULL);
    answered += clients[i].answered;
  }
  return answered;
}

static void many_clients_are_all_answered(void **state)
{
  (void)state;
  struct client clients[CLIENTS];
  struct listening listening = listen_here();
  struct worker *worker = start(&listening);
  start_clients(clients);
  assert_int_equal(join_clients(clients), 2 * CLIENTS * CALLS);
  assert_int_equal(world.ledger.entries->len, CLIENTS * CALLS);
  end(worker);
  listening_close(&listening);
}

static void workers_on_one_socket_are_restarted_without_a_lost_request(void **state)
{
  (void)state;
  struct client clients[CLIENTS];
  struct listening listening = listen_here();
  struct worker *workers[] = {start(&listening), start(&listening)};
  start_clients(clients);
  for (int turn = 0; turn < 10; turn++) {
    end(workers[turn % 2]);
    workers[turn % 2] = start(&listening);
  }
  assert_int_equal(join_clients(clients), 2 * CLIENTS * CALLS);
  end(workers[0]);
  end(workers[1]);
  listening_close(&listening);
}

/* Connects and hangs up, with or without having begun to say something. */
static void hang_up(const char *said)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  g_strlcpy(address.sun_path, socket_path, sizeof address.sun_path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(send(fd, said, strlen(said), MSG_NOSIGNAL), strlen(said));
  close(fd);
}

static void a_caller_that_hangs_up_costs_nothing(void **state)
{
  (void)state;
  struct listening listening = listen_here();
  struct worker *worker = start(&listening);
  for (int i = 0; i < 10; i++) {
    hang_up("");
    hang_up("\1\1");
    hang_up("nonsense that is no FastCGI at all");
  }
  struct answer answer = call_send(socket_path, &(struct call){.method = "GET", .uri = "/version"});
  assert_int_equal(answer.status, 200);
  answer_clear(&answer);
  end(worker);
  listening_close(&listening);
}

/* ---- the socket ---- */

static void a_second_worker_does_not_take_the_path(void **state)
{
  (void)state;
  struct err e = ERR_NONE;
  struct listening first = listen_here(), second;
  assert_int_equal(listening_open(world.conf.worker_socket, "[worker] socket", &second, &e), RESULT_INVALID);
  listening_close(&first);
  assert_int_equal(access(socket_path, F_OK), -1);
}

static void what_a_dead_worker_left_is_taken_away(void **state)
{
  (void)state;
  struct listening first = listen_here();
  close(first.fd);
  g_free(first.path);
  struct listening second = listen_here();
  listening_close(&second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, end_world)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(it_answers_over_a_socket),
      TEST(idle_threads_stop_when_told),
      TEST(many_clients_are_all_answered),
      TEST(workers_on_one_socket_are_restarted_without_a_lost_request),
      TEST(a_caller_that_hangs_up_costs_nothing),
      TEST(a_second_worker_does_not_take_the_path),
      TEST(what_a_dead_worker_left_is_taken_away),
  };
  if (g_mkdtemp(folder) == NULL)
    return 1;
  g_snprintf(socket_path, sizeof socket_path, "%s/worker.sock", folder);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  g_rmdir(folder);
  return failed;
}
