#include "batch/folds.h"

#include <string.h>

#include "domain/bucket.h"

void folds_init(struct folds *folds)
{
  folds->groups = g_array_new(FALSE, FALSE, sizeof(struct folded));
  folds->corrupt = g_array_new(FALSE, FALSE, sizeof(struct fold_range));
}

void folds_clear(struct folds *folds)
{
  g_clear_pointer(&folds->groups, g_array_unref);
  g_clear_pointer(&folds->corrupt, g_array_unref);
}

static void collect_group(const struct fold_group *group, void *arg)
{
  GArray *groups = arg;
  struct folded folded = {.start = group->start, .poison = group->poison};
  g_strlcpy(folded.merchant, group->merchant, sizeof folded.merchant);
  g_strlcpy(folded.currency, group->currency, sizeof folded.currency);
  memcpy(folded.columns, group->columns, sizeof folded.columns);
  g_array_append_val(groups, folded);
}

enum result folds_collect(struct folds *folds, struct batch *batch, cluster_time at,
                          const struct fold_range *ranges, size_t count, int step, struct err *e)
{
  if (count == 0)
    return RESULT_OK;
  guint before = folds->groups->len;
  struct err why = ERR_NONE;
  enum result r =
      batch->source->fold(batch->source, at, ranges, count, step, collect_group, folds->groups, &why);
  if (r == RESULT_OK)
    return r;
  g_array_set_size(folds->groups, before);
  if (r != RESULT_CORRUPT)
    return err_set(e, r, "%s", why.text);
  if (count == 1) {
    g_array_append_val(folds->corrupt, ranges[0]);
    return RESULT_OK;
  }
  size_t half = count / 2;
  r = folds_collect(folds, batch, at, ranges, half, step, e);
  return r == RESULT_OK ? folds_collect(folds, batch, at, ranges + half, count - half, step, e) : r;
}

/* Where a span of more than one local hour is cut in two, at the end of an hour near its middle. */
static bool middle_of(const struct zone *zone, const struct fold_range *span, int64_t *middle)
{
  struct bucket_hour first, hour;
  bucket_hour_at(zone, span->from, &first);
  if (first.end >= span->to)
    return false;
  bucket_hour_at(zone, span->from + (span->to - span->from) / 2, &hour);
  *middle = MAX(first.end, hour.start);
  return true;
}

enum result folds_collect_span(struct folds *folds, struct batch *batch, cluster_time at,
                               const struct zone *zone, const struct fold_range *span, int step,
                               struct err *e)
{
  int64_t middle;
  guint corrupt = folds->corrupt->len;
  enum result r = folds_collect(folds, batch, at, span, 1, step, e);
  if (r != RESULT_OK || folds->corrupt->len == corrupt || !middle_of(zone, span, &middle))
    return r;
  g_array_set_size(folds->corrupt, corrupt);
  struct fold_range earlier = *span, later = *span;
  earlier.to = later.from = middle;
  r = folds_collect_span(folds, batch, at, zone, &earlier, step, e);
  return r == RESULT_OK ? folds_collect_span(folds, batch, at, zone, &later, step, e) : r;
}

struct fold_group folds_group(const struct folded *folded)
{
  struct fold_group group = {.merchant = folded->merchant,
                             .currency = folded->currency,
                             .start = folded->start,
                             .poison = folded->poison};
  memcpy(group.columns, folded->columns, sizeof group.columns);
  return group;
}
