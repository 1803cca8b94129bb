#include "bench/clients.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "bench/ticks.h"

#define NS_PER_S 1e9
#define NS_PER_MS 1e6

static const struct argp_option options[] = {
    {.name = "clients", .key = 'c', .arg = "N", .doc = "how many at the same time (default 8)"},
    {.name = "seconds", .key = 's', .arg = "SECONDS", .doc = "how long (default 5)"},
    {.name = "rate",
     .key = 'r',
     .arg = "N",
     .doc = "steps a second, all clients together (default: as many as can be)"},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct clients_plan *plan = state->input;
  if (key == 'c')
    plan->clients = (size_t)g_ascii_strtoull(arg, NULL, 10);
  else if (key == 's')
    plan->seconds = g_ascii_strtod(arg, NULL);
  else if (key == 'r')
    plan->rate = g_ascii_strtod(arg, NULL);
  else
    return ARGP_ERR_UNKNOWN;
  return 0;
}

const struct argp clients_options = {.options = options, .parser = parse_option};

/* ---- one client ---- */

struct client {
  pthread_t thread;
  void *state;
  clients_step step;
  int64_t first_ns, end_ns; /* when its first step is due, and the time after which none begins */
  int64_t every_ns;         /* between two steps; 0 = none */
  size_t failed;
  GArray *durations;
};

static void wait_until(int64_t ns)
{
  struct timespec at = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
    continue;
}

static void *run(void *arg)
{
  struct client *client = arg;
  wait_until(client->first_ns);
  int64_t due_ns = client->first_ns;
  for (int64_t begun = ticks_now_ns(); begun < client->end_ns; begun = ticks_now_ns()) {
    if (client->step(client->state)) {
      int64_t duration = ticks_now_ns() - begun;
      g_array_append_val(client->durations, duration);
    } else {
      client->failed++;
    }
    due_ns += client->every_ns;
    if (client->every_ns > 0)
      wait_until(due_ns);
  }
  return NULL;
}

/* ---- all of them ---- */

static int compare_durations(const void *a, const void *b)
{
  int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
  return (left > right) - (left < right);
}

/* Clients with a rate take turns: the n-th begins n steps after the first. */
static void start(const struct clients_plan *plan, struct client *client, size_t n, int64_t now_ns)
{
  double step_ns = plan->rate > 0 ? NS_PER_S / plan->rate : 0;
  client->first_ns = now_ns + (int64_t)(step_ns * (double)n);
  client->every_ns = (int64_t)(step_ns * (double)plan->clients);
  client->end_ns = now_ns + (int64_t)(plan->seconds * NS_PER_S);
  client->durations = g_array_new(FALSE, FALSE, sizeof(int64_t));
  int error = pthread_create(&client->thread, NULL, run, client);
  if (error != 0)
    g_error("a client cannot be started: %s", g_strerror(error));
}

static void finish(struct client *client, struct clients_report *report)
{
  pthread_join(client->thread, NULL);
  report->failed += client->failed;
  g_array_append_vals(report->durations, client->durations->data, client->durations->len);
  g_array_free(client->durations, TRUE);
}

void clients_run(const struct clients_plan *plan, void *const *clients, clients_step step,
                 struct clients_report *out)
{
  g_autofree struct client *all = g_new0(struct client, plan->clients);
  *out = (struct clients_report){.durations = g_array_new(FALSE, FALSE, sizeof(int64_t))};
  int64_t begun = ticks_now_ns();
  for (size_t i = 0; i < plan->clients; i++) {
    all[i] = (struct client){.state = clients[i], .step = step};
    start(plan, &all[i], i, begun);
  }
  for (size_t i = 0; i < plan->clients; i++)
    finish(&all[i], out);
  out->seconds = (double)(ticks_now_ns() - begun) / NS_PER_S;
  g_array_sort(out->durations, compare_durations);
}

void clients_report_clear(struct clients_report *report)
{
  g_clear_pointer(&report->durations, g_array_unref);
}

/* The duration that this share of the steps did not exceed; 0 without any step. */
static double percentile_ms(const GArray *durations, double share)
{
  if (durations->len == 0)
    return 0;
  guint last = durations->len - 1;
  return (double)g_array_index(durations, int64_t, (guint)(share * last + 0.5)) / NS_PER_MS;
}

void clients_report_print(const struct clients_report *report)
{
  guint done = report->durations->len;
  printf(
      "{\"done\":%u,\"failed\":%zu,\"seconds\":%.3f,\"per_second\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n",
      done, report->failed, report->seconds, done / report->seconds, percentile_ms(report->durations, 0.5),
      percentile_ms(report->durations, 0.99));
}
