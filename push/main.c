/* takings-push: tells browsers that figures changed, by server-sent events (docs/api.md, "Live"). */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <argp.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include <event2/event.h>
#include <glib.h>

#include "base/counters.h"
#include "base/exit_status.h"
#include "base/listen.h"
#include "base/log.h"
#include "push/hub.h"
#include "push/streams.h"
#include "stores/changes_feed.h"

/* Streams that are told to end have so long; whoever stops us waits 10 s. */
#define FINISH_WITHIN_S 5
#define FINISH_LOOK_MS 20
/* Descriptors beside the streams': the log, Redis, libevent's, the socket, and requests that are refused. */
#define SPARE_FILES 64

const char *argp_program_version = "takings-push " PACKAGE_VERSION;

static const struct argp_option options[] = {
    {.name = "config",
     .key = 'c',
     .arg = "FILE",
     .doc = "the configuration (default: $TAKINGS_CONFIG, " CONF_DEFAULT_PATH ")"},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  const char **config = state->input;
  if (key != 'c')
    return ARGP_ERR_UNKNOWN;
  *config = arg;
  return 0;
}

static const struct argp parser = {.options = options,
                                   .parser = parse_option,
                                   .doc = "Tells browsers behind nginx that a merchant's figures changed."};

struct push {
  struct conf *conf;
  struct clock *clock;
  struct event_base *base;
  struct hub *hub;
  size_t streams_most; /* at a time */
  struct listening listening;
  struct streams *streams;
  struct changes_feed *feed;
  struct event *tick, *gather, *finish;
  struct event *endings[2];
  int64_t finish_by_ms;
};

static int64_t now_ms(const struct push *push)
{
  return push->clock->monotonic_ms(push->clock);
}

static struct timeval milliseconds(int64_t ms)
{
  return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

/* ---- what the feed tells ---- */

static void on_up(void *arg)
{
  struct push *push = arg;
  hub_feed_up(push->hub, now_ms(push));
}

static void on_down(void *arg)
{
  struct push *push = arg;
  hub_feed_down(push->hub);
}

static void on_changed(void *arg, const char *merchant, const struct hint *hint)
{
  struct push *push = arg;
  hub_changed(push->hub, merchant, hint, now_ms(push));
  if (hub_has_pending(push->hub) && !evtimer_pending(push->gather, NULL)) {
    struct timeval wait = milliseconds(push->conf->push_gather_ms);
    if (evtimer_add(push->gather, &wait) != 0)
      hub_send_pending(push->hub, now_ms(push));
  }
}

static void on_ended(void *arg, const struct ended *ended)
{
  struct push *push = arg;
  hub_ended(push->hub, ended, now_ms(push));
}

/* ---- time ---- */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
  struct push *push = arg;
  (void)fd, (void)what;
  hub_tick(push->hub, changes_feed_probe(push->feed), now_ms(push));
}

static void on_gather(evutil_socket_t fd, short what, void *arg)
{
  struct push *push = arg;
  (void)fd, (void)what;
  hub_send_pending(push->hub, now_ms(push));
}

/* ---- the end ---- */

static void on_finish(evutil_socket_t fd, short what, void *arg)
{
  struct push *push = arg;
  (void)fd, (void)what;
  if (streams_count(push->streams) == 0 || now_ms(push) >= push->finish_by_ms)
    event_base_loopbreak(push->base);
}

static void on_ending(evutil_socket_t number, short what, void *arg)
{
  struct push *push = arg;
  struct timeval look = milliseconds(FINISH_LOOK_MS);
  (void)what;
  if (event_pending(push->finish, EV_TIMEOUT, NULL))
    return;
  log_event(LOG_LEVEL_INFO, "push_stopping", "signal=%s streams=%zu", number == SIGTERM ? "TERM" : "INT",
            streams_count(push->streams));
  push->finish_by_ms = now_ms(push) + FINISH_WITHIN_S * 1000;
  streams_close(push->streams);
  hub_stop(push->hub);
  if (event_add(push->finish, &look) != 0)
    event_base_loopbreak(push->base);
}

/* ---- the parts, in the order in which they begin ---- */

MUST_CHECK static enum result open_conf(struct push *push, const char *config, struct err *e)
{
  return conf_load(config, &push->conf, e);
}

/* How many files may be open, as many as the system allows. */
static rlim_t files_possible(void)
{
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0)
    return RLIM_INFINITY;
  struct rlimit raised = {.rlim_cur = files.rlim_max, .rlim_max = files.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : files.rlim_cur;
}

/* A stream that cannot be taken would wait for nothing. */
static size_t streams_possible(const struct push *push)
{
  size_t wanted = (size_t)push->conf->push_streams;
  rlim_t files = files_possible();
  if (files == RLIM_INFINITY || files >= wanted + SPARE_FILES)
    return wanted;
  size_t possible = files > SPARE_FILES ? (size_t)files - SPARE_FILES : 1;
  log_event(LOG_LEVEL_WARN, "streams_limited", "wanted=%zu possible=%zu why=\"RLIMIT_NOFILE\"", wanted,
            possible);
  return possible;
}

