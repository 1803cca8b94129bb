/* view_plan: which dense strings and slots make up the buckets of the ranges of one answer: hours from hour
 * rows; days, weeks and months from day rows, but days cut by the range from the hour rows inside it. */
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
  guint planned_at; /* the plan's own: the index before buckets were put into order */
};

/* One range of the answer. */
struct view_plan_span {
  GArray *buckets; /* of struct view_plan_bucket, by start */
  GArray *pieces;  /* of struct view_piece */
};

#define VIEW_PLAN_SPANS 3

struct view_plan {
  GArray *sources; /* of struct view_source: each once, whichever spans need it */
  struct view_plan_span spans[VIEW_PLAN_SPANS];
  size_t span_count;
};

void view_plan_init(struct view_plan *plan);
/* Adds a range as the next span, at most VIEW_PLAN_SPANS. */
void view_plan_add(struct view_plan *plan, const struct zone *zone, const struct range *range,
                   enum range_interval interval);
void view_plan_clear(struct view_plan *plan); /* also one that is all zero */

/* The key of a source under a card's prefix; g_free. */
char *view_plan_key(const struct view_source *source, const char *merchant, const char *prefix,
                    const char *currency);
