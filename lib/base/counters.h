/* counters: what this process has done, for a monitoring system: one file per process in the folder of
 * `[metrics] directory`, mapped into memory, so that what a killed process counted is kept.
 *
 * Like the log, they are the process's own: from anywhere, by any thread, and for nothing but being told. A
 * program that has not called counters_open counts nothing.
 *
 * A file is called "<program>-<01 .. 64>" and belongs to the process that holds its lock (F_OFD_SETLK). One
 * that starts takes over the first file of its kind that nobody holds and goes on counting there: counts
 * never go back, and there are never more files than processes at one time. In it: a header, and the slots of
 * the program's families, 64-bit integers of this machine. The header's layout is a hash over the families
 * and routes: a file of another build is begun anew by whoever takes it over.
 */
#pragma once

#include "base/counter_table.h"
#include "base/err.h"

#define COUNTERS_FILES_MAX 64

/* The worker's routes as labels, `method="GET",route="/v1/..."`; the last one stands for all others. No
 * families of other programs have routes. */
struct counters_routes {
  const char *const *labels;
  size_t count;
};

/* Takes a file of this kind in `directory` and begins to count; once, before the threads start. `routes` is
 * only looked at by the worker. A failure ends nothing: it is logged, and nothing is counted. */
void counters_open(const char *directory, enum counter_program program, const struct counters_routes *routes);
/* Gives the file to whoever comes next. After the threads have ended. */
void counters_close(void);

/* COUNTER_TOTAL and COUNTER_LIVE. `value`: the index of the label's value, 0 without a label. */
void counter_add(enum counter counter, size_t value, int64_t n);
/* The same for a family with routes. */
void counter_add_route(enum counter counter, size_t route, size_t value, int64_t n);
/* COUNTER_HISTOGRAM, in the table's units; `route` 0 for a family without routes. */
void counter_observe(enum counter counter, size_t route, int64_t amount);
/* COUNTER_LAST; `now_ms`: wall time. */
void counter_set(enum counter counter, size_t value, int64_t amount, int64_t now_ms);

/* ---- the layout, for whoever reads the files (base/counters_read.h) ---- */

struct counters_header {
  char magic[16];  /* COUNTERS_MAGIC */
  uint64_t layout; /* counters_layout */
  uint64_t slots;  /* that follow */
};
#define COUNTERS_MAGIC "takings count 1"

struct counters_layout {
  size_t first[COUNTERS]; /* slot of each family; unused for one that the program does not count */
  size_t slots;
  uint64_t hash;
};

void counters_layout_make(enum counter_program program, const struct counters_routes *routes,
                          struct counters_layout *out);
/* Slots of one label value of a family: 1; 2 for COUNTER_LAST (value, and when in ms); for a histogram one
 * for each bucket and one for the sum. */
size_t counters_width(const struct counter_family *family);
