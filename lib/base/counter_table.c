#include "base/counter_table.h"

#include <string.h>

#define WORKER (1U << COUNTERS_WORKER)
#define TAILER (1U << COUNTERS_TAILER)
#define BATCH (1U << COUNTERS_BATCH)
#define PUSH (1U << COUNTERS_PUSH)
#define OF_MONGODB (WORKER | TAILER | BATCH)
#define OF_REDIS (OF_MONGODB | PUSH)
#define MICROSECONDS 1000000
#define MILLISECONDS 1000

static const char *const programs[] = {"worker", "tailer", "batch", "push", NULL};
static const char *const statuses[] = {"200", "201", "202", "204", "304",   "400", "401", "403",
                                       "404", "405", "406", "411", "413",   "415", "422", "429",
                                       "500", "501", "503", "505", "other", NULL};
static const char *const reasons[] = {"pool", "door", NULL};
/* as in domain/event.h */
static const char *const event_kinds[] = {"ledger", "merchant", "time", "foreign", "disaster", NULL};
/* as in batch/flush.h and batch/rebuild.h */
static const char *const flush_outcomes[] = {"done", "dropped", "lost", "stale", "retry", NULL};
static const char *const rebuild_outcomes[] = {"done", "lost", "retry", NULL};
static const char *const recut_results[] = {"done", "failed", NULL};
/* as in translation/ended.h */
static const char *const endings[] = {"session", "user", "key", NULL};
/* as in push/hub.h */
static const char *const leavings[] = {"left", "age", "ended", "slow", "stopped", NULL};
static const char *const stream_events[] = {"changed", "heartbeat", NULL};
static const char *const commands[] = {"close hour", "close day", "verify", NULL};

static const int64_t request_us[] = {500,    1000,   2500,   5000,    10000,   25000,   50000,
                                     100000, 250000, 500000, 1000000, 2500000, 5000000, 0};
static const int64_t flush_us[] = {2000,   5000,    10000,   25000,   50000,    100000, 250000,
                                   500000, 1000000, 2500000, 5000000, 10000000, 0};
static const int64_t flush_sizes[] = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 20000, 0};

