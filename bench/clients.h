/* clients: several clients that repeat a step at the same time, each in a thread of its own, and how long
 * each step took.
 *
 * Without a rate a client begins a step when its last one has ended. With a rate all clients together begin
 * that many steps a second, evenly; a step that is late begins at once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <argp.h>
#include <glib.h>

struct clients_plan {
  size_t clients;
  double seconds;
  double rate; /* steps a second of all clients together; 0 = as fast as they can */
};

/* Options --clients, --seconds and --rate; the input is a struct clients_plan, which holds the defaults. */
extern const struct argp clients_options;

/* One step of one client; false: it failed. */
typedef bool (*clients_step)(void *client);

struct clients_report {
  double seconds;    /* from the first step's begin to the last one's end */
  size_t failed;     /* steps; they are in no other figure */
  GArray *durations; /* of int64_t: nanoseconds of the steps that succeeded, ascending */
};

/* `clients` has plan->clients states, each used by one thread. Caller owns *out: clients_report_clear. */
void clients_run(const struct clients_plan *plan, void *const *clients, clients_step step,
                 struct clients_report *out);
void clients_report_clear(struct clients_report *report);

/* One line of JSON on standard output: done, failed, seconds, per_second, p50_ms, p99_ms. */
void clients_report_print(const struct clients_report *report);
