/* view: reading figures: one MGET returns rows, head, card, parked list and proof of one instant, so that an
 * answer is never mixed, nor with what it is compared with. Reads only; never asks MongoDB.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/comparison.h"
#include "domain/range.h"
#include "domain/row.h"
#include "stores/kv.h"
#include "translation/card.h"
#include "translation/head.h"
#include "translation/parked.h"
#include "translation/proof.h"

/* A bucket as it is served: `known` false: parked (its row then means nothing). */
struct view_bucket {
  int64_t end; /* seconds */
  bool known;
  uint32_t lost; /* bit m: the sum of column m left the exact range */
  struct row row;
};

/* RESULT_OUT_OF_RANGE when that metric is made of a sum that left the exact range. */
MUST_CHECK enum result view_bucket_check(const struct view_bucket *bucket, int metric, struct err *e);

/* One currency's answer. */
struct view_part {
  char currency[4];
  struct view_bucket *buckets; /* [bucket_count], in order, zero-filled */
  size_t bucket_count;
  struct view_bucket total; /* of the whole range; not known when any bucket is not */
};

/* Another stretch of time in the same answer. */
struct view_side {
  struct range range;
  struct view_part *parts; /* as many as the view has, of the same currencies */
};

struct view {
  struct card card;
  const struct zone *zone; /* borrowed from zone_cache */
  struct range range;
  enum range_interval interval;
  cluster_time as_of; /* max(ck, base) */
  int64_t as_of_ms;   /* its wall time */
  bool complete;      /* range end <= as_of, nothing parked in it, not rebuilding */
  bool rebuilding;
  struct parked_list parked;     /* of the whole merchant */
  struct proof proof;            /* what verify found last */
  bool metric_known[METRIC_ALL]; /* false: not kept in the rows of this card: to be shown as unknown */
  struct view_part *parts;       /* one per currency asked for */
  size_t part_count;
  /* With a comparison, else empty. A range that still runs is cut on both sides (comparison_through). */
  struct view_side comparison; /* its range uncut, its parts cut */
  bool cut;
  int64_t through;          /* when cut: seconds */
  struct view_side current; /* when cut: the range up to there */
};

/* How the caller names its range once the zone is known (presets and dates need it). Fills range and
 * interval. */
typedef enum result (*view_range_fn)(void *arg, const struct zone *zone, struct range *range,
                                     enum range_interval *interval, struct err *e);

/* Cards that one thread keeps from question to question, so that the next about the same merchant reads once,
 * not twice. A kept card is a guess: the reading brings the card of its own instant, and when that is another
 * one, all is asked again. Caller owns: view_cards_free. */
struct view_cards;
struct view_cards *view_cards_new(void);
void view_cards_free(struct view_cards *cards);

struct view_question {
  const char *merchant;
  const char *currency; /* NULL: all of the merchant's */
  view_range_fn range;  /* may be called again, for another card's zone; what it said then counts */
  void *range_arg;
  const struct comparison *comparison; /* NULL: none */
  int64_t now; /* seconds; with a comparison: about where the picture may stand, to plan the reading by */
  struct view_cards *cards; /* NULL: none are kept */
};

/* Fills `out` (fresh; on success the caller owns its parts: view_clear).
 * RESULT_UNAVAILABLE: Redis is away, or the card changed twice while reading.
 * RESULT_STALE: no head, no card, another epoch, other definitions, or a card that could not be cut:
 * rebuilding (the text says which). RESULT_INVALID: the range, or a currency that the merchant does not have
 * (text "currency"). RESULT_CORRUPT: stored bytes that no program of ours wrote. */
MUST_CHECK enum result view_read(struct kv *kv, const struct view_question *question, struct view *out,
                                 struct err *e);
void view_clear(struct view *view);

/* Where the picture stands, without rows: for status, after= and max_staleness=. */
struct view_stamp {
  struct card card;
  cluster_time as_of;
  int64_t as_of_ms;
  bool rebuilding;
  cluster_time rebuild_mark;
  struct parked_list parked;
  struct proof proof;
};
MUST_CHECK enum result view_read_stamp(struct kv *kv, const char *merchant, struct view_stamp *out,
                                       struct err *e);
void view_stamp_clear(struct view_stamp *stamp);
