#include "batch/follow.h"

#include <string.h>

#include "base/counters.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/mutant.h"
#include "stores/keys.h"
#include "translation/head.h"
#include "translation/position.h"

#define FOLLOW_BACKOFF_FIRST_MS 20
#define FOLLOW_BACKOFF_MOST_MS 1000
#define FOLLOW_EVENTS_A_STEP 1000
#define FOLLOW_SILENCE_MS 10000

/* Why the next opening must begin with a rebuild. */
enum need { NEED_NOTHING, NEED_REBUILD, NEED_NEW_EPOCH };

enum flying { FLYING_NOTHING, FLYING_FLUSH, FLYING_REBUILD };

struct follow {
  struct kv *kv;
  struct stream *stream;
  struct link *link;
  struct clock *clock;
  struct follow_options options;

  bool open;
  enum need need;
  struct gather *gather; /* while open */

  enum flying flying;
  struct flush flush;     /* FLYING_FLUSH */
  struct rebuild rebuild; /* of the rebuild under way or to be asked for */
  char *rebuild_token;    /* owned; rebuild.token */
  bool rebuild_wanted;    /* to be sent when the back-off has passed */

  int64_t backoff_ms;
  int64_t not_before_ms; /* monotonic */
  int64_t last_event_ms; /* monotonic; of an event or a heartbeat written */
  int64_t last_heard_ms; /* monotonic; of an event */
};

struct follow *follow_new(struct kv *kv, struct stream *stream, struct link *link, struct clock *clock,
                          const struct follow_options *options)
{
  struct follow *follow = g_new0(struct follow, 1);
  follow->kv = kv;
  follow->stream = stream;
  follow->link = link;
  follow->clock = clock;
  follow->options = *options;
  return follow;
}

static void land_flush(struct follow *follow)
{
  if (follow->flying == FLYING_FLUSH)
    flush_clear(&follow->flush);
  follow->flying = FLYING_NOTHING;
}

static void close_stream(struct follow *follow)
{
  follow->stream->close(follow->stream);
  g_clear_pointer(&follow->gather, gather_free);
  follow->open = false;
  follow->rebuild_wanted = false;
}

void follow_free(struct follow *follow)
{
  if (follow == NULL)
    return;
  land_flush(follow);
  close_stream(follow);
  g_free(follow->rebuild_token);
  g_free(follow);
}

static int64_t monotonic(const struct follow *follow)
{
  return follow->clock->monotonic_ms(follow->clock);
}

static void back_off(struct follow *follow)
{
  follow->backoff_ms =
      follow->backoff_ms == 0 ? FOLLOW_BACKOFF_FIRST_MS : MIN(follow->backoff_ms * 2, FOLLOW_BACKOFF_MOST_MS);
  follow->not_before_ms = monotonic(follow) + follow->backoff_ms;
}

/* What a failure of the stream means for the next opening. */
static void stream_failed(struct follow *follow, enum result r, const struct err *why)
{
  if (r == RESULT_STALE)
    follow->need = MAX(follow->need, NEED_REBUILD);
  if (r == RESULT_NOT_FOUND)
    follow->need = NEED_NEW_EPOCH;
  log_event(LOG_LEVEL_WARN, "stream_failed", "result=%s why=\"%s\"", result_name(r), why->text);
  counter_add(COUNTER_STREAM_FAILURES, 0, 1);
  close_stream(follow);
  back_off(follow);
}

/* ---- opening ---- */

MUST_CHECK static enum result read_head(struct follow *follow, struct head *head, struct err *e)
{
  const char *keys[] = {KEY_HEAD};
  kv_value value = NULL;
  enum result r = follow->kv->get(follow->kv, keys, 1, &value, e);
  if (r == RESULT_OK && value != NULL && head_decode(value, head, NULL) != RESULT_OK)
    log_event(LOG_LEVEL_ERROR, "head_unreadable", "key=%s", KEY_HEAD);
  kv_values_clear(&value, 1);
  return r;
}

static void opened(struct follow *follow, cluster_time from)
{
  counter_add(COUNTER_STREAM_OPENED, 0, 1);
  follow->open = true;
  follow->need = NEED_NOTHING;
  follow->gather = gather_new(&follow->options.limits, from, follow->options.pipeline);
  follow->last_event_ms = follow->last_heard_ms = monotonic(follow);
}

static void want_rebuild(struct follow *follow, cluster_time mark, const char *token, bool new_epoch,
                         bool resume)
{
  g_free(follow->rebuild_token);
  follow->rebuild_token = g_strdup(token);
  follow->rebuild = (struct rebuild){.mark = mark,
                                     .token = follow->rebuild_token,
                                     .pipeline = follow->options.pipeline,
                                     .new_epoch = new_epoch,
                                     .resume = resume};
  follow->rebuild_wanted = true;
}

