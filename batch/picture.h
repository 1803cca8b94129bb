/* picture: the head and the cards of all merchants, read at one instant. */
#pragma once

#include <glib.h>

#include "batch/batch.h"
#include "translation/head.h"

struct picture {
  struct head head;
  GPtrArray *ids;   /* of all merchants */
  kv_value *values; /* head, then the card of each */
};

void picture_init(struct picture *picture);
void picture_clear(struct picture *picture);

/* Appends the ids of all merchants as MongoDB has them now to `ids`, which frees them. */
MUST_CHECK enum result picture_list(struct batch *batch, GPtrArray *ids, struct err *e);

/* Reads head and cards of picture->ids. The head is watched, and so are the cards of `watched` (a set of
 * ids). */
MUST_CHECK enum result picture_read(struct picture *picture, struct batch *batch, GHashTable *watched,
                                    struct err *e);

/* The card of picture->ids[i] as it is stored; NULL: none. */
GBytes *picture_card(const struct picture *picture, guint i);

/* A head that cannot be read is as good as none. `head` has been initialized. */
void picture_take_head(GBytes *bytes, struct head *head);
