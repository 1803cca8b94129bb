/* event: what the change stream tells of one write: whose figures it moves, and the stream's position after
 * it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cluster_time.h"
#include "domain/entry.h"
#include "domain/merchant.h"

enum event_kind {
  EVENT_LEDGER,   /* an entry was inserted */
  EVENT_MERCHANT, /* a merchant's document changed */
  EVENT_TIME,     /* the heartbeat: nothing but time */
  EVENT_FOREIGN,  /* a key that does not parse; goes to quarantine */
  EVENT_DISASTER, /* drop, rename, invalidate: rebuild */
};

struct event {
  enum event_kind kind;
  cluster_time at;
  int64_t wall_ms;
  bool bulk;                        /* others may follow with the same cluster time */
  char merchant[MERCHANT_ID_SIZE];  /* EVENT_LEDGER, EVENT_MERCHANT */
  bool made;                        /* EVENT_MERCHANT: the document is a new one, maybe again */
  int64_t business_ms;              /* EVENT_LEDGER */
  char request_id[REQUEST_ID_SIZE]; /* EVENT_LEDGER: of the request that wrote it; "": unknown */
  const char *token;                /* resume token of this event, base64; borrowed */
};
