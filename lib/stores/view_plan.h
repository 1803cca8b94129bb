/* view_plan: which dense strings and slots make up the buckets of a range: hours from hour rows; days from
 * day rows, but days cut by a range of instants from the hour rows inside it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "domain/range.h"

enum view_source_kind { VIEW_HOURS, VIEW_DAYS };

/* A dense string, the same for each currency. */
struct view_source {
  enum view_source_kind kind;
  civil_day date; /* of the hours, or 1 January of the days' year */
};

/* One slot that belongs to a bucket. */
struct view_piece {
  guint bucket;
  guint source;
  size_t slot;
  struct bucket_hour hour; /* VIEW_HOURS */
  civil_day date;          /* VIEW_DAYS */
  int64_t start;
};

struct view_plan_bucket {
  int64_t start, end;
};

struct view_plan {
  GArray *buckets; /* of struct view_plan_bucket, by start */
  GArray *pieces;  /* of struct view_piece */
  GArray *sources; /* of struct view_source */
};

void view_plan_init(struct view_plan *plan, const struct zone *zone, const struct range *range,
                    enum range_interval interval);
void view_plan_clear(struct view_plan *plan);

/* The key of a source under a card's prefix; g_free. */
char *view_plan_key(const struct view_source *source, const char *merchant, const char *prefix,
                    const char *currency);
