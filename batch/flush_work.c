#include "batch/flush_work.h"

#include <string.h>

#include "base/counters.h"
#include "base/failpoint.h"
#include "base/mutant.h"
#include "batch/hour_rows.h"
#include "batch/picture.h"
#include "domain/zone_cache.h"
#include "stores/keys.h"

static void drop_sheet(struct flush_merchant *merchant)
{
  if (merchant->zone == NULL)
    return;
  sheet_clear(&merchant->sheet);
  g_clear_pointer(&merchant->lost_hours, g_array_unref);
  merchant->zone = NULL;
}

static void merchant_free(void *data)
{
  struct flush_merchant *merchant = data;
  drop_sheet(merchant);
  g_clear_pointer(&merchant->card_bytes, g_bytes_unref);
  g_free(merchant);
}

struct flush_merchant *flush_work_find(struct flush_work *work, const char *id)
{
  return g_hash_table_lookup(work->by_id, id);
}

static void add_merchant(struct flush_work *work, const char *id)
{
  if (flush_work_find(work, id) != NULL)
    return;
  struct flush_merchant *merchant = g_new0(struct flush_merchant, 1);
  g_strlcpy(merchant->id, id, sizeof merchant->id);
  g_ptr_array_add(work->merchants, merchant);
  g_hash_table_insert(work->by_id, merchant->id, merchant);
}

void flush_work_init(struct flush_work *work, struct batch *batch, const struct flush *flush)
{
  work->batch = batch;
  work->flush = flush;
  head_init(&work->head);
  work->parked = work->unparked = 0;
  work->merchants = g_ptr_array_new_with_free_func(merchant_free);
  work->by_id = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < flush->dirty->len; i++)
    add_merchant(work, g_array_index(flush->dirty, struct flush_dirty, i).merchant);
  for (guint i = 0; i < flush->asks->len; i++)
    add_merchant(work, g_array_index(flush->asks, struct flush_ask, i).merchant);
}

void flush_work_clear(struct flush_work *work)
{
  g_clear_pointer(&work->by_id, g_hash_table_unref);
  g_clear_pointer(&work->merchants, g_ptr_array_unref);
  head_clear(&work->head);
}

/* ---- reading head and cards ---- */

/* A card that cannot be read is as good as none: the merchant is cut anew. */
static void take_card(struct flush_merchant *merchant, GBytes *bytes)
{
  drop_sheet(merchant);
  merchant->unknown = false;
  g_clear_pointer(&merchant->card_bytes, g_bytes_unref);
  merchant->card = (struct card){.cut = false};
  if (bytes == NULL)
    return;
  merchant->card_bytes = g_bytes_ref(bytes);
  if (card_decode(bytes, &merchant->card, NULL) != RESULT_OK)
    merchant->card = (struct card){.cut = false};
}

bool flush_work_live(const struct flush_work *work, const struct flush_merchant *merchant)
{
  return merchant->card.epoch[0] != '\0' && strcmp(merchant->card.epoch, work->head.epoch) == 0;
}

void flush_work_give_up(struct flush_merchant *merchant)
{
  drop_sheet(merchant);
  merchant->unknown = true;
}

/* Whether this flush has rows of the merchant to write. */
static bool has_rows(const struct flush_work *work, const struct flush_merchant *merchant)
{
  bool done = merchant->card.base >= work->flush->to && !MUTANT("flush-keeps-recut-merchants");
  return flush_work_live(work, merchant) && !done && merchant->card.cut && !merchant->unknown;
}

/* A zone that cannot be opened now leaves the merchant without a sheet, and the commit refuses that. */
static void choose(struct flush_work *work, struct flush_merchant *merchant)
{
  if (!has_rows(work, merchant) || zone_cache_get(merchant->card.zone, &merchant->zone, NULL) != RESULT_OK)
    return;
  sheet_init(&merchant->sheet, merchant->zone);
  merchant->lost_hours = g_array_new(FALSE, FALSE, sizeof(struct bucket_hour));
}

