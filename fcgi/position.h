/* position: a cluster time as callers see it: opaque text, "p1_" and 16 lower-case hex digits. */
#pragma once

#include <stdbool.h>

#include "base/cluster_time.h"

#define POSITION_TEXT_SIZE 20

const char *position_format(cluster_time time, char out[POSITION_TEXT_SIZE]); /* returns out */
bool position_parse(const char *text, cluster_time *out);
