#include "tests/sim/memory_ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translation/position.h"

#define SNAPSHOT_WINDOW_S 300

/* ---- writes ---- */

void memory_ledger_init(struct memory_ledger *ledger, int64_t now_ms)
{
  *ledger = (struct memory_ledger){.now_ms = now_ms};
  ledger->entries = g_array_new(FALSE, FALSE, sizeof(struct memory_entry));
  ledger->documents = g_array_new(FALSE, FALSE, sizeof(struct memory_document));
  ledger->events = g_array_new(FALSE, FALSE, sizeof(struct memory_event));
  ledger->last = cluster_time_make((uint32_t)(now_ms / 1000), 0);
}

void memory_ledger_clear(struct memory_ledger *ledger)
{
  g_array_unref(ledger->entries);
  g_array_unref(ledger->documents);
  g_array_unref(ledger->events);
}

cluster_time memory_ledger_tick(struct memory_ledger *ledger)
{
  cluster_time floor = cluster_time_make((uint32_t)(ledger->now_ms / 1000), 1);
  ledger->last = MAX(ledger->last + 1, floor);
  return ledger->last;
}

static void add_event(struct memory_ledger *ledger, struct event event)
{
  event.wall_ms = ledger->now_ms;
  struct memory_event stored = {.event = event};
  g_array_append_val(ledger->events, stored);
}

void memory_ledger_add(struct memory_ledger *ledger, const struct memory_entry *entry, bool bulk)
{
  g_array_append_val(ledger->entries, *entry);
  struct event event = {
      .kind = EVENT_LEDGER, .at = entry->at, .bulk = bulk, .business_ms = entry->business_s * 1000};
  g_strlcpy(event.merchant, entry->merchant, sizeof event.merchant);
  add_event(ledger, event);
}

enum memory_poison memory_entry_poison(const struct memory_entry *entry, cluster_time at)
{
  return entry->mended != 0 && at >= entry->mended ? POISON_NONE : entry->poison;
}

void memory_ledger_mend(struct memory_ledger *ledger, struct memory_entry *entry)
{
  entry->mended = memory_ledger_tick(ledger);
  struct event event = {.kind = EVENT_LEDGER, .at = entry->mended, .business_ms = entry->business_s * 1000};
  g_strlcpy(event.merchant, entry->merchant, sizeof event.merchant);
  add_event(ledger, event);
}

void memory_ledger_put_merchant(struct memory_ledger *ledger, const struct merchant *merchant,
                                enum memory_document_state state)
{
  struct memory_document document = {.at = memory_ledger_tick(ledger), .state = state, .merchant = *merchant};
  g_array_append_val(ledger->documents, document);
  struct event event = {.kind = EVENT_MERCHANT, .at = document.at};
  g_strlcpy(event.merchant, merchant->id, sizeof event.merchant);
  add_event(ledger, event);
}

void memory_ledger_beat(struct memory_ledger *ledger)
{
  struct event event = {.kind = EVENT_TIME, .at = memory_ledger_tick(ledger)};
  add_event(ledger, event);
}

const struct memory_document *memory_ledger_document(const struct memory_ledger *ledger, const char *id,
                                                     cluster_time at)
{
  for (guint i = ledger->documents->len; i > 0; i--) {
    const struct memory_document *document = &g_array_index(ledger->documents, struct memory_document, i - 1);
    if (document->at <= at && strcmp(document->merchant.id, id) == 0)
      return document;
  }
  return NULL;
}

/* What a majority has: the time of the last event that is not hidden. */
static cluster_time committed(const struct memory_ledger *ledger)
{
  guint count = ledger->events->len;
  if (ledger->hidden == 0 || count == 0)
    return ledger->last;
  if (ledger->hidden >= count)
    return 0;
  return g_array_index(ledger->events, struct memory_event, count - 1 - ledger->hidden).event.at;
}

/* ---- folds ---- */

struct memory_source {
  struct fold_source source;
  struct memory_ledger *ledger;
  memory_gate gate;
  void *gate_arg;
};

static struct memory_source *source_of(struct fold_source *source)
{
  return (struct memory_source *)source;
}

