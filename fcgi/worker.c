#ifdef HAVE_CONFIG_H
#include "config.h" /* _GNU_SOURCE, for pthread_timedjoin_np */
#endif

#include "fcgi/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>
#include <glib.h>

#include "base/log.h"
#include "fcgi/exchange.h"

#define BACK_OFF_MS 100
#define ANSWER_GUESS 4096

struct thread {
  pthread_t id;
  bool joined;
  struct worker *worker;
  struct context context;
};

struct worker {
  struct service *service;
  int listen_fd;
  int stop_fd; /* readable from worker_stop on */
  struct thread *threads;
  size_t count;
};

/* ---- one thread ---- */

enum awaited { AWAITED_CONNECTION, AWAITED_STOP };

static enum awaited await(const struct worker *worker)
{
  struct pollfd fds[] = {{.fd = worker->stop_fd, .events = POLLIN},
                         {.fd = worker->listen_fd, .events = POLLIN}};
  while (poll(fds, G_N_ELEMENTS(fds), -1) < 0)
    continue; /* EINTR; with these arguments there is no other failure but lack of memory, which passes */
  return fds[0].revents != 0 ? AWAITED_STOP : AWAITED_CONNECTION;
}

static size_t read_body(void *arg, char *buffer, size_t size)
{
  FCGX_Stream *in = arg;
  int got = FCGX_GetStr(buffer, (int)size, in);
  return FCGX_GetError(in) == 0 && got > 0 ? (size_t)got : 0;
}

static void serve(struct context *context, FCGX_Request *fastcgi)
{
  g_autoptr(GString) answer = g_string_sized_new(ANSWER_GUESS);
  exchange_run(context, (const char *const *)fastcgi->envp, read_body, fastcgi->in, answer);
  int sent = FCGX_PutStr(answer->str, (int)answer->len, fastcgi->out);
  if (sent < 0 || (gsize)sent != answer->len)
    log_event(LOG_LEVEL_WARN, "answer_lost", "bytes=%" G_GSIZE_FORMAT " why=%s", answer->len,
              "the caller went away");
  FCGX_Finish_r(fastcgi);
}

/* Another thread or worker took the connection: nothing to tell. Everything else (no descriptors left, say)
 * is told and passes after a while. */
static void accept_failed(const struct thread *thread, int error)
{
  struct clock *clock = thread->worker->service->clock;
  if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
    return;
  log_event(LOG_LEVEL_ERROR, "accept_failed", "errno=%d why=\"%s\"", error, g_strerror(error));
  clock->sleep_ms(clock, BACK_OFF_MS);
}

static void *run(void *arg)
{
  struct thread *thread = arg;
  FCGX_Request fastcgi;
  FCGX_InitRequest(&fastcgi, thread->worker->listen_fd, FCGI_FAIL_ACCEPT_ON_INTR);
  while (await(thread->worker) == AWAITED_CONNECTION) {
    int accepted = FCGX_Accept_r(&fastcgi);
    if (accepted == 0)
      serve(&thread->context, &fastcgi);
    else
      accept_failed(thread, -accepted);
  }
  FCGX_Free(&fastcgi, 1);
  return NULL;
}

/* ---- all of them ---- */

MUST_CHECK static enum result start_thread(struct worker *worker, struct err *e)
{
  struct thread *thread = &worker->threads[worker->count];
  *thread = (struct thread){.worker = worker};
  enum result r = context_init(&thread->context, worker->service, e);
  if (r != RESULT_OK)
    return r;
  int error = pthread_create(&thread->id, NULL, run, thread);
  if (error != 0) {
    context_clear(&thread->context);
    return err_set(e, RESULT_INTERNAL, "a thread cannot be started: %s", g_strerror(error));
  }
  worker->count++;
  return RESULT_OK;
}

enum result worker_start(struct service *service, int listen_fd, struct worker **out, struct err *e)
{
  size_t wanted = (size_t)service->conf->worker_threads;
  if (FCGX_Init() != 0)
    return err_set(e, RESULT_INTERNAL, "libfcgi cannot be initialised");
  struct worker *worker = g_new0(struct worker, 1);
  *worker = (struct worker){.service = service, .listen_fd = listen_fd, .stop_fd = eventfd(0, EFD_CLOEXEC)};
  worker->threads = g_new0(struct thread, wanted);
  enum result r =
      worker->stop_fd >= 0 ? RESULT_OK : err_set(e, RESULT_INTERNAL, "eventfd: %s", g_strerror(errno));
  for (size_t i = 0; i < wanted && r == RESULT_OK; i++)
    r = start_thread(worker, e);
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
    context_clear(&worker->threads[i].context);
  close(worker->stop_fd);
  g_free(worker->threads);
  g_free(worker);
}
