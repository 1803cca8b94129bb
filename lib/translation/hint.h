/* hint: that a merchant's figures changed, and where: what the batch publishes (docs/data.md, "Channels") and
 * what browsers are told. Never a figure.
 *
 *   {"position":"p1_<16 hex digits>","hours":[<UTC start in seconds>,...],"more":<bool>}
 *   {"position":"p1_<16 hex digits>","all":true}
 *
 * `hours`: hours that were computed anew, the first of them only when `more`; `all`: every row. To browsers
 * `position` may be null beside `all`: something may have changed, and nobody knows up to when.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "base/cluster_time.h"

#define HINT_HOURS_MAX 500   /* in one hint, however many are asked for */
#define HINT_BYTES_MAX 16384 /* of a message; a longer one is none of ours */
#define HINT_POSITION_SIZE 20

struct hint {
  bool has_position;
  cluster_time position;
  bool all;
  bool more;
  size_t count;
  int64_t hours[HINT_HOURS_MAX];
};

/* "p1_..." of a cluster time; returns `out`. */
const char *hint_position(cluster_time at, char out[HINT_POSITION_SIZE]);

/* Reads a message exactly as it is written above, byte for byte. False: it is anything else. */
bool hint_parse(const char *text, size_t length, struct hint *out);

/* The hint that says "look at everything". */
void hint_set_all(struct hint *hint);

/* Adds a later hint to an earlier one: its position counts, and of all hours at most `most` are named. */
void hint_merge(struct hint *hint, const struct hint *later, size_t most);

/* Appends it as an event of a stream: "event: changed", "id:" when there is a position, "data:", a blank
 * line.
 */
void hint_write_event(const struct hint *hint, GString *out);