MUST_CHECK static enum result gate_source(struct memory_source *self, const char *step, struct err *e)
{
  if (self->gate(self->gate_arg, step) == MEMORY_DO)
    return RESULT_OK;
  return err_set(e, RESULT_UNAVAILABLE, "ledger away");
}

/* Whether a reading pinned at `at` can be had. */
MUST_CHECK static enum result check_time(struct memory_source *self, cluster_time at, const char *step,
                                         struct err *e)
{
  enum result r = gate_source(self, step, e);
  const struct memory_ledger *ledger = self->ledger;
  if (r != RESULT_OK)
    return r;
  if (at > committed(ledger))
    return err_set(e, RESULT_UNAVAILABLE, "the node has not reached that time");
  if ((int64_t)cluster_time_seconds(at) + SNAPSHOT_WINDOW_S < ledger->now_ms / 1000)
    return err_set(e, RESULT_STALE, "out of the snapshot window");
  if (at < ledger->changed_index)
    return err_set(e, RESULT_STALE, "an index changed since");
  return RESULT_OK;
}

MUST_CHECK static enum result source_now(struct fold_source *source, cluster_time *out, struct err *e)
{
  struct memory_source *self = source_of(source);
  enum result r = gate_source(self, "now", e);
  *out = self->ledger->last;
  return r;
}

static bool in_range(const struct memory_entry *entry, const struct fold_range *range)
{
  return strcmp(entry->merchant, range->merchant) == 0 && entry->business_s >= range->from &&
         entry->business_s < range->to;
}

static bool in_ranges(const struct memory_entry *entry, const struct fold_range *ranges, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (in_range(entry, &ranges[i]))
      return true;
  return false;
}

static struct fold_group *group_of(GArray *groups, const struct memory_entry *entry, int step)
{
  int64_t start = entry->business_s - entry->business_s % step;
  for (guint i = 0; i < groups->len; i++) {
    struct fold_group *group = &g_array_index(groups, struct fold_group, i);
    if (group->start == start && strcmp(group->merchant, entry->merchant) == 0 &&
        strcmp(group->currency, entry->currency) == 0)
      return group;
  }
  struct fold_group fresh = {.merchant = entry->merchant, .currency = entry->currency, .start = start};
  g_array_append_val(groups, fresh);
  return &g_array_index(groups, struct fold_group, groups->len - 1);
}

MUST_CHECK static enum result add_entries(const struct memory_ledger *ledger, cluster_time at,
                                          const struct fold_range *ranges, size_t count, int step,
                                          GArray *groups, struct err *e)
{
  for (guint i = 0; i < ledger->entries->len; i++) {
    const struct memory_entry *entry = &g_array_index(ledger->entries, struct memory_entry, i);
    if (entry->at > at || !in_ranges(entry, ranges, count))
      continue;
    enum memory_poison poison = memory_entry_poison(entry, at);
    if (poison == POISON_RANGE)
      return err_set(e, RESULT_CORRUPT, "an entry cannot be told apart");
    struct fold_group *group = group_of(groups, entry, step);
    group->poison = group->poison || poison == POISON_GROUP;
    for (int m = 0; m < METRIC_ADDITIVE; m++)
      group->columns[m] += entry->columns[m];
  }
  return RESULT_OK;
}

/* Whether the store folds that much within its time limit. */
MUST_CHECK static enum result check_size(const struct memory_ledger *ledger, cluster_time at,
                                         const struct fold_range *ranges, size_t count, struct err *e)
{
  g_autoptr(GHashTable) minutes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; ledger->fold_most > 0 && i < ledger->entries->len; i++) {
    const struct memory_entry *entry = &g_array_index(ledger->entries, struct memory_entry, i);
    if (entry->at <= at && in_ranges(entry, ranges, count))
      g_hash_table_add(minutes, g_strdup_printf("%s/%" PRId64, entry->merchant, entry->business_s / 60));
  }
  if (g_hash_table_size(minutes) > ledger->fold_most)
    return err_set(e, RESULT_TOO_LONG, "more than the time limit allows");
  return RESULT_OK;
}

