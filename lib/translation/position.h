/* position: where a stream is opened (docs/data.md, "Head"): a resume token, which is good for the pipeline
 * that it came from, or a time, "at:<16 hex digits>", which is good for every one. */
#pragma once

#include <stdbool.h>

#include "base/cluster_time.h"

#define POSITION_AT_SIZE 20

/* The position that is a time. Returns `out`. */
const char *position_at(cluster_time at, char out[POSITION_AT_SIZE]);

/* The time of such a position; false when it is a resume token. */
bool position_is_at(const char *position, cluster_time *at);
