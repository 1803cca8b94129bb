/* flush: brings the rows of what the change stream named up to the time `to`, and moves the checkpoint there
 * (docs/protocol.md, "Flush"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "base/cluster_time.h"
#include "batch/batch.h"
#include "domain/merchant.h"

/* A stretch of a merchant's time in which an entry was written: a UTC minute, or a UTC hour where minutes
 * grew too many. */
struct flush_dirty {
  char merchant[MERCHANT_ID_SIZE];
  int64_t start;
  int64_t width; /* BUCKET_MINUTE or 3600 */
};

/* A merchant whose document changed. */
struct flush_ask {
  char merchant[MERCHANT_ID_SIZE];
  cluster_time at; /* of the last such event */
  bool must; /* re-cut it even when the document matches the card: its dirty minutes were given up; or it is a
                new document, which a rebuild has passed over while there was none */
};

/* All events with from < cluster time <= to. */
struct flush {
  cluster_time from, to;
  int64_t to_wall_ms;
  char *token;       /* resume token at `to`, base64; owned */
  char pipeline[17]; /* of the stream the token belongs to */
  GArray *dirty;     /* of struct flush_dirty, none twice */
  GArray *asks;      /* of struct flush_ask, a merchant once */
  GPtrArray *traced; /* request ids (char *, owned) of the entries, none twice */
  int64_t untraced;  /* entries whose ids were too many to be kept */
};

void flush_init(struct flush *flush);
void flush_clear(struct flush *flush);

enum flush_outcome {
  FLUSH_DONE,    /* ck = to */
  FLUSH_DROPPED, /* ck >= to already: somebody else did it */
  FLUSH_LOST,    /* no ck, or ck < from: the store lost something; reopen the stream at the stored token */
  FLUSH_STALE,   /* `to` cannot be read any more: gather on to a newer one */
  FLUSH_RETRY,   /* transient: nothing was written; try again, merged into the next */
};

/* `e` says why when the outcome is FLUSH_STALE or FLUSH_RETRY. */
enum flush_outcome flush_run(struct batch *batch, const struct flush *flush, struct err *e);

const char *flush_outcome_name(enum flush_outcome outcome);

/* Logs which requests' entries the flush brought into the figures, some in a line. */
void flush_log_traced(const struct flush *flush);