MUST_CHECK static enum result source_fold(struct fold_source *source, cluster_time at,
                                          const struct fold_range *ranges, size_t count, int step,
                                          fold_sink sink, void *arg, struct err *e)
{
  struct memory_source *self = source_of(source);
  enum result r = check_time(self, at, "fold", e);
  if (r == RESULT_OK)
    r = check_size(self->ledger, at, ranges, count, e);
  if (r != RESULT_OK)
    return r;
  GArray *groups = g_array_new(FALSE, FALSE, sizeof(struct fold_group));
  r = add_entries(self->ledger, at, ranges, count, step, groups, e);
  for (guint i = 0; r == RESULT_OK && i < groups->len; i++)
    sink(&g_array_index(groups, struct fold_group, i), arg);
  g_array_unref(groups);
  return r;
}

MUST_CHECK static enum result source_extent(struct fold_source *source, cluster_time at, const char *merchant,
                                            bool *any, int64_t *first, int64_t *last, struct err *e)
{
  struct memory_source *self = source_of(source);
  enum result r = check_time(self, at, "extent", e);
  *any = false;
  for (guint i = 0; r == RESULT_OK && i < self->ledger->entries->len; i++) {
    const struct memory_entry *entry = &g_array_index(self->ledger->entries, struct memory_entry, i);
    if (entry->at > at || strcmp(entry->merchant, merchant) != 0)
      continue;
    *first = *any ? MIN(*first, entry->business_s) : entry->business_s;
    *last = *any ? MAX(*last, entry->business_s) : entry->business_s;
    *any = true;
  }
  return r;
}

MUST_CHECK static enum result source_merchant(struct fold_source *source, cluster_time at, const char *id,
                                              struct merchant *out, struct err *e)
{
  struct memory_source *self = source_of(source);
  enum result r = check_time(self, at, "merchant", e);
  if (r != RESULT_OK)
    return r;
  const struct memory_document *document = memory_ledger_document(self->ledger, id, at);
  if (document == NULL || document->state == DOCUMENT_GONE)
    return err_set(e, RESULT_NOT_FOUND, "no such merchant");
  if (document->state == DOCUMENT_UNREADABLE)
    return err_set(e, RESULT_CORRUPT, "no merchant's document");
  *out = document->merchant;
  return RESULT_OK;
}

MUST_CHECK static enum result source_merchants(struct fold_source *source, cluster_time at,
                                               void (*each)(const char *id, void *arg), void *arg,
                                               struct err *e)
{
  struct memory_source *self = source_of(source);
  enum result r = check_time(self, at, "merchants", e);
  g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; r == RESULT_OK && i < self->ledger->documents->len; i++) {
    const char *id = g_array_index(self->ledger->documents, struct memory_document, i).merchant.id;
    const struct memory_document *document = memory_ledger_document(self->ledger, id, at);
    if (document != NULL && document->state != DOCUMENT_GONE &&
        g_hash_table_add(known, (char *)document->merchant.id))
      each(id, arg);
  }
  return r;
}

MUST_CHECK static enum result source_ask_recut(struct fold_source *source, const char *id, struct err *e)
{
  struct memory_source *self = source_of(source);
  enum result r = gate_source(self, "ask_recut", e);
  const struct memory_document *document = memory_ledger_document(self->ledger, id, self->ledger->last);
  if (r != RESULT_OK || document == NULL || document->state == DOCUMENT_GONE)
    return r;
  struct merchant next = document->merchant;
  next.recut++;
  memory_ledger_put_merchant(self->ledger, &next, document->state);
  return RESULT_OK;
}

struct fold_source *memory_source_new(struct memory_ledger *ledger, memory_gate gate, void *gate_arg)
{
  struct memory_source *self = g_new0(struct memory_source, 1);
  self->source = (struct fold_source){.now = source_now,
                                      .fold = source_fold,
                                      .extent = source_extent,
                                      .merchant = source_merchant,
                                      .merchants = source_merchants,
                                      .ask_recut = source_ask_recut};
  self->ledger = ledger;
  self->gate = gate;
  self->gate_arg = gate_arg;
  return &self->source;
}

