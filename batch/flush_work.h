/* flush_work: one flush while it is under way: the merchants it touches with their cards and sheets. Private
 * to flush. */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "batch/flush.h"
#include "batch/folds.h"
#include "batch/sheet.h"
#include "translation/card.h"
#include "translation/head.h"

struct flush_merchant {
  char id[MERCHANT_ID_SIZE];
  GBytes *card_bytes;      /* as stored; NULL: no card */
  struct card card;        /* all zero when there is none that can be read */
  bool unknown;            /* its rows cannot be kept true: the commit takes the card away */
  const struct zone *zone; /* NULL: left out: no card, not cut, or base >= to; or it could not be opened */
  struct sheet sheet;      /* when zone is set */
  GArray *lost_hours;      /* of struct bucket_hour: an entry of an unknown currency cannot be read */
  guint first_key;         /* of its keys in the commit's reading */
};

struct flush_work {
  struct batch *batch;
  const struct flush *flush;
  struct head head;
  GPtrArray *merchants;     /* of struct flush_merchant: all that are dirty or ask */
  GHashTable *by_id;        /* the same, borrowed */
  int64_t parked, unparked; /* hours that the commit under way parks; net, for each merchant */
};

void flush_work_init(struct flush_work *work, struct batch *batch, const struct flush *flush);
void flush_work_clear(struct flush_work *work);

struct flush_merchant *flush_work_find(struct flush_work *work, const char *id);

/* Reads head and cards anew and forgets all sheets. */
MUST_CHECK enum result flush_work_read(struct flush_work *work, struct err *e);

/* Whether the merchant's card is of the live epoch. */
bool flush_work_live(const struct flush_work *work, const struct flush_merchant *merchant);

/* Leaves the merchant out, and has the commit take its card away. */
void flush_work_give_up(struct flush_merchant *merchant);

/* Folds everything dirty of the merchants that are not left out into their sheets. */
MUST_CHECK enum result flush_work_fold(struct flush_work *work, struct err *e);

/* The one transaction. RESULT_CONFLICT: redo from the reading (flush_work_read). RESULT_CORRUPT: the stored
 * rows of
 * `*broken` cannot be read and want a re-cut. */
MUST_CHECK enum result flush_work_commit(struct flush_work *work, struct flush_merchant **broken,
                                         struct err *e);

/* Whether the head allows this flush. */
enum flush_outcome flush_work_position(const struct flush_work *work);
