#ifdef HAVE_CONFIG_H
#include "config.h" /* _GNU_SOURCE, for pthread_timedjoin_np */
#endif

#include "fcgi/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#include "base/counters.h"
#include "base/log.h"
#include "fcgi/fastcgi.h"

#define BACK_OFF_MS 100

struct thread {
  pthread_t id;
  bool joined;
  struct worker *worker;
  int epoll_fd; /* of the listening socket and of stop_fd; -1: not open */
  struct context context;
};

struct worker {
  struct service *service;
  int listen_fd;
  int stop_fd; /* readable from worker_stop on */
  pthread_mutex_t spare_lock;
  int spare_fd; /* kept for when there are no more descriptors; -1: that one is gone too */
  struct thread *threads;
  size_t count;
};

/* ---- one thread ---- */

/* Waits until there is a connection to take or worker_stop was called; false in the second case. */
static bool await(const struct thread *thread)
{
  struct epoll_event event;
  while (epoll_wait(thread->epoll_fd, &event, 1, -1) < 0)
    continue; /* EINTR: with these arguments there is no other failure */
  return event.data.fd != thread->worker->stop_fd;
}

/* A connection wakes one of the threads of all workers on the socket (EPOLLEXCLUSIVE), the end wakes all.
 * With poll, each connection would wake every idle thread. */
MUST_CHECK static enum result open_epoll(struct thread *thread, struct err *e)
{
  const struct worker *worker = thread->worker;
  struct epoll_event stop = {.events = EPOLLIN, .data.fd = worker->stop_fd};
  struct epoll_event connection = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = worker->listen_fd};
  thread->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (thread->epoll_fd < 0 || epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, worker->stop_fd, &stop) != 0 ||
      epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, worker->listen_fd, &connection) != 0)
    return err_set(e, RESULT_INTERNAL, "epoll: %s", g_strerror(errno));
  return RESULT_OK;
}

static int open_spare(void)
{
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* A connection that cannot be taken would wait in the socket until nginx has no more patience. In the place
 * of the spare descriptor it is taken and hung up, which nginx answers with 503 at once. False: there was
 * none to hang up. */
static bool hang_up_on_one(struct worker *worker)
{
  pthread_mutex_lock(&worker->spare_lock);
  if (worker->spare_fd >= 0)
    close(worker->spare_fd);
  int connection = accept(worker->listen_fd, NULL, NULL);
  if (connection >= 0)
    close(connection);
  worker->spare_fd = open_spare();
  pthread_mutex_unlock(&worker->spare_lock);
  return connection >= 0;
}

/* Another thread or worker took the connection: nothing to tell. Everything else is told and passes after a
 * while. */
static void accept_failed(const struct thread *thread, int error)
{
  struct clock *clock = thread->worker->service->clock;
  if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
    return;
  log_event(LOG_LEVEL_ERROR, "accept_failed", "errno=%d why=\"%s\"", error, g_strerror(error));
  if ((error != EMFILE && error != ENFILE) || !hang_up_on_one(thread->worker))
    clock->sleep_ms(clock, BACK_OFF_MS);
}

static void accept_and_serve(struct thread *thread, FCGX_Request *fastcgi)
{
  int accepted = FCGX_Accept_r(fastcgi);
  if (accepted == 0)
    fastcgi_serve(&thread->context, fastcgi);
  else
    accept_failed(thread, -accepted);
}

static void *run(void *arg)
{
  struct thread *thread = arg;
  FCGX_Request fastcgi;
  FCGX_InitRequest(&fastcgi, thread->worker->listen_fd, FCGI_FAIL_ACCEPT_ON_INTR);
  while (await(thread))
    accept_and_serve(thread, &fastcgi);
  /* The end may have come together with a connection that woke this thread and no other: it must not be left
   * lying until the next one wakes somebody. */
  accept_and_serve(thread, &fastcgi);
  FCGX_Free(&fastcgi, 1);
  return NULL;
}

/* ---- all of them ---- */

static void thread_clear(struct thread *thread)
{
  if (thread->epoll_fd >= 0)
    close(thread->epoll_fd);
  context_clear(&thread->context);
}

MUST_CHECK static enum result start_thread(struct worker *worker, struct err *e)
{
  struct thread *thread = &worker->threads[worker->count];
  *thread = (struct thread){.worker = worker, .epoll_fd = -1};
  enum result r = context_init(&thread->context, worker->service, e);
  if (r == RESULT_OK)
    r = open_epoll(thread, e);
  int error = r == RESULT_OK ? pthread_create(&thread->id, NULL, run, thread) : 0;
  if (error != 0)
    r = err_set(e, RESULT_INTERNAL, "a thread cannot be started: %s", g_strerror(error));
  if (r == RESULT_OK)
    worker->count++;
  else
    thread_clear(thread);
  return r;
}

enum result worker_start(struct service *service, int listen_fd, struct worker **out, struct err *e)
{
  size_t wanted = (size_t)service->conf->worker_threads;
  if (FCGX_Init() != 0)
    return err_set(e, RESULT_INTERNAL, "libfcgi cannot be initialised");
  struct worker *worker = g_new0(struct worker, 1);
  *worker = (struct worker){.service = service,
                            .listen_fd = listen_fd,
                            .stop_fd = eventfd(0, EFD_CLOEXEC),
                            .spare_fd = open_spare()};
  pthread_mutex_init(&worker->spare_lock, NULL);
  worker->threads = g_new0(struct thread, wanted);
  enum result r =
      worker->stop_fd >= 0 ? RESULT_OK : err_set(e, RESULT_INTERNAL, "eventfd: %s", g_strerror(errno));
  for (size_t i = 0; i < wanted && r == RESULT_OK; i++)
    r = start_thread(worker, e);
  counter_add(COUNTER_THREADS, 0, (int64_t)worker->count);
  *out = worker;
  if (r == RESULT_OK)
    return r;
  worker_stop(worker);
  while (!worker_join(worker, 1000))
    continue;
  worker_free(worker);
  return r;
}

void worker_stop(struct worker *worker)
{
  eventfd_write(worker->stop_fd, 1);
}

bool worker_join(struct worker *worker, int64_t within_ms)
{
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += (time_t)(within_ms / 1000);
  deadline.tv_nsec += (long)(within_ms % 1000) * 1000000;
  if (deadline.tv_nsec >= 1000000000) {
    deadline.tv_sec++;
    deadline.tv_nsec -= 1000000000;
  }
  bool all = true;
  for (size_t i = 0; i < worker->count; i++) {
    struct thread *thread = &worker->threads[i];
    thread->joined = thread->joined || pthread_timedjoin_np(thread->id, NULL, &deadline) == 0;
    all = all && thread->joined;
  }
  return all;
}

void worker_free(struct worker *worker)
{
  for (size_t i = 0; i < worker->count; i++)
    thread_clear(&worker->threads[i]);
  close(worker->stop_fd);
  if (worker->spare_fd >= 0)
    close(worker->spare_fd);
  pthread_mutex_destroy(&worker->spare_lock);
  g_free(worker->threads);
  g_free(worker);
}