/* No usable position: take the time, open the stream there first, then ask for everybody to be cut at or
 * after it. */
MUST_CHECK static enum result open_for_rebuild(struct follow *follow, struct err *e)
{
  bool new_epoch = follow->need == NEED_NEW_EPOCH;
  char token[POSITION_AT_SIZE];
  cluster_time mark;
  enum result r = follow->stream->now(follow->stream, &mark, e);
  cluster_time open_at = mark;
  if (r == RESULT_OK && MUTANT("rebuild-opens-late"))
    r = follow->stream->now(follow->stream, &open_at, e);
  if (r == RESULT_OK)
    r = follow->stream->open(follow->stream, position_at(open_at, token), e);
  if (r != RESULT_OK)
    return r;
  position_at(mark, token);
  opened(follow, mark);
  want_rebuild(follow, mark, token, new_epoch, false);
  return RESULT_OK;
}

MUST_CHECK static enum result open_at_head(struct follow *follow, const struct head *head, struct err *e)
{
  const char *token = head->has_mark ? head->mark_token : head->token;
  enum result r = follow->stream->open(follow->stream, token, e);
  if (r != RESULT_OK)
    return r;
  opened(follow, head->has_mark ? head->mark : head->ck);
  if (head->has_mark)
    want_rebuild(follow, head->mark, token, false, true);
  return RESULT_OK;
}

/* Another build's resume token is of no use here, but its mark is: whoever took a mark of his own instead
 * would undo the other's rebuild, and be undone in turn. */
static bool position_usable(const struct follow *follow, const struct head *head)
{
  cluster_time at;
  const char *position = head->has_mark ? head->mark_token : head->token;
  return position != NULL &&
         (position_is_at(position, &at) || strcmp(head->pipeline, follow->options.pipeline) == 0);
}

static void open_stream(struct follow *follow)
{
  struct err why = ERR_NONE;
  struct head head;
  head_init(&head);
  enum result r = read_head(follow, &head, &why);
  bool usable = position_usable(follow, &head);
  if (r != RESULT_OK) {
    log_event(LOG_LEVEL_WARN, "head_unknown", "result=%s why=\"%s\"", result_name(r), why.text);
    back_off(follow);
  } else {
    FAILPOINT("tailer.before_open");
    r = usable && follow->need == NEED_NOTHING ? open_at_head(follow, &head, &why)
                                               : open_for_rebuild(follow, &why);
    if (r != RESULT_OK)
      stream_failed(follow, r, &why);
    else
      log_event(LOG_LEVEL_INFO, "stream_opened", "from_head=%d rebuild=%d", usable, follow->rebuild_wanted);
  }
  head_clear(&head);
}

/* ---- replies ---- */

static void flush_replied(struct follow *follow, enum flush_outcome outcome)
{
  switch (outcome) {
  case FLUSH_DONE:
  case FLUSH_DROPPED:
    flush_log_traced(&follow->flush);
    if (follow->gather != NULL)
      gather_done(follow->gather, &follow->flush);
    follow->backoff_ms = 0;
    break;
  case FLUSH_LOST:
    close_stream(follow);
    break;
  case FLUSH_STALE:
  case FLUSH_RETRY:
    if (follow->gather != NULL)
      gather_failed(follow->gather, &follow->flush, outcome == FLUSH_STALE);
    back_off(follow);
    break;
  }
  land_flush(follow);
}

static void rebuild_replied(struct follow *follow, enum rebuild_outcome outcome)
{
  follow->flying = FLYING_NOTHING;
  if (outcome == REBUILD_DONE)
    follow->backoff_ms = 0;
  if (outcome == REBUILD_LOST)
    close_stream(follow);
  if (outcome == REBUILD_RETRY) {
    follow->rebuild.resume = true; /* the mark may be there; if it is not, the reply will be `lost` */
    follow->rebuild_wanted = true;
    back_off(follow);
  }
}

/* The batch died with something in flight: the head tells what became of it. */
static void link_failed(struct follow *follow, const struct err *why)
{
  counter_add(COUNTER_BATCH_DEATHS, 0, 1);
  log_event(LOG_LEVEL_ERROR, "batch_died", "why=\"%s\"", why->text);
  land_flush(follow);
  close_stream(follow);
  back_off(follow);
}

