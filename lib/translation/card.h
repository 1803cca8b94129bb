/* card: what a merchant's rows are made of and since when they are true (Redis key tk:{m}:card), and its text
 * form (docs/data.md, "Card"). */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain/merchant.h"
#include "translation/head.h"
#include "translation/row_codec.h"

#define CARD_PREFIX_SIZE 17 /* 16 hex digits */

struct card {
  char epoch[EPOCH_SIZE];        /* of the head it belongs to */
  char prefix[CARD_PREFIX_SIZE]; /* of all row keys; random, never used twice */
  cluster_time base;             /* the rows were cut at this time */
  char zone[MERCHANT_ZONE_SIZE];
  char zone_rules[17];                /* zone_rules_hash; "-" when the zone is unknown */
  char metric_table[17];              /* metric_table_hash */
  char columns[ROW_LAYOUT_TEXT_SIZE]; /* what its rows keep, in order (row_layout_format) */
  char currencies[MERCHANT_CURRENCIES_MAX][4];
  size_t currency_count;
  int64_t recut; /* the merchant document's counter it was cut for */
  bool cut; /* false: this merchant cannot be cut (its zone is unknown, or its document cannot be read, and
               then it has no currencies); it has no rows and blocks nobody */
};

/* Text form; the caller owns it: g_free. */
char *card_encode(const struct card *card);
MUST_CHECK enum result card_decode(GBytes *bytes, struct card *out, struct err *e);

/* Whether rows under this card are what the document and this build would cut. `zone_rules`: the zone's hash
 * on this machine, or "-". */
bool card_matches(const struct card *card, const struct merchant *merchant, const char *zone_rules);