enum result flush_work_read(struct flush_work *work, struct err *e)
{
  struct kv *kv = work->batch->kv;
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(keys, g_strdup(KEY_HEAD));
  for (guint i = 0; i < work->merchants->len; i++)
    g_ptr_array_add(keys, key_card(((struct flush_merchant *)g_ptr_array_index(work->merchants, i))->id));
  g_autofree kv_value *values = g_new0(kv_value, keys->len);
  enum result r = kv->get(kv, (const char *const *)keys->pdata, keys->len, values, e);
  if (r == RESULT_OK)
    picture_take_head(values[0], &work->head);
  for (guint i = 0; r == RESULT_OK && i < work->merchants->len; i++) {
    struct flush_merchant *merchant = g_ptr_array_index(work->merchants, i);
    take_card(merchant, values[i + 1]);
    choose(work, merchant);
  }
  kv_values_clear(values, keys->len);
  return r;
}

enum flush_outcome flush_work_position(const struct flush_work *work)
{
  const struct head *head = &work->head;
  const struct flush *flush = work->flush;
  if (!head->has_ck)
    return FLUSH_LOST;
  if (head->ck >= flush->to && !MUTANT("flush-ignores-to"))
    return FLUSH_DROPPED;
  if (head->ck < flush->from && !MUTANT("flush-ignores-from"))
    return FLUSH_LOST;
  return FLUSH_DONE;
}

/* ---- folding ---- */

/* What zone_grain may say. */
static const int hour_steps[] = {3600, 900, 60, 1};
#define HOUR_STEPS ((int)G_N_ELEMENTS(hour_steps))

/* What to fold, by the size of step it wants. */
struct flush_ranges {
  GArray *minutes;           /* open hours, by 60 s */
  GArray *hours[HOUR_STEPS]; /* closed hours, as hour_steps */
  GHashTable *wanted;        /* closed hours asked for already: "<merchant>/<start>" */
};

