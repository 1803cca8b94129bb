/* view_reading: the reading that views and stamps are made of: one MGET of head, card, proof, parked list and
 * whatever else, all under one and the same card. For the view's own files. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "base/cluster_time.h"
#include "stores/kv.h"
#include "stores/view.h"
#include "translation/card.h"

/* The keys that every reading begins with, in this order; what was added comes behind them. */
enum { READ_HEAD, READ_CARD, READ_PROOF, READ_PARKED, READ_FIXED };

struct reading {
  GPtrArray *keys;
  kv_value *values;
  GBytes *card_bytes; /* they tell whether a later reading saw the same card */
  struct card card;
};

/* Adds keys (g_free) to be read under that card. */
typedef enum result (*reading_keys_fn)(void *arg, const struct card *card, GPtrArray *keys, struct err *e);

/* Reads the fixed keys and whatever `add_keys` (NULL: nothing) adds at one instant, under one and the same
 * card: when the card that comes with the rows is not the one the keys were made from, once again. A card of
 * `cards` (NULL: none are kept) is tried first. `out` is all zero or cleared; on success the caller owns it:
 * reading_clear. RESULT_STALE: no card. RESULT_UNAVAILABLE: Redis is away, or the card changed twice.
 * RESULT_CORRUPT, and what `add_keys` says. */
MUST_CHECK enum result reading_get(struct reading *out, struct kv *kv, const char *merchant,
                                   struct view_cards *cards, reading_keys_fn add_keys, void *arg,
                                   struct err *e);
void reading_clear(struct reading *reading);

/* Where head and card together say the picture stands. */
struct stand {
  cluster_time as_of;
  int64_t as_of_ms;
  bool rebuilding;
  cluster_time mark;
};

/* RESULT_STALE: no head, another epoch, or a card that could not be cut. */
MUST_CHECK enum result reading_stand(const struct reading *reading, struct stand *out, struct err *e);