void memory_source_free(struct fold_source *source)
{
  g_free(source);
}

/* ---- the change stream ---- */

struct memory_stream {
  struct stream stream;
  struct memory_ledger *ledger;
  memory_gate gate;
  void *gate_arg;
  bool open;
  guint next; /* index of the next event */
  const char *pipeline;
  char token[48];
};

static struct memory_stream *stream_of(struct stream *stream)
{
  return (struct memory_stream *)stream;
}

MUST_CHECK static enum result gate_stream(struct memory_stream *self, const char *step, struct err *e)
{
  if (self->gate(self->gate_arg, step) == MEMORY_DO)
    return RESULT_OK;
  return err_set(e, RESULT_UNAVAILABLE, "stream away");
}

MUST_CHECK static enum result stream_now(struct stream *stream, cluster_time *out, struct err *e)
{
  struct memory_stream *self = stream_of(stream);
  enum result r = gate_stream(self, "stream_now", e);
  memory_ledger_beat(self->ledger);
  *out = self->ledger->last;
  return r;
}

/* "e<index>/<pipeline>" after that event; "at:..." from the first event at or after that time. */
static guint index_of(struct memory_stream *self, const char *position)
{
  struct memory_ledger *ledger = self->ledger;
  cluster_time at;
  if (!position_is_at(position, &at)) {
    char *slash = NULL;
    guint index = (guint)strtoul(position + 1, &slash, 10);
    ledger->misused_token = ledger->misused_token || strcmp(slash + 1, self->pipeline) != 0;
    return index + 1;
  }
  guint i = 0;
  while (i < ledger->events->len && g_array_index(ledger->events, struct memory_event, i).event.at < at)
    i++;
  return i;
}

MUST_CHECK static enum result stream_open(struct stream *stream, const char *position, struct err *e)
{
  struct memory_stream *self = stream_of(stream);
  enum result r = gate_stream(self, "stream_open", e);
  if (r != RESULT_OK)
    return r;
  self->next = index_of(self, position);
  if (self->next < self->ledger->first_event)
    return err_set(e, RESULT_STALE, "the oplog does not reach back");
  self->open = true;
  return RESULT_OK;
}

static void stream_close(struct stream *stream)
{
  stream_of(stream)->open = false;
}

MUST_CHECK static enum result stream_next(struct stream *stream, bool *got, struct event *out, struct err *e)
{
  struct memory_stream *self = stream_of(stream);
  const struct memory_ledger *ledger = self->ledger;
  *got = false;
  enum result r = gate_stream(self, "stream_next", e);
  if (r != RESULT_OK)
    return r;
  if (self->next < ledger->first_event)
    return err_set(e, RESULT_STALE, "the oplog does not reach back");
  if (self->next + ledger->hidden >= ledger->events->len)
    return RESULT_OK;
  *out = g_array_index(ledger->events, struct memory_event, self->next).event;
  snprintf(self->token, sizeof self->token, "e%u/%s", self->next, self->pipeline);
  out->token = self->token;
  self->next++;
  *got = true;
  return RESULT_OK;
}

MUST_CHECK static enum result stream_heartbeat(struct stream *stream, struct err *e)
{
  struct memory_stream *self = stream_of(stream);
  enum result r = gate_stream(self, "heartbeat", e);
  if (r == RESULT_OK)
    memory_ledger_beat(self->ledger);
  return r;
}

struct stream *memory_stream_new(struct memory_ledger *ledger, const char *pipeline, memory_gate gate,
                                 void *gate_arg)
{
  struct memory_stream *self = g_new0(struct memory_stream, 1);
  self->stream = (struct stream){.now = stream_now,
                                 .open = stream_open,
                                 .close = stream_close,
                                 .next = stream_next,
                                 .heartbeat = stream_heartbeat};
  self->ledger = ledger;
  self->pipeline = pipeline;
  self->gate = gate;
  self->gate_arg = gate_arg;
  return &self->stream;
}

void memory_stream_free(struct stream *stream)
{
  g_free(stream);
}
