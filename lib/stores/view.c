#include "stores/view.h"

#include <string.h>

#include <glib.h>

#include "domain/zone_cache.h"
#include "stores/view_plan.h"
#include "stores/view_reading.h"
#include "translation/row_codec.h"

/* How often a reading is planned: again when the hour up to which is compared is not the one that was
 * guessed. Time passes one end of an hour between two readings, hardly two. */
#define PLANS_MAX 3

struct asking {
  const struct view_question *question;
  struct row_layout layout; /* of the card's rows: an older or newer build may have cut them */
  struct view *view;
  int64_t as_of; /* seconds: guessed at first */
  struct view_plan plan;
};

/* A stretch of time of the answer, and the parts that it fills. */
struct side {
  const struct range *range;
  const struct view_plan_span *span;
  struct view_part *parts;
};

/* ---- the keys ---- */

MUST_CHECK static enum result choose_currencies(struct asking *asking, const struct card *card, struct err *e)
{
  struct view *view = asking->view;
  const char *wanted = asking->question->currency;
  view->parts = g_new0(struct view_part, card->currency_count);
  for (size_t i = 0; i < card->currency_count; i++)
    if (wanted == NULL || strcmp(wanted, card->currencies[i]) == 0)
      memcpy(view->parts[view->part_count++].currency, card->currencies[i], sizeof card->currencies[i]);
  if (wanted != NULL && view->part_count == 0)
    return err_set(e, RESULT_INVALID, "the merchant does not sell in '%s'", wanted);
  return RESULT_OK;
}

static void free_parts(struct view_part **parts, size_t count)
{
  for (size_t i = 0; *parts != NULL && i < count; i++)
    g_free((*parts)[i].buckets);
  g_clear_pointer(parts, g_free);
}

/* Forgets what was planned under another card, or for another hour. */
static void asking_reset(struct asking *asking)
{
  struct view *view = asking->view;
  free_parts(&view->parts, view->part_count);
  free_parts(&view->comparison.parts, view->part_count);
  free_parts(&view->current.parts, view->part_count);
  view->part_count = 0;
  view_plan_clear(&asking->plan);
}

static void plan_side(struct asking *asking, struct view_side *side, const struct range *part)
{
  struct view *view = asking->view;
  side->parts = g_new0(struct view_part, view->part_count);
  for (size_t i = 0; i < view->part_count; i++)
    memcpy(side->parts[i].currency, view->parts[i].currency, sizeof view->parts[i].currency);
  view_plan_add(&asking->plan, view->zone, part, view->interval);
}

MUST_CHECK static enum result plan_comparison(struct asking *asking, struct err *e)
{
  struct view *view = asking->view;
  const struct comparison *comparison = asking->question->comparison;
  struct range against;
  enum result r = comparison_range(comparison, &view->range, view->zone, &against, e);
  if (r != RESULT_OK)
    return r;
  view->cut = comparison_through(&view->range, view->zone, asking->as_of, &view->through);
  view->comparison.range = against;
  if (view->cut)
    against = comparison_cut(comparison, &view->range, &against, view->zone, view->through);
  plan_side(asking, &view->comparison, &against);
  if (!view->cut)
    return RESULT_OK;
  view->current.range = range_cut(&view->range, view->through);
  plan_side(asking, &view->current, &view->current.range);
  return RESULT_OK;
}

MUST_CHECK static enum result plan(struct asking *asking, const struct card *card, struct err *e)
{
  const struct view_question *question = asking->question;
  struct view *view = asking->view;
  enum result r = question->range(question->range_arg, view->zone, &view->range, &view->interval, e);
  if (r == RESULT_OK)
    r = choose_currencies(asking, card, e);
  if (r != RESULT_OK)
    return r;
  view_plan_init(&asking->plan);
  view_plan_add(&asking->plan, view->zone, &view->range, view->interval);
  return question->comparison != NULL ? plan_comparison(asking, e) : RESULT_OK;
}

