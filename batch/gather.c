#include "batch/gather.h"

#include <inttypes.h>

#include "domain/bucket.h"

/* A snapshot reaches back 300 s: what is older than this may be out of reach before it has been folded. */
#define GATHER_OLDEST_MS 200000
#define GATHER_HOUR 3600
/* So many request ids a flush names; the tailer catching up must not keep a million. */
#define GATHER_TRACED_MOST 5000

/* Events up to one time: which minutes are dirty and who asks. */
struct batch_of_events {
  GHashTable *dirty;  /* "<merchant>/<width>/<start>" to struct flush_dirty */
  GHashTable *asks;   /* merchant to struct flush_ask */
  GHashTable *traced; /* a set of request ids */
  int64_t untraced;
  cluster_time to; /* 0: nothing */
  int64_t to_wall_ms;
  char *token;
};

struct gather {
  struct gather_limits limits;
  char pipeline[17];
  cluster_time from;
  cluster_time too_old; /* the next flush must end after this */
  int64_t width;        /* of the dirty stretches: BUCKET_MINUTE, or GATHER_HOUR once there were too many */
  struct batch_of_events ready; /* whole: may go */
  struct batch_of_events held;  /* the latest cluster time, while more may share it */
};

static void events_init(struct batch_of_events *events)
{
  *events = (struct batch_of_events){.to = 0};
  events->dirty = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  events->asks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  events->traced = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void events_clear(struct batch_of_events *events)
{
  g_clear_pointer(&events->dirty, g_hash_table_unref);
  g_clear_pointer(&events->asks, g_hash_table_unref);
  g_clear_pointer(&events->traced, g_hash_table_unref);
  g_clear_pointer(&events->token, g_free);
}

static void events_reset(struct batch_of_events *events)
{
  events_clear(events);
  events_init(events);
}

static void put_dirty(struct batch_of_events *events, const char *merchant, int64_t start, int64_t width)
{
  start -= ((start % width) + width) % width;
  g_autofree char *key = g_strdup_printf("%s/%" PRId64 "/%" PRId64, merchant, width, start);
  if (g_hash_table_contains(events->dirty, key))
    return;
  struct flush_dirty *dirty = g_new0(struct flush_dirty, 1);
  g_strlcpy(dirty->merchant, merchant, sizeof dirty->merchant);
  dirty->start = start;
  dirty->width = width;
  g_hash_table_insert(events->dirty, g_steal_pointer(&key), dirty);
}

static void put_ask(struct batch_of_events *events, const char *merchant, cluster_time at, bool must)
{
  struct flush_ask *ask = g_hash_table_lookup(events->asks, merchant);
  if (ask == NULL) {
    ask = g_new0(struct flush_ask, 1);
    g_strlcpy(ask->merchant, merchant, sizeof ask->merchant);
    g_hash_table_insert(events->asks, g_strdup(merchant), ask);
  }
  ask->at = MAX(ask->at, at);
  ask->must = ask->must || must;
}

/* An import's entries share one id. */
static void put_traced(struct batch_of_events *events, const char *request_id)
{
  if (request_id[0] == '\0' || g_hash_table_contains(events->traced, request_id))
    return;
  if (g_hash_table_size(events->traced) < GATHER_TRACED_MOST)
    g_hash_table_add(events->traced, g_strdup(request_id));
  else
    events->untraced++;
}

static void put_position(struct batch_of_events *events, cluster_time to, int64_t wall_ms, const char *token)
{
  if (to < events->to)
    return;
  events->to = to;
  events->to_wall_ms = MAX(events->to_wall_ms, wall_ms);
  g_free(events->token);
  events->token = g_strdup(token);
}

static void merge(struct batch_of_events *into, const struct batch_of_events *from, int64_t width)
{
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, from->dirty);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const struct flush_dirty *dirty = value;
    put_dirty(into, dirty->merchant, dirty->start, MAX(width, dirty->width));
  }
  g_hash_table_iter_init(&iter, from->asks);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const struct flush_ask *ask = value;
    put_ask(into, ask->merchant, ask->at, ask->must);
  }
  g_hash_table_iter_init(&iter, from->traced);
  while (g_hash_table_iter_next(&iter, &value, NULL))
    put_traced(into, value);
  into->untraced += from->untraced;
  if (from->to != 0)
    put_position(into, from->to, from->to_wall_ms, from->token);
}

/* Too many stretches: minutes become hours; too many hours: their merchants are cut anew at the flush's end.
 */
