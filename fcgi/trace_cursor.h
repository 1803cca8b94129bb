/* trace_cursor: what a trace carries from page to page, so that all its pages are cut from one picture: the
 * time at which the ledger is read, the range as it was understood then, the figure, and the sum so far.
 * Sealed with a keyed hash over that and over what it belongs to: nobody else can make one or use it for
 * another question. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cluster_time.h"
#include "domain/range.h"
#include "domain/ulid.h"
#include "fcgi/cursor.h"
#include "stores/cursor_key.h"

/* How long a cursor can be used, by the time that it pins. MongoDB keeps snapshots for 300 s. */
#define TRACE_CURSOR_VALID_S 240

struct trace_cursor {
  cluster_time at;  /* of the picture: the snapshot of the ledger */
  int64_t as_of_ms; /* its wall time */
  struct range range;
  char currency[4];
  bool complete; /* as the picture's meta said */
  bool known;    /* false: the figure is not */
  int64_t figure;
  int64_t sum;      /* of all pages so far */
  struct ulid last; /* the entry that they ended with */
};

/* What a cursor belongs to; borrowed. */
struct trace_seal {
  const uint8_t *key;     /* CURSOR_KEY_SIZE */
  const uint8_t *hash;    /* CURSOR_HASH_SIZE: route, merchant, parameters */
  const char *zone_rules; /* of the hours in which the range was understood */
};

#define TRACE_CURSOR_SIZE 132

void trace_cursor_seal(const struct trace_cursor *cursor, const struct trace_seal *seal,
                       uint8_t out[TRACE_CURSOR_SIZE]);

/* False when it was not sealed for this. */
bool trace_cursor_open(const uint8_t bytes[TRACE_CURSOR_SIZE], const struct trace_seal *seal,
                       struct trace_cursor *out);