const struct counter_family counter_table[COUNTERS] = {
    [COUNTER_BUILD_INFO] = {.name = "takings_build_info",
                            .help = "The build that answers; always 1.",
                            .type = COUNTER_ASKED},
    [COUNTER_COUNTERS_UP] =
        {.name = "takings_counters_up",
         .help = "Whether the folder of the processes' counters can be read. 0: the counts are "
                 "absent.",
         .type = COUNTER_ASKED},
    [COUNTER_PROCESSES] = {.name = "takings_processes",
                           .help = "Running processes.",
                           .type = COUNTER_ASKED,
                           .label = "program",
                           .values = programs},
    [COUNTER_MONGODB_UP] = {.name = "takings_mongodb_up",
                            .help = "Whether MongoDB answers the worker.",
                            .type = COUNTER_ASKED},
    [COUNTER_REDIS_UP] = {.name = "takings_redis_up",
                          .help = "Whether Redis answers the worker.",
                          .type = COUNTER_ASKED},
    [COUNTER_AS_OF] = {.name = "takings_as_of_timestamp_seconds",
                       .help = "Up to when the figures are exact.",
                       .type = COUNTER_ASKED},
    [COUNTER_LAG] = {.name = "takings_lag_seconds", .help = "How long ago that was.", .type = COUNTER_ASKED},
    [COUNTER_REBUILDING] = {.name = "takings_rebuilding",
                            .help = "Whether all figures are being cut anew.",
                            .type = COUNTER_ASKED},

    [COUNTER_REQUESTS] = {.name = "takings_requests_total",
                          .help = "Answers by route and status.",
                          .type = COUNTER_TOTAL,
                          .programs = WORKER,
                          .by_route = true,
                          .sparse = true,
                          .label = "status",
                          .values = statuses},
    [COUNTER_REQUEST_DURATION] = {.name = "takings_request_duration_seconds",
                                  .help = "From a request's acceptance to the end "
                                          "of its answer.",
                                  .type = COUNTER_HISTOGRAM,
                                  .programs = WORKER,
                                  .by_route = true,
                                  .sparse = true,
                                  .bounds = request_us,
                                  .unit = MICROSECONDS},
    [COUNTER_REQUESTS_IN_FLIGHT] = {.name = "takings_requests_in_flight",
                                    .help = "Requests being answered.",
                                    .type = COUNTER_LIVE,
                                    .programs = WORKER},
    [COUNTER_THREADS] = {.name = "takings_worker_threads",
                         .help = "Requests that can be answered at once.",
                         .type = COUNTER_LIVE,
                         .programs = WORKER},
    [COUNTER_MONGODB_CLIENTS] = {.name = "takings_mongodb_clients_in_use",
                                 .help = "Clients taken from the pools.",
                                 .type = COUNTER_LIVE,
                                 .programs = OF_MONGODB,
                                 .by_program = true},
    [COUNTER_MONGODB_REFUSED] = {.name = "takings_mongodb_refused_total",
                                 .help = "Calls that were given no client: the pool "
                                         "had none, or the door let nobody in because MongoDB hangs.",
                                 .type = COUNTER_TOTAL,
                                 .programs = OF_MONGODB,
                                 .by_program = true,
                                 .label = "reason",
                                 .values = reasons},
    [COUNTER_REDIS_CONNECTIONS] = {.name = "takings_redis_connections_total",
                                   .help = "Connections made.",
                                   .type = COUNTER_TOTAL,
                                   .programs = OF_REDIS,
                                   .by_program = true},
    [COUNTER_REDIS_FAILURES] = {.name = "takings_redis_failures_total",
                                .help = "Connections given up: refused, broken, or "
                                        "no answer in time.",
                                .type = COUNTER_TOTAL,
                                .programs = OF_REDIS,
                                .by_program = true},
    [COUNTER_ENDED_UNTOLD] = {.name = "takings_ended_untold_total",
                              .help = "Ends of a session, of all sessions of a user, or of a key, of which "
                                      "takings-push could not be told: streams go on until their time is up.",
                              .type = COUNTER_TOTAL,
                              .programs = WORKER,
                              .label = "kind",
                              .values = endings},

    [COUNTER_EVENTS] = {.name = "takings_events_total",
                        .help = "Events of the change stream.",
                        .type = COUNTER_TOTAL,
                        .programs = TAILER,
                        .label = "kind",
                        .values = event_kinds},
    [COUNTER_STREAM_OPENED] = {.name = "takings_stream_opened_total",
                               .help = "Openings of the change stream.",
                               .type = COUNTER_TOTAL,
                               .programs = TAILER},
    [COUNTER_STREAM_FAILURES] = {.name = "takings_stream_failures_total",
                                 .help = "Failures of the change stream.",
                                 .type = COUNTER_TOTAL,
                                 .programs = TAILER},
    [COUNTER_BATCH_DEATHS] = {.name = "takings_batch_deaths_total",
                              .help = "Batch processes that ended under the tailer.",
                              .type = COUNTER_TOTAL,
                              .programs = TAILER},

    [COUNTER_FLUSHES] = {.name = "takings_flushes_total",
                         .help = "Flushes by outcome.",
                         .type = COUNTER_TOTAL,
                         .programs = BATCH,
                         .label = "outcome",
                         .values = flush_outcomes},
    [COUNTER_FLUSH_BUCKETS] = {.name = "takings_flush_buckets",
                               .help = "Changed buckets of a flush; 0 moves only time.",
                               .type = COUNTER_HISTOGRAM,
                               .programs = BATCH,
                               .bounds = flush_sizes,
                               .unit = 1},
    [COUNTER_FLUSH_DURATION] = {.name = "takings_flush_duration_seconds",
                                .help = "Time that a flush took.",
                                .type = COUNTER_HISTOGRAM,
                                .programs = BATCH,
                                .bounds = flush_us,
                                .unit = MICROSECONDS},
    [COUNTER_ROWS_WRITTEN] = {.name = "takings_rows_written_total",
                              .help = "Rows of minutes, hours and days written.",
                              .type = COUNTER_TOTAL,
                              .programs = BATCH},
    [COUNTER_PARKED] = {.name = "takings_parked_total",
                        .help = "Hours that flushes parked because they cannot be summed.",
                        .type = COUNTER_TOTAL,
                        .programs = BATCH},
    [COUNTER_UNPARKED] = {.name = "takings_unparked_total",
                          .help = "Parked hours that could be summed later.",
                          .type = COUNTER_TOTAL,
                          .programs = BATCH},
    [COUNTER_PARKED_HOURS] = {.name = "takings_parked_hours",
                              .help = "Hours that the last `close hour` left parked.",
                              .type = COUNTER_LAST,
                              .programs = BATCH},
    [COUNTER_DRIFT] = {.name = "takings_drift_total",
                       .help = "Buckets that differed from the ledger when a command compared "
                               "them.",
                       .type = COUNTER_TOTAL,
                       .programs = BATCH,
                       .label = "command",
                       .values = commands},
    [COUNTER_RECUTS] = {.name = "takings_recuts_total",
                        .help = "Merchants cut anew.",
                        .type = COUNTER_TOTAL,
                        .programs = BATCH,
                        .label = "result",
                        .values = recut_results},
    [COUNTER_REBUILDS] = {.name = "takings_rebuilds_total",
                          .help = "Rebuilds by outcome.",
                          .type = COUNTER_TOTAL,
                          .programs = BATCH,
                          .label = "outcome",
                          .values = rebuild_outcomes},
    [COUNTER_REBUILD_MERCHANTS] = {.name = "takings_rebuild_merchants",
                                   .help = "Merchants of the last rebuild.",
                                   .type = COUNTER_LAST,
                                   .programs = BATCH},
    [COUNTER_REBUILD_MERCHANTS_DONE] = {.name = "takings_rebuild_merchants_done",
                                        .help = "Those of them that were cut.",
                                        .type = COUNTER_LAST,
                                        .programs = BATCH},
    [COUNTER_COMMAND_SUCCESS] =
        {.name = "takings_command_success_timestamp_seconds",
         .help = "When a command of cron's last went through all merchants without failure.",
         .type = COUNTER_LAST,
         .programs = BATCH,
         .label = "command",
         .values = commands,
         .unit = MILLISECONDS},

    [COUNTER_STREAMS] = {.name = "takings_push_streams",
                         .help = "Open streams of hints.",
                         .type = COUNTER_LIVE,
                         .programs = PUSH},
    [COUNTER_STREAMS_ENDED] = {.name = "takings_push_streams_ended_total",
                               .help = "Streams that ended, and why.",
                               .type = COUNTER_TOTAL,
                               .programs = PUSH,
                               .label = "reason",
                               .values = leavings},
    [COUNTER_STREAM_EVENTS] = {.name = "takings_push_events_total",
                               .help = "Events sent, to each stream.",
                               .type = COUNTER_TOTAL,
                               .programs = PUSH,
                               .label = "event",
                               .values = stream_events},
};

const char *counter_program_name(enum counter_program program)
{
  return programs[program];
}

size_t counter_value_count(const struct counter_family *family)
{
  size_t count = 0;
  while (family->values != NULL && family->values[count] != NULL)
    count++;
  return family->values != NULL ? count : 1;
}

size_t counter_bucket_count(const struct counter_family *family)
{
  size_t count = 0;
  while (family->bounds[count] != 0)
    count++;
  return count + 1;
}

size_t counter_value_find(enum counter counter, const char *value)
{
  const char *const *values = counter_table[counter].values;
  size_t i = 0;
  while (values[i + 1] != NULL && strcmp(values[i], value) != 0)
    i++;
  return i;
}