MUST_CHECK static enum result add_row_keys(void *arg, const struct card *card, GPtrArray *keys, struct err *e)
{
  struct asking *asking = arg;
  struct view *view = asking->view;
  asking_reset(asking);
  if (!card->cut)
    return RESULT_OK; /* reading_stand says why */
  struct err why = ERR_NONE;
  if (zone_cache_get_of(card->zone, card->zone_rules, &view->zone, &why) != RESULT_OK)
    return err_set(e, RESULT_STALE, "the merchant's hours are not known here: %s", why.text);
  enum result r = plan(asking, card, e);
  if (r != RESULT_OK)
    return r;
  for (size_t i = 0; i < view->part_count; i++)
    for (guint s = 0; s < asking->plan.sources->len; s++)
      g_ptr_array_add(keys, view_plan_key(&g_array_index(asking->plan.sources, struct view_source, s),
                                          asking->question->merchant, card->prefix, view->parts[i].currency));
  return RESULT_OK;
}

/* ---- the figures ---- */

static bool piece_parked(const struct view *view, const struct view_piece *piece, enum view_source_kind kind,
                         const char *currency)
{
  if (kind == VIEW_HOURS)
    return parked_list_has(&view->parked, piece->hour.start, currency);
  for (guint i = 0; i < view->parked.items->len; i++) {
    const struct parked *item = &g_array_index(view->parked.items, struct parked, i);
    bool same_currency =
        strcmp(item->currency, currency) == 0 || strcmp(item->currency, PARKED_ANY_CURRENCY) == 0;
    if (same_currency && bucket_date_at(view->zone, item->start) == piece->date)
      return true;
  }
  return false;
}

MUST_CHECK static enum result add_piece(const struct asking *asking, struct view_part *part,
                                        const struct view_piece *piece, GBytes *const *values, struct err *e)
{
  const struct view *view = asking->view;
  const struct view_plan *plan = &asking->plan;
  const struct view_source *source = &g_array_index(plan->sources, struct view_source, piece->source);
  struct view_bucket *bucket = &part->buckets[piece->bucket];
  if (piece_parked(view, piece, source->kind, part->currency)) {
    bucket->known = false;
    return RESULT_OK;
  }
  struct row row;
  enum result r =
      row_codec_read_laid_out(&asking->layout, values[piece->source], piece->slot, piece->start, &row, e);
  if (r == RESULT_OK)
    bucket->lost |= row_add_columns(&bucket->row, &row);
  return r;
}

static void sum_up(const struct range *range, struct view_part *part)
{
  part->total = (struct view_bucket){.end = range->to, .known = true, .row = row_zero(range->from)};
  for (size_t i = 0; i < part->bucket_count; i++) {
    const struct view_bucket *bucket = &part->buckets[i];
    part->total.known = part->total.known && bucket->known;
    if (bucket->known)
      part->total.lost |= bucket->lost | row_add_columns(&part->total.row, &bucket->row);
  }
}

MUST_CHECK static enum result fill_part(const struct asking *asking, const struct side *side,
                                        struct view_part *part, GBytes *const *values, struct err *e)
{
  const struct view_plan_span *span = side->span;
  part->bucket_count = span->buckets->len;
  part->buckets = g_new0(struct view_bucket, span->buckets->len);
  for (guint i = 0; i < span->buckets->len; i++) {
    const struct view_plan_bucket *planned = &g_array_index(span->buckets, struct view_plan_bucket, i);
    part->buckets[i] =
        (struct view_bucket){.end = planned->end, .known = true, .row = row_zero(planned->start)};
  }
  for (guint i = 0; i < span->pieces->len; i++) {
    enum result r = add_piece(asking, part, &g_array_index(span->pieces, struct view_piece, i), values, e);
    if (r != RESULT_OK)
      return r;
  }
  sum_up(side->range, part);
  return RESULT_OK;
}

MUST_CHECK static enum result fill_sides(const struct asking *asking, const struct reading *reading,
                                         struct err *e)
{
  struct view *view = asking->view;
  const struct view_plan_span *spans = asking->plan.spans;
  const struct side sides[VIEW_PLAN_SPANS] = {
      {&view->range, &spans[0], view->parts},
      {&view->comparison.range, &spans[1], view->comparison.parts},
      {&view->current.range, &spans[2], view->current.parts},
  };
  guint sources = asking->plan.sources->len;
  for (size_t s = 0; s < asking->plan.span_count; s++)
    for (size_t i = 0; i < view->part_count; i++) {
      GBytes *const *values = reading->values + READ_FIXED + i * sources;
      enum result r = fill_part(asking, &sides[s], &sides[s].parts[i], values, e);
      if (r != RESULT_OK)
        return r;
    }
  return RESULT_OK;
}

