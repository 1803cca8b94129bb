/* counter_table: every figure of operation that Takings tells a monitoring system, in one table: name, help,
 * type, labels. base/counters.h counts, fcgi/scrape.h tells. A name here is a promise to whoever has an alarm
 * on it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who counts: each process has a file of its own kind. */
enum counter_program { COUNTERS_WORKER, COUNTERS_TAILER, COUNTERS_BATCH, COUNTERS_PUSH, COUNTERS_PROGRAMS };

enum counter_type {
  COUNTER_TOTAL,     /* only ever grows, over restarts too; all processes' are added up */
  COUNTER_HISTOGRAM, /* the same for each bucket and the sum */
  COUNTER_LIVE,      /* what running processes have just now, added up */
  COUNTER_LAST,      /* what some process found last; absent until one has */
  COUNTER_ASKED,     /* found out at each scrape; absent when it cannot be */
};

enum counter {
  COUNTER_BUILD_INFO,
  COUNTER_COUNTERS_UP,
  COUNTER_PROCESSES,
  COUNTER_MONGODB_UP,
  COUNTER_REDIS_UP,
  COUNTER_AS_OF,
  COUNTER_LAG,
  COUNTER_REBUILDING,
  COUNTER_REQUESTS,
  COUNTER_REQUEST_DURATION,
  COUNTER_REQUESTS_IN_FLIGHT,
  COUNTER_THREADS,
  COUNTER_MONGODB_CLIENTS,
  COUNTER_MONGODB_REFUSED,
  COUNTER_REDIS_CONNECTIONS,
  COUNTER_REDIS_FAILURES,
  COUNTER_ENDED_UNTOLD,
  COUNTER_EVENTS,
  COUNTER_STREAM_OPENED,
  COUNTER_STREAM_FAILURES,
  COUNTER_BATCH_DEATHS,
  COUNTER_FLUSHES,
  COUNTER_FLUSH_BUCKETS,
  COUNTER_FLUSH_DURATION,
  COUNTER_ROWS_WRITTEN,
  COUNTER_PARKED,
  COUNTER_UNPARKED,
  COUNTER_PARKED_HOURS,
  COUNTER_DRIFT,
  COUNTER_RECUTS,
  COUNTER_REBUILDS,
  COUNTER_REBUILD_MERCHANTS,
  COUNTER_REBUILD_MERCHANTS_DONE,
  COUNTER_COMMAND_SUCCESS,
  COUNTER_STREAMS,
  COUNTER_STREAMS_ENDED,
  COUNTER_STREAM_EVENTS,
  COUNTERS
};

/* The indexes of the labels' values in the table. */
enum { COUNTER_FROM_POOL, COUNTER_FROM_DOOR };
enum { COUNTER_COMMAND_CLOSE_HOUR, COUNTER_COMMAND_CLOSE_DAY, COUNTER_COMMAND_VERIFY };
enum { COUNTER_RECUT_DONE, COUNTER_RECUT_FAILED };
enum { COUNTER_EVENT_CHANGED, COUNTER_EVENT_HEARTBEAT };

struct counter_family {
  const char *name;
  const char *help;
  enum counter_type type;
  unsigned programs;         /* bits 1 << enum counter_program; 0: COUNTER_ASKED */
  bool by_program;           /* has the label `program`; else one program only counts it */
  bool by_route;             /* has the worker's routes as labels `method` and `route` */
  bool sparse;               /* a label value that was never counted is left out */
  const char *label;         /* NULL: none */
  const char *const *values; /* of the label, NULL-terminated; NULL: none */
  const int64_t *bounds;     /* of a histogram: upper bounds, ascending, ended by 0 */
  int64_t unit;              /* so many make one in the text: 1000000 for microseconds told in seconds */
};

extern const struct counter_family counter_table[COUNTERS];

/* "worker" */
const char *counter_program_name(enum counter_program program);

/* How many values the family's label has; 1 without a label. */
size_t counter_value_count(const struct counter_family *family);

/* How many buckets a histogram has, that without an upper bound included. */
size_t counter_bucket_count(const struct counter_family *family);

/* The index of a label's value; the last one (for all others) when the table has it not. */
size_t counter_value_find(enum counter counter, const char *value);