static void ranges_init(struct flush_ranges *ranges)
{
  ranges->minutes = g_array_new(FALSE, FALSE, sizeof(struct fold_range));
  for (int i = 0; i < HOUR_STEPS; i++)
    ranges->hours[i] = g_array_new(FALSE, FALSE, sizeof(struct fold_range));
  ranges->wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void ranges_clear(struct flush_ranges *ranges)
{
  g_array_unref(ranges->minutes);
  for (int i = 0; i < HOUR_STEPS; i++)
    g_array_unref(ranges->hours[i]);
  g_hash_table_unref(ranges->wanted);
}

static struct fold_range range_of(const struct flush_merchant *merchant, int64_t from, int64_t to)
{
  struct fold_range range = {.from = from, .to = to};
  g_strlcpy(range.merchant, merchant->id, sizeof range.merchant);
  return range;
}

static void want_hour(struct flush_ranges *ranges, const struct flush_merchant *merchant,
                      const struct bucket_hour *hour)
{
  if (!g_hash_table_add(ranges->wanted, g_strdup_printf("%s/%" PRId64, merchant->id, hour->start)))
    return;
  int grain = zone_grain(merchant->zone, hour->start, hour->end);
  int which = 0;
  while (hour_steps[which] != grain)
    which++;
  struct fold_range range = range_of(merchant, hour->start, hour->end);
  g_array_append_val(ranges->hours[which], range);
}

/* Goes through the local hours that a dirty stretch touches: closed ones are folded whole, of open ones the
 * stretch. */
static void want_dirty(struct flush_ranges *ranges, const struct flush_work *work,
                       const struct flush_merchant *merchant, const struct flush_dirty *dirty)
{
  int64_t end = dirty->start + dirty->width;
  int64_t now = (int64_t)cluster_time_seconds(work->flush->to);
  for (int64_t t = dirty->start; t < end;) {
    struct bucket_hour hour;
    bucket_hour_at(merchant->zone, t, &hour);
    int64_t stop = MIN(end, hour.end);
    if (bucket_hour_closed(&hour, now) && !MUTANT("flush-minutes-of-closed-hours")) {
      want_hour(ranges, merchant, &hour);
    } else {
      struct fold_range range = range_of(merchant, t, stop);
      g_array_append_val(ranges->minutes, range);
    }
    t = stop;
  }
}

static void apply_groups(struct flush_work *work, const struct folds *folds, bool by_minute)
{
  for (guint i = 0; i < folds->groups->len; i++) {
    struct fold_group group = folds_group(&g_array_index(folds->groups, struct folded, i));
    sheet_add_group(&flush_work_find(work, group.merchant)->sheet, &group, by_minute);
  }
  for (guint i = 0; i < folds->corrupt->len; i++) {
    const struct fold_range *range = &g_array_index(folds->corrupt, struct fold_range, i);
    struct flush_merchant *merchant = flush_work_find(work, range->merchant);
    struct bucket_hour hour;
    bucket_hour_at(merchant->zone, range->from, &hour);
    g_array_append_val(merchant->lost_hours, hour);
  }
}

MUST_CHECK static enum result fold_ranges(struct flush_work *work, GArray *ranges, int step, bool by_minute,
                                          struct err *e)
{
  struct folds folds;
  folds_init(&folds);
  enum result r = folds_collect(&folds, work->batch, work->flush->to,
                                (struct fold_range *)(void *)ranges->data, ranges->len, step, e);
  if (r == RESULT_OK)
    apply_groups(work, &folds, by_minute);
  folds_clear(&folds);
  return r;
}

enum result flush_work_fold(struct flush_work *work, struct err *e)
{
  struct flush_ranges ranges;
  ranges_init(&ranges);
  for (guint i = 0; i < work->flush->dirty->len; i++) {
    const struct flush_dirty *dirty = &g_array_index(work->flush->dirty, struct flush_dirty, i);
    const struct flush_merchant *merchant = flush_work_find(work, dirty->merchant);
    if (merchant->zone != NULL)
      want_dirty(&ranges, work, merchant, dirty);
  }
  enum result r = fold_ranges(work, ranges.minutes, BUCKET_MINUTE, true, e);
  for (int i = 0; r == RESULT_OK && i < HOUR_STEPS; i++)
    r = fold_ranges(work, ranges.hours[i], hour_steps[i], false, e);
  ranges_clear(&ranges);
  return r;
}

/* ---- committing ---- */

static void add_keys(struct flush_merchant *merchant, GPtrArray *keys)
{
  merchant->first_key = keys->len;
  g_ptr_array_add(keys, key_card(merchant->id));
  if (merchant->zone == NULL)
    return;
  g_ptr_array_add(keys, key_parked(merchant->id, merchant->card.prefix));
  hour_rows_add_keys(&merchant->sheet, merchant->id, merchant->card.prefix, keys);
}

static bool same_card(const struct flush_merchant *merchant, GBytes *now)
{
  if (merchant->card_bytes == NULL || now == NULL)
    return merchant->card_bytes == NULL && now == NULL;
  return g_bytes_equal(merchant->card_bytes, now);
}

static void park_lost_hours(const struct flush_merchant *merchant, cluster_time at,
                            struct parked_list *parked)
{
  for (guint i = 0; i < merchant->lost_hours->len; i++) {
    const struct bucket_hour *hour = &g_array_index(merchant->lost_hours, struct bucket_hour, i);
    struct parked item = {.start = hour->start, .end = hour->end, .currency = PARKED_ANY_CURRENCY, .at = at};
    parked_list_put(parked, &item);
  }
}

MUST_CHECK static enum result write_merchant(struct flush_work *work, struct flush_merchant *merchant,
                                             kv_value *values, struct kv_writes *writes, struct err *e)
{
  struct parked_list parked;
  parked_list_init(&parked);
  struct hour_rows_commit commit = {.sheet = &merchant->sheet,
                                    .merchant = merchant->id,
                                    .prefix = merchant->card.prefix,
                                    .at = work->flush->to,
                                    .parked = &parked,
                                    .writes = writes};
  enum result r = parked_list_decode(values[merchant->first_key + 1], &parked, e);
  int64_t parked_before = parked.items->len;
  if (r == RESULT_OK)
    r = hour_rows_commit(&commit, values + merchant->first_key + 2, e);
  if (r == RESULT_OK) {
    park_lost_hours(merchant, work->flush->to, &parked);
    hour_rows_write_parked(&commit, values[merchant->first_key + 1]);
    hour_rows_publish(&commit);
    work->parked += MAX(0, parked.items->len - parked_before);
    work->unparked += MAX(0, parked_before - parked.items->len);
  }
  parked_list_clear(&parked);
  return r;
}

static void delete_card(const struct flush_merchant *merchant, struct kv_writes *writes)
{
  g_autofree char *key = key_card(merchant->id);
  kv_writes_delete(writes, key);
}

static void write_head(const struct flush_work *work, struct kv_writes *writes)
{
  struct head head;
  head_init(&head);
  head_copy(&head, &work->head);
  head.ck = work->flush->to;
  head.ck_wall_ms = MAX(work->flush->to_wall_ms, head.ck_wall_ms);
  g_free(head.token);
  head.token = g_strdup(work->flush->token);
  g_strlcpy(head.pipeline, work->flush->pipeline, sizeof head.pipeline);
  g_autofree char *text = head_encode(&head);
  kv_writes_set(writes, KEY_HEAD, text, strlen(text));
  head_clear(&head);
}

MUST_CHECK static enum result check_and_write(struct flush_work *work, kv_value *values,
                                              struct kv_writes *writes, struct flush_merchant **broken,
                                              struct err *e)
{
  enum result r = RESULT_OK;
  work->parked = work->unparked = 0;
  picture_take_head(values[0], &work->head);
  if (flush_work_position(work) != FLUSH_DONE)
    return RESULT_CONFLICT; /* reading again tells what became of it */
  for (guint i = 0; i < work->merchants->len; i++) {
    struct flush_merchant *merchant = g_ptr_array_index(work->merchants, i);
    if (!same_card(merchant, values[merchant->first_key]))
      return RESULT_CONFLICT;
    if (merchant->unknown && !MUTANT("flush-leaves-cards"))
      delete_card(merchant, writes);
    /* Its zone could not be opened. If it cannot now either, reading again finds its card outdated. */
    if (merchant->zone == NULL && has_rows(work, merchant))
      return RESULT_CONFLICT;
    if (merchant->zone == NULL)
      continue;
    r = write_merchant(work, merchant, values, writes, e);
    if (r == RESULT_CORRUPT)
      *broken = merchant;
    if (r != RESULT_OK)
      return r;
  }
  write_head(work, writes);
  return RESULT_OK;
}

static void count_commit(const struct flush_work *work, const struct kv_writes *writes)
{
  hour_rows_count_written(writes);
  counter_add(COUNTER_PARKED, 0, work->parked);
  counter_add(COUNTER_UNPARKED, 0, work->unparked);
}

enum result flush_work_commit(struct flush_work *work, struct flush_merchant **broken, struct err *e)
{
  struct kv *kv = work->batch->kv;
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(keys, g_strdup(KEY_HEAD));
  for (guint i = 0; i < work->merchants->len; i++)
    add_keys(g_ptr_array_index(work->merchants, i), keys);
  g_autofree kv_value *values = g_new0(kv_value, keys->len);
  struct kv_writes writes;
  kv_writes_init(&writes);
  size_t watched = MUTANT("flush-watches-nothing") ? 0 : keys->len;
  enum result r = kv->watch(kv, (const char *const *)keys->pdata, watched, e);
  FAILPOINT("batch.flush_after_watch");
  if (r == RESULT_OK)
    r = kv->get(kv, (const char *const *)keys->pdata, keys->len, values, e);
  if (r == RESULT_OK)
    r = check_and_write(work, values, &writes, broken, e);
  FAILPOINT("batch.flush_before_exec");
  if (r == RESULT_OK)
    r = kv->exec(kv, &writes, e);
  else
    kv->unwatch(kv);
  if (r == RESULT_OK)
    count_commit(work, &writes);
  kv_values_clear(values, keys->len);
  kv_writes_clear(&writes);
  return r;
}