/* A derived metric is known where all that it is made of is. */
static void note_known_metrics(const struct row_layout *layout, bool known[METRIC_ALL])
{
  uint32_t kept = 0;
  for (int m = 0; m < METRIC_ADDITIVE; m++)
    kept |= layout->where[m] >= 0 ? 1u << m : 0;
  for (int m = 0; m < METRIC_ALL; m++)
    known[m] = (metric_made_of(m) & ~kept) == 0;
}

MUST_CHECK static enum result fill(struct asking *asking, const struct reading *reading,
                                   const struct stand *stand, struct err *e)
{
  struct view *view = asking->view;
  enum result r = proof_decode(reading->values[READ_PROOF], &view->proof, e);
  if (r == RESULT_OK)
    r = parked_list_decode(reading->values[READ_PARKED], &view->parked, e);
  if (r == RESULT_OK)
    r = row_layout_parse(reading->card.columns, &asking->layout, e);
  if (r == RESULT_OK)
    r = fill_sides(asking, reading, e);
  if (r != RESULT_OK)
    return r;
  note_known_metrics(&asking->layout, view->metric_known);
  view->card = reading->card;
  view->as_of = stand->as_of;
  view->as_of_ms = stand->as_of_ms;
  view->rebuilding = stand->rebuilding;
  view->complete = !stand->rebuilding && view->range.to <= (int64_t)cluster_time_seconds(stand->as_of);
  for (size_t i = 0; i < view->part_count; i++)
    view->complete = view->complete && view->parts[i].total.known;
  return RESULT_OK;
}

/* ---- a question ---- */

/* Whether what was read is compared up to the hour for which it was planned. */
static bool planned_rightly(const struct asking *asking)
{
  const struct view *view = asking->view;
  int64_t through = 0;
  if (asking->question->comparison == NULL)
    return true;
  bool cut = comparison_through(&view->range, view->zone, asking->as_of, &through);
  return cut == view->cut && (!cut || through == view->through);
}

/* *done: false when the reading showed an hour that it was not planned for. */
MUST_CHECK static enum result read_as_planned(struct asking *asking, struct kv *kv, bool *done, struct err *e)
{
  const struct view_question *question = asking->question;
  struct reading reading = {.keys = NULL};
  struct stand stand;
  enum result r = reading_get(&reading, kv, question->merchant, question->cards, add_row_keys, asking, e);
  if (r == RESULT_OK)
    r = reading_stand(&reading, &stand, e);
  if (r == RESULT_OK) {
    /* neither later than the picture nor than the time that it is said to be of */
    asking->as_of = MIN((int64_t)cluster_time_seconds(stand.as_of), stand.as_of_ms / 1000);
    *done = planned_rightly(asking);
    if (*done)
      r = fill(asking, &reading, &stand, e);
  }
  reading_clear(&reading);
  return r;
}

enum result view_read(struct kv *kv, const struct view_question *question, struct view *out, struct err *e)
{
  *out = (struct view){.zone = NULL};
  parked_list_init(&out->parked);
  struct asking asking = {.question = question, .view = out, .as_of = question->now};
  enum result r = RESULT_OK;
  bool done = false;
  for (int plans = 0; r == RESULT_OK && !done && plans < PLANS_MAX; plans++)
    r = read_as_planned(&asking, kv, &done, e);
  if (r == RESULT_OK && !done)
    r = err_set(e, RESULT_UNAVAILABLE, "the last full hour changed with each reading");
  view_plan_clear(&asking.plan);
  if (r != RESULT_OK)
    view_clear(out);
  return r;
}

enum result view_bucket_check(const struct view_bucket *bucket, int metric, struct err *e)
{
  if (!bucket->known || (metric_made_of(metric) & bucket->lost) == 0)
    return RESULT_OK;
  return err_set(e, RESULT_OUT_OF_RANGE, "%s leaves the exact range", metric_table[metric].name);
}

void view_clear(struct view *view)
{
  free_parts(&view->parts, view->part_count);
  free_parts(&view->comparison.parts, view->part_count);
  free_parts(&view->current.parts, view->part_count);
  view->part_count = 0;
  parked_list_clear(&view->parked);
}