static void widen(struct gather *gather)
{
  struct batch_of_events wide;
  if (g_hash_table_size(gather->ready.dirty) <= gather->limits.bound)
    return;
  events_init(&wide);
  gather->width = GATHER_HOUR;
  merge(&wide, &gather->ready, GATHER_HOUR);
  if (g_hash_table_size(wide.dirty) > gather->limits.bound) {
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, wide.dirty);
    while (g_hash_table_iter_next(&iter, NULL, &value))
      put_ask(&wide, ((struct flush_dirty *)value)->merchant, wide.to, true);
    g_hash_table_remove_all(wide.dirty);
  }
  events_clear(&gather->ready);
  gather->ready = wide;
}

struct gather *gather_new(const struct gather_limits *limits, cluster_time from, const char *pipeline)
{
  struct gather *gather = g_new0(struct gather, 1);
  gather->limits = *limits;
  gather->from = from;
  gather->width = BUCKET_MINUTE;
  g_strlcpy(gather->pipeline, pipeline, sizeof gather->pipeline);
  events_init(&gather->ready);
  events_init(&gather->held);
  return gather;
}

void gather_free(struct gather *gather)
{
  if (gather == NULL)
    return;
  events_clear(&gather->ready);
  events_clear(&gather->held);
  g_free(gather);
}

static void release_held(struct gather *gather)
{
  if (gather->held.to == 0)
    return;
  merge(&gather->ready, &gather->held, gather->width);
  events_reset(&gather->held);
  widen(gather);
}

void gather_add(struct gather *gather, const struct event *event)
{
  if (event->at <= gather->from)
    return;
  if (gather->held.to != 0 && event->at > gather->held.to)
    release_held(gather);
  if (event->kind == EVENT_LEDGER) {
    put_dirty(&gather->held, event->merchant, event->business_ms / 1000, gather->width);
    put_traced(&gather->held, event->request_id);
  }
  if (event->kind == EVENT_MERCHANT)
    put_ask(&gather->held, event->merchant, event->at, event->made);
  put_position(&gather->held, event->at, event->wall_ms, event->token);
  if (!event->bulk)
    release_held(gather);
}

bool gather_ready(const struct gather *gather)
{
  return gather->ready.to > gather->from && gather->ready.to > gather->too_old;
}

bool gather_due(const struct gather *gather, bool idle, int64_t now_ms)
{
  return idle && gather_ready(gather) && now_ms - gather->ready.to_wall_ms <= GATHER_OLDEST_MS;
}

bool gather_full(const struct gather *gather, int64_t now_ms)
{
  return g_hash_table_size(gather->ready.dirty) >= gather->limits.buckets && gather_due(gather, true, now_ms);
}

static void append_values(GHashTable *table, GArray *out)
{
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, table);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    g_array_append_vals(out, value, 1);
}

static void move_traced(struct batch_of_events *from, struct flush *out)
{
  GHashTableIter iter;
  gpointer id;
  g_hash_table_iter_init(&iter, from->traced);
  while (g_hash_table_iter_next(&iter, &id, NULL)) {
    g_hash_table_iter_steal(&iter);
    g_ptr_array_add(out->traced, id);
  }
  out->untraced = from->untraced;
}

void gather_take(struct gather *gather, struct flush *out)
{
  flush_init(out);
  out->from = gather->from;
  out->to = gather->ready.to;
  out->to_wall_ms = gather->ready.to_wall_ms;
  out->token = g_strdup(gather->ready.token);
  g_strlcpy(out->pipeline, gather->pipeline, sizeof out->pipeline);
  append_values(gather->ready.dirty, out->dirty);
  append_values(gather->ready.asks, out->asks);
  move_traced(&gather->ready, out);
  events_reset(&gather->ready);
  gather->width = BUCKET_MINUTE;
}

void gather_done(struct gather *gather, const struct flush *flush)
{
  gather->from = flush->to;
}

void gather_failed(struct gather *gather, const struct flush *flush, bool stale)
{
  struct batch_of_events *ready = &gather->ready;
  for (guint i = 0; i < flush->dirty->len; i++) {
    const struct flush_dirty *dirty = &g_array_index(flush->dirty, struct flush_dirty, i);
    put_dirty(ready, dirty->merchant, dirty->start, MAX(gather->width, dirty->width));
  }
  for (guint i = 0; i < flush->asks->len; i++) {
    const struct flush_ask *ask = &g_array_index(flush->asks, struct flush_ask, i);
    put_ask(ready, ask->merchant, ask->at, ask->must);
  }
  for (guint i = 0; i < flush->traced->len; i++)
    put_traced(ready, g_ptr_array_index(flush->traced, i));
  ready->untraced += flush->untraced;
  put_position(ready, flush->to, flush->to_wall_ms, flush->token);
  if (stale)
    gather->too_old = MAX(gather->too_old, flush->to);
  widen(gather);
}