static void open_hub(struct push *push)
{
  const struct conf *conf = push->conf;
  struct hub_limits limits = {.streams = streams_possible(push),
                              .streams_of_merchant = (size_t)conf->push_streams_of_merchant,
                              .stream_buffer = (size_t)conf->push_stream_buffer_bytes,
                              .hours = (size_t)conf->push_gather_hours,
                              .stream_ms = conf->push_stream_s * 1000,
                              .gather_ms = conf->push_gather_ms};
  push->hub = hub_new(&limits);
  push->streams_most = limits.streams;
}

MUST_CHECK static enum result open_events(struct push *push, struct err *e)
{
  static const int numbers[] = {SIGTERM, SIGINT};
  struct timeval every = milliseconds(push->conf->push_heartbeat_ms);
  push->tick = event_new(push->base, -1, EV_PERSIST, on_tick, push);
  push->gather = evtimer_new(push->base, on_gather, push);
  push->finish = event_new(push->base, -1, EV_PERSIST, on_finish, push);
  if (push->tick == NULL || push->gather == NULL || push->finish == NULL)
    return err_set(e, RESULT_INTERNAL, "libevent has no timers");
  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
    push->endings[i] = evsignal_new(push->base, numbers[i], on_ending, push);
    if (push->endings[i] == NULL || event_add(push->endings[i], NULL) != 0)
      return err_set(e, RESULT_INTERNAL, "libevent takes no signals");
  }
  if (event_add(push->tick, &every) != 0)
    return err_set(e, RESULT_INTERNAL, "libevent takes no timer");
  return RESULT_OK;
}

static void close_events(struct push *push)
{
  struct event *const events[] = {push->endings[0], push->endings[1], push->finish, push->gather, push->tick};
  for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
    if (events[i] != NULL)
      event_free(events[i]);
}

MUST_CHECK static enum result open_feed(struct push *push, struct err *e)
{
  struct changes_listener listener = {
      .arg = push, .up = on_up, .down = on_down, .changed = on_changed, .ended = on_ended};
  return changes_feed_new(push->base, push->conf, CONF_PUSH, &listener, &push->feed, e);
}

MUST_CHECK static enum result serve(struct push *push, struct err *e)
{
  enum result r = listening_open(push->conf->push_socket, "[push] socket", &push->listening, e);
  if (r != RESULT_OK)
    return r;
  r = streams_new(push->base, push->hub, push->clock, push->listening.fd,
                  (size_t)push->conf->push_stream_buffer_bytes, &push->streams, e);
  if (r == RESULT_OK) {
    log_event(LOG_LEVEL_INFO, "push_started", "streams=%zu", push->streams_most);
    if (event_base_dispatch(push->base) < 0)
      r = err_set(e, RESULT_INTERNAL, "libevent's loop failed");
    hub_stop(push->hub);
    streams_free(push->streams);
    log_event(LOG_LEVEL_INFO, "push_stopped", "%s", "");
  }
  listening_close(&push->listening);
  return r;
}

static enum result run(const char *config, struct err *e)
{
  struct push push = {.clock = clock_system()};
  enum result r = open_conf(&push, config, e);
  if (r != RESULT_OK)
    return r;
  counters_open(push.conf->metrics_directory, COUNTERS_PUSH, &(struct counters_routes){.count = 0});
  push.base = event_base_new();
  open_hub(&push);
  r = push.base != NULL ? open_events(&push, e) : err_set(e, RESULT_INTERNAL, "libevent has no base");
  if (r == RESULT_OK)
    r = open_feed(&push, e);
  if (r == RESULT_OK)
    r = serve(&push, e);
  changes_feed_free(push.feed);
  close_events(&push);
  hub_free(push.hub);
  if (push.base != NULL)
    event_base_free(push.base);
  counters_close();
  conf_free(push.conf);
  return r;
}

static void log_libevent(int severity, const char *message)
{
  char quoted[256];
  if (severity >= EVENT_LOG_WARN)
    log_event(LOG_LEVEL_WARN, "libevent", "message=%s", log_quote(quoted, sizeof quoted, message));
}

int main(int argc, char **argv)
{
  const char *config = NULL;
  struct err e = ERR_NONE;
  argp_parse(&parser, argc, argv, 0, NULL, &config);
  log_init("push", LOG_LEVEL_INFO);
  event_set_log_callback(log_libevent);
  signal(SIGPIPE, SIG_IGN);
  enum result r = run(config, &e);
  if (r != RESULT_OK)
    log_event(LOG_LEVEL_ERROR, "push_failed", "result=%s why=\"%s\"", result_name(r), e.text);
  return exit_status(r, EXIT_STARTING); /* a failure later on ends nothing, but the loop's own */
}
