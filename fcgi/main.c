/* takings-worker: validates and stores orders, answers questions about figures (docs/api.md). */
#include <argp.h>
#include <malloc.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/counters.h"
#include "base/exit_status.h"
#include "base/listen.h"
#include "base/log.h"
#include "fcgi/auth.h"
#include "fcgi/context.h"
#include "fcgi/describe.h"
#include "fcgi/router.h"
#include "fcgi/worker.h"
#include "translation/definitions_json.h"

/* What is in flight may take a request's 8 s; whoever stops us waits 10. */
#define FINISH_WITHIN_MS 9000
#define KEPT_BYTES (4 << 20)

const char *argp_program_version = "takings-worker " PACKAGE_VERSION;

enum { PRINT_ROUTES = 256, PRINT_PROBLEMS, PRINT_METRICS }; /* behind all letters */

static const struct argp_option options[] = {
    {.name = "config",
     .key = 'c',
     .arg = "FILE",
     .doc = "the configuration (default: $TAKINGS_CONFIG, " CONF_DEFAULT_PATH ")"},
    {.name = "routes", .key = PRINT_ROUTES, .doc = "print the table of routes as JSON, and end"},
    {.name = "problems", .key = PRINT_PROBLEMS, .doc = "print the table of problems as JSON, and end"},
    {.name = "metrics", .key = PRINT_METRICS, .doc = "print the definitions of the metrics as JSON, and end"},
    {0},
};

static void print_and_end(void (*describe)(GString *out))
{
  GString *out = g_string_new(NULL);
  describe(out);
  bool printed = fputs(out->str, stdout) >= 0 && fflush(stdout) == 0;
  g_string_free(out, TRUE);
  exit(printed ? EX_OK : EX_IOERR);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  const char **config = state->input;
  if (key == 'c')
    *config = arg;
  else if (key == PRINT_ROUTES)
    print_and_end(describe_routes);
  else if (key == PRINT_PROBLEMS)
    print_and_end(describe_problems);
  else if (key == PRINT_METRICS)
    print_and_end(definitions_json_write);
  else
    return ARGP_ERR_UNKNOWN;
  return 0;
}

static const struct argp parser = {
    .options = options, .parser = parse_option, .doc = "Serves Takings' API behind nginx, over FastCGI."};

/* Answers come and go by tens of kilobytes: memory that is given back after each has to be cleared and mapped
 * again for the next. */
static void keep_memory(void)
{
  mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
  mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
  mallopt(M_TOP_PAD, KEPT_BYTES / 16);
}

/* Every thread made from here on, libmongoc's too, leaves these to main's sigwait. */
static void hold_signals(sigset_t *ending)
{
  sigemptyset(ending);
  sigaddset(ending, SIGTERM);
  sigaddset(ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, ending, NULL);
  signal(SIGPIPE, SIG_IGN);
}

static void wait_for_end(const sigset_t *ending, struct worker *worker)
{
  int number = 0;
  while (sigwait(ending, &number) != 0)
    continue;
  log_event(LOG_LEVEL_INFO, "worker_stopping", "signal=%s", number == SIGTERM ? "TERM" : "INT");
  worker_stop(worker);
  if (!worker_join(worker, FINISH_WITHIN_MS)) {
    log_event(LOG_LEVEL_ERROR, "worker_stuck", "after_ms=%d", FINISH_WITHIN_MS);
    _exit(EX_TEMPFAIL);
  }
  worker_free(worker);
  log_event(LOG_LEVEL_INFO, "worker_stopped", "%s", "");
}

static enum result serve(struct service *service, const struct conf *conf, const sigset_t *ending,
                         struct err *e)
{
  struct listening listening;
  struct worker *worker;
  enum result r = listening_open(conf->worker_socket, "[worker] socket", &listening, e);
  if (r != RESULT_OK)
    return r;
  r = worker_start(service, listening.fd, &worker, e);
  if (r == RESULT_OK) {
    log_event(LOG_LEVEL_INFO, "worker_started", "threads=%lld", (long long)conf->worker_threads);
    wait_for_end(ending, worker);
  }
  listening_close(&listening);
  return r;
}

static enum result run(const char *config, const sigset_t *ending, struct err *e)
{
  struct conf *conf;
  enum result r = conf_load(config, &conf, e);
  if (r != RESULT_OK)
    return r;
  struct service service = {.conf = conf, .clock = clock_system()};
  waiting_init(&service.waiting, (size_t)conf->worker_threads);
  waiting_init(&service.searching, (size_t)conf->worker_threads / 2);
  router_routes_make(&service.routes);
  counters_open(conf->metrics_directory, COUNTERS_WORKER, &service.routes);
  r = auth_check_conf(conf, e);
  if (r == RESULT_OK)
    r = mongo_open(conf, CONF_WORKER, &service.mongo, e);
  if (r == RESULT_OK) {
    service.ledger = ledger_new(service.mongo);
    r = serve(&service, conf, ending, e);
    ledger_free(service.ledger);
    mongo_free(service.mongo);
  }
  counters_close();
  router_routes_clear(&service.routes);
  waiting_clear(&service.searching);
  waiting_clear(&service.waiting);
  conf_free(conf);
  return r;
}

int main(int argc, char **argv)
{
  const char *config = NULL;
  sigset_t ending;
  struct err e = ERR_NONE;
  argp_parse(&parser, argc, argv, 0, NULL, &config);
  log_init("worker", LOG_LEVEL_INFO);
  keep_memory();
  hold_signals(&ending);
  enum result r = sodium_init() >= 0 ? run(config, &ending, &e)
                                     : err_set(&e, RESULT_INTERNAL, "libsodium: no random bits");
  if (r != RESULT_OK)
    log_event(LOG_LEVEL_ERROR, "worker_failed", "result=%s why=\"%s\"", result_name(r), e.text);
  return exit_status(r, EXIT_STARTING); /* a failure later on is answered, not returned */
}