static bool take_reply(struct follow *follow)
{
  struct err why = ERR_NONE;
  struct link_reply reply;
  bool got = false;
  if (follow->flying == FLYING_NOTHING)
    return false;
  if (follow->link->receive(follow->link, &got, &reply, &why) != RESULT_OK) {
    link_failed(follow, &why);
    return true;
  }
  if (!got)
    return false;
  FAILPOINT("tailer.after_reply");
  if (reply.kind == LINK_FLUSHED)
    flush_replied(follow, reply.flush);
  if (reply.kind == LINK_REBUILT)
    rebuild_replied(follow, reply.rebuild);
  return true;
}

/* ---- sending ---- */

static bool send_rebuild(struct follow *follow)
{
  struct err why = ERR_NONE;
  follow->rebuild_wanted = false;
  FAILPOINT("tailer.before_rebuild");
  if (follow->link->rebuild(follow->link, &follow->rebuild, &why) != RESULT_OK) {
    link_failed(follow, &why);
    return true;
  }
  follow->flying = FLYING_REBUILD;
  return true;
}

static bool send_flush(struct follow *follow)
{
  struct err why = ERR_NONE;
  gather_take(follow->gather, &follow->flush);
  follow->flying = FLYING_FLUSH;
  FAILPOINT("tailer.before_flush");
  if (follow->link->flush(follow->link, &follow->flush, &why) != RESULT_OK)
    link_failed(follow, &why);
  return true;
}

static bool send_due(struct follow *follow)
{
  if (follow->flying != FLYING_NOTHING || monotonic(follow) < follow->not_before_ms)
    return false;
  if (follow->rebuild_wanted)
    return send_rebuild(follow);
  if (gather_due(follow->gather, true, follow->clock->wall_ms(follow->clock)))
    return send_flush(follow);
  return false;
}

/* ---- events ---- */

static bool take_event(struct follow *follow)
{
  struct err why = ERR_NONE;
  struct event event;
  bool got = false;
  enum result r = follow->stream->next(follow->stream, &got, &event, &why);
  if (r != RESULT_OK) {
    stream_failed(follow, r, &why);
    return false;
  }
  if (!got)
    return false;
  follow->last_event_ms = follow->last_heard_ms = monotonic(follow);
  counter_add(COUNTER_EVENTS, event.kind, 1);
  if (event.kind == EVENT_DISASTER) {
    struct err disaster = {.code = RESULT_STALE, .text = "a collection was dropped or renamed"};
    stream_failed(follow, RESULT_STALE, &disaster);
    return false;
  }
  gather_add(follow->gather, &event);
  return true;
}

static bool take_events(struct follow *follow)
{
  int taken = 0;
  while (follow->open && taken < FOLLOW_EVENTS_A_STEP &&
         !gather_full(follow->gather, follow->clock->wall_ms(follow->clock)) && take_event(follow))
    taken++;
  return taken > 0;
}

static void beat(struct follow *follow)
{
  if (!follow->open || monotonic(follow) - follow->last_event_ms < follow->options.heartbeat_ms)
    return;
  struct err why = ERR_NONE;
  follow->last_event_ms = monotonic(follow);
  if (follow->stream->heartbeat(follow->stream, &why) != RESULT_OK)
    log_event(LOG_LEVEL_WARN, "heartbeat_failed", "why=\"%s\"", why.text);
}

/* The heartbeat is an event too: a stream that brings none is dead, whatever its cursor says. One that we do
 * not read from, because enough is gathered, is not to blame. */
static void watch_over_stream(struct follow *follow)
{
  if (!follow->open)
    return;
  if (gather_full(follow->gather, follow->clock->wall_ms(follow->clock)))
    follow->last_heard_ms = monotonic(follow);
  if (monotonic(follow) - follow->last_heard_ms < FOLLOW_SILENCE_MS)
    return;
  struct err why = {.code = RESULT_UNAVAILABLE, .text = "silent for too long"};
  stream_failed(follow, RESULT_UNAVAILABLE, &why);
}

/* How long nothing can be due. */
static int64_t patience(const struct follow *follow)
{
  int64_t now = monotonic(follow);
  int64_t wait = follow->last_event_ms + follow->options.heartbeat_ms - now;
  if (follow->not_before_ms > now)
    wait = MIN(wait, follow->not_before_ms - now);
  return CLAMP(wait, 1, follow->options.heartbeat_ms);
}

int64_t follow_step(struct follow *follow)
{
  bool worked = take_reply(follow);
  if (!follow->open) {
    if (follow->flying == FLYING_NOTHING && monotonic(follow) >= follow->not_before_ms)
      open_stream(follow);
    return worked || follow->open ? 0 : patience(follow);
  }
  worked = take_events(follow) || worked;
  if (follow->open)
    worked = send_due(follow) || worked;
  beat(follow);
  watch_over_stream(follow);
  return worked ? 0 : patience(follow);
}
