#include "batch/folds.h"

#include <string.h>

#include "base/mutant.h"
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

bool folds_shorten(int64_t tried, int64_t least, int64_t *length)
{
  *length = MAX(tried / FOLDS_CUT, least);
  return *length < tried;
}

/* What had been collected, to go back to. */
struct collected {
  guint groups, corrupt;
};

static struct collected so_far(const struct folds *folds)
{
  return (struct collected){.groups = folds->groups->len, .corrupt = folds->corrupt->len};
}

static void go_back(struct folds *folds, const struct collected *before)
{
  g_array_set_size(folds->groups, before->groups);
  g_array_set_size(folds->corrupt, before->corrupt);
}

/* One aggregate. */
MUST_CHECK static enum result collect(struct folds *folds, struct batch *batch, cluster_time at,
                                      const struct fold_range *ranges, size_t count, int step, struct err *e)
{
  struct collected before = so_far(folds);
  struct fold_source *source = batch->source;
  enum result r = source->fold(source, at, ranges, count, step, collect_group, folds->groups, e);
  if (r != RESULT_OK)
    go_back(folds, &before);
  return r;
}

MUST_CHECK static enum result collect_paced(struct folds *folds, struct batch *batch, cluster_time at,
                                            const struct fold_range *ranges, size_t count, int64_t length,
                                            int step, struct err *e);

static GArray *minutes_of(const struct fold_range *range)
{
  GArray *minutes = g_array_new(FALSE, FALSE, sizeof(struct fold_range));
  struct fold_range minute = *range;
  for (; minute.from < range->to; minute.from = minute.to) {
    minute.to = MIN(minute.from - minute.from % BUCKET_MINUTE + BUCKET_MINUTE, range->to);
    g_array_append_val(minutes, minute);
  }
  return minutes;
}

/* A range that is more than the store folds at once: by parts of some minutes each, at the same time, so that
 * their sums add up to the range's. Where a part cannot be summed the range cannot. */
MUST_CHECK static enum result collect_parts(struct folds *folds, struct batch *batch, cluster_time at,
                                            const struct fold_range *range, int step, struct err *e)
{
  struct collected before = so_far(folds);
  g_autoptr(GArray) minutes = minutes_of(range);
  int64_t length;
  if (!folds_shorten(minutes->len, 1, &length))
    return err_set(e, RESULT_UNAVAILABLE, "a minute of %s cannot be folded within the time limit",
                   range->merchant);
  enum result r = collect_paced(folds, batch, at, (const struct fold_range *)(const void *)minutes->data,
                                minutes->len, length, MIN(step, BUCKET_MINUTE), e);
  if (r != RESULT_OK || folds->corrupt->len == before.corrupt)
    return r;
  go_back(folds, &before);
  g_array_append_vals(folds->corrupt, range, 1);
  return RESULT_OK;
}

/* RESULT_TOO_LONG for more than one range only. */
MUST_CHECK static enum result collect_some(struct folds *folds, struct batch *batch, cluster_time at,
                                           const struct fold_range *ranges, size_t count, int step,
                                           struct err *e)
{
  struct err why = ERR_NONE;
  enum result r = collect(folds, batch, at, ranges, count, step, &why);
  if (r == RESULT_TOO_LONG && count == 1)
    return collect_parts(folds, batch, at, ranges, step, e);
  if (r != RESULT_CORRUPT)
    return r == RESULT_OK ? r : err_set(e, r, "%s", why.text);
  if (count == 1) {
    g_array_append_val(folds->corrupt, ranges[0]);
    return RESULT_OK;
  }
  size_t half = count / 2;
  r = collect_some(folds, batch, at, ranges, half, step, e);
  return r == RESULT_OK ? collect_some(folds, batch, at, ranges + half, count - half, step, e) : r;
}

/* `length` ranges by one aggregate, or as many as the store turns out to fold within its time limit. All are
 * pinned at `at`: together they are one snapshot. */
static enum result collect_paced(struct folds *folds, struct batch *batch, cluster_time at,
                                 const struct fold_range *ranges, size_t count, int64_t length, int step,
                                 struct err *e)
{
  for (size_t done = 0; done < count;) {
    struct collected before = so_far(folds);
    struct err why = ERR_NONE;
    size_t some = MIN((size_t)length, count - done);
    enum result r = collect_some(folds, batch, at, ranges + done, some, step, &why);
    if (r == RESULT_OK)
      done += MUTANT("folds-forget-the-rest") ? count - done : some;
    else if (r == RESULT_TOO_LONG && folds_shorten((int64_t)some, 1, &length))
      go_back(folds, &before);
    else
      return err_set(e, r, "%s", why.text);
  }
  return RESULT_OK;
}

enum result folds_collect(struct folds *folds, struct batch *batch, cluster_time at,
                          const struct fold_range *ranges, size_t count, int step, struct err *e)
{
  return collect_paced(folds, batch, at, ranges, count, (int64_t)count, step, e);
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

/* Whether half of the span may go where the whole does not. Nobody asks for less than a day; of more than
 * that the caller does, and remembers how much less. */
static bool halves_may(const struct fold_range *span, enum result r)
{
  bool day = span->to - span->from <= BUCKET_HOURS_MAX * INT64_C(3600);
  return r == RESULT_CORRUPT || (r == RESULT_TOO_LONG && day);
}

enum result folds_collect_span(struct folds *folds, struct batch *batch, cluster_time at,
                               const struct zone *zone, const struct fold_range *span, int step,
                               struct err *e)
{
  int64_t middle;
  if (!middle_of(zone, span, &middle))
    return folds_collect(folds, batch, at, span, 1, step, e);
  struct err why = ERR_NONE;
  enum result r = collect(folds, batch, at, span, 1, step, &why);
  if (r == RESULT_OK)
    return r;
  if (!halves_may(span, r))
    return err_set(e, r, "%s", why.text);
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
