/* takings-tailer: follows the change stream and feeds the batch. */
#include <argp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <sodium.h>

#include "base/conf.h"
#include "base/counters.h"
#include "base/exit_status.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "batch/follow.h"
#include "batch/link_pipe.h"
#include "stores/redis.h"
#include "stores/stream_mongo.h"

const char *argp_program_version = PACKAGE_STRING;

/* So many ranges the server folds within its time limit: 20,000 took it 1.3 s, 80,000 more than 5.5 s. */
#define TAILER_DIRTY_BOUND 20000

/* A call that hangs is not waited for: whoever stops us waits 10 s, and no moment is a wrong one to end. */
#define END_WITHIN_MS 8000

static volatile sig_atomic_t stop_asked;
static sem_t stop_posted;

static void ask_stop(int signal_number)
{
  (void)signal_number;
  stop_asked = 1;
  sem_post(&stop_posted);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  if (key == 'c')
    *(const char **)state->input = arg;
  else
    return ARGP_ERR_UNKNOWN;
  return 0;
}

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "Read FILE instead of TAKINGS_CONFIG or " CONF_DEFAULT_PATH, 0}, {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .doc = "Follows MongoDB's change stream and keeps every figure up to date through takings-batch."};

/* Ends the program when main has not after so long. */
static void *end_anyway(void *unused)
{
  (void)unused;
  while (sem_wait(&stop_posted) != 0)
    continue;
  g_usleep(END_WITHIN_MS * 1000);
  log_event(LOG_LEVEL_ERROR, "tailer_stuck", "after_ms=%d", END_WITHIN_MS);
  _exit(EX_TEMPFAIL);
}

/* Signals are for main, whose poll they shall end. */
MUST_CHECK static enum result start_ender(struct err *e)
{
  sigset_t all, before;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&thread, NULL, end_anyway, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error == 0 ? RESULT_OK : err_set(e, RESULT_INTERNAL, "a thread: %s", g_strerror(error));
}

/* No SA_RESTART: the poll below shall end. */
static void handle_signals(void)
{
  sem_init(&stop_posted, 0, 0);
  struct sigaction action = {.sa_handler = ask_stop};
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
}

static void wait_for_work(const struct stream *stream, const struct link *link, int64_t ms)
{
  struct pollfd fds[2] = {{.fd = stream_mongo_fd(stream), .events = POLLIN},
                          {.fd = link_pipe_fd(link), .events = POLLIN}};
  poll(fds, 2, (int)ms); /* a signal ends it early, which is what it is for */
}

static void follow_until_stopped(struct follow *follow, const struct stream *stream, const struct link *link)
{
  while (!stop_asked) {
    int64_t wait = follow_step(follow);
    if (wait > 0)
      wait_for_work(stream, link, wait);
  }
}

/* The batch is looked for beside this program when its name has no folder. */
static char *batch_program(const struct conf *conf)
{
  if (strchr(conf->tailer_batch_program, '/') != NULL)
    return g_strdup(conf->tailer_batch_program);
  g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname(self != NULL ? self : ".");
  char *beside = g_build_filename(folder, conf->tailer_batch_program, NULL);
  if (g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE))
    return beside;
  g_free(beside);
  return g_strdup(conf->tailer_batch_program);
}

static void run(const struct conf *conf, struct mongo *mongo, struct redis *redis)
{
  char pipeline[STREAM_PIPELINE_SIZE];
  counters_open(conf->metrics_directory, COUNTERS_TAILER, &(struct counters_routes){NULL, 0});
  stream_mongo_pipeline(pipeline);
  struct follow_options follow_options = {
      .limits = {.buckets = (guint)conf->tailer_gather_buckets, .bound = TAILER_DIRTY_BOUND},
      .heartbeat_ms = conf->tailer_heartbeat_ms,
      .pipeline = pipeline};
  g_autofree char *program = batch_program(conf);
  struct stream *stream = stream_mongo_new(mongo, clock_system());
  struct link *link = link_pipe_new(program, conf->path);
  struct follow *follow = follow_new(redis_kv(redis), stream, link, clock_system(), &follow_options);
  log_event(LOG_LEVEL_INFO, "started", "config=%s batch=%s", conf->path, program);
  follow_until_stopped(follow, stream, link);
  log_event(LOG_LEVEL_INFO, "stopping", "config=%s", conf->path);
  follow_free(follow);
  link_pipe_free(link);
  stream_mongo_free(stream);
}

MUST_CHECK static enum result open_stores(const char *path, struct conf **conf, struct mongo **mongo,
                                          struct redis **redis, struct err *e)
{
  if (sodium_init() < 0)
    return err_set(e, RESULT_INTERNAL, "libsodium: no random bits");
  enum result r = start_ender(e);
  if (r == RESULT_OK)
    r = failpoint_load(e);
  if (r == RESULT_OK)
    r = conf_load(path, conf, e);
  if (r == RESULT_OK)
    r = mongo_open(*conf, CONF_TAILER, mongo, e);
  if (r == RESULT_OK)
    r = redis_new(*conf, CONF_TAILER, redis, e);
  return r;
}

int main(int argc, char **argv)
{
  const char *config_path = NULL;
  struct conf *conf = NULL;
  struct mongo *mongo = NULL;
  struct redis *redis = NULL;
  struct err e = ERR_NONE;

  argp_parse(&argp, argc, argv, 0, NULL, &config_path);
  log_init("tailer", LOG_LEVEL_INFO);
  handle_signals();
  enum result r = open_stores(config_path, &conf, &mongo, &redis, &e);
  if (r == RESULT_OK)
    run(conf, mongo, redis);
  else
    log_event(LOG_LEVEL_ERROR, "cannot_start", "result=%s why=\"%s\"", result_name(r), e.text);

  redis_free(redis);
  mongo_free(mongo);
  counters_close();
  conf_free(conf);
  return exit_status(r, EXIT_STARTING); /* once it runs it ends only when it is told to */
}
