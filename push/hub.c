#include "push/hub.h"

#include <string.h>

#include <glib.h>

#include "base/counters.h"

#define RETRY "retry: %d\n\n"
#define RETRY_LEAST_MS 500
#define RETRY_MOST_MS 1500
#define HEARTBEAT "event: heartbeat\ndata: {}\n\n"
#define COMMENT ":\n\n"
#define ANEW_LEAST_MS 1000

/* A merchant, and who listens to it. */
struct shop {
  char id[MERCHANT_ID_SIZE];
  GQueue listeners;
  cluster_time position; /* the highest that was published since the shop is known; 0: none */
  bool has_position;     /* whoever has it has heard everything */
  struct hint *pending;  /* NULL: none; owned */
  int64_t sent_ms;
  int64_t left_ms; /* when the last listener left */
};

struct hub_listener {
  GList link; /* in the shop's list */
  struct shop *shop;
  struct hub_caller caller;
  struct hub_outlet *outlet;
  int64_t until_ms;
  int unread_ticks;
};

struct recent {
  struct ended ended;
  int64_t at_ms;
};

struct hub {
  struct hub_limits limits;
  GHashTable *shops; /* by id, which is the shop's own */
  GQueue pending;    /* shops with a pending hint */
  GQueue recent;     /* what has ended lately, the oldest first */
  int64_t blind_ms;  /* of what ended up to then nothing is known any more */
  size_t count;
  bool has_feed, stopped;
};

static void shop_free(void *data)
{
  struct shop *shop = data;
  g_free(shop->pending);
  g_free(shop);
}

struct hub *hub_new(const struct hub_limits *limits)
{
  struct hub *hub = g_new0(struct hub, 1);
  hub->limits = *limits;
  hub->shops = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, shop_free);
  return hub;
}

void hub_free(struct hub *hub)
{
  g_queue_clear(&hub->pending);
  g_queue_clear_full(&hub->recent, g_free);
  g_hash_table_unref(hub->shops);
  g_free(hub);
}

size_t hub_count(const struct hub *hub)
{
  return hub->count;
}

/* ---- one listener ---- */

static void remove_listener(struct hub *hub, struct hub_listener *listener, enum hub_leaving why)
{
  g_queue_unlink(&listener->shop->listeners, &listener->link);
  hub->count--;
  counter_add(COUNTER_STREAMS, 0, -1);
  counter_add(COUNTER_STREAMS_ENDED, why, 1);
  g_free(listener);
}

static void drop(struct hub *hub, struct hub_listener *listener, enum hub_leaving why)
{
  struct hub_outlet *outlet = listener->outlet;
  remove_listener(hub, listener, why);
  outlet->close(outlet, why == HUB_SLOW);
}

static bool matches(const struct hub_caller *caller, const struct ended *ended)
{
  return strcmp(caller->by[ended->kind], ended->id) == 0;
}

static bool ended_on_the_way(const struct hub *hub, const struct hub_caller *caller)
{
  if (caller->asked_ms <= hub->blind_ms)
    return true;
  for (const GList *at = hub->recent.head; at != NULL; at = at->next) {
    const struct recent *recent = at->data;
    if (recent->at_ms >= caller->asked_ms && matches(caller, &recent->ended))
      return true;
  }
  return false;
}

/* One merchant's listeners, or one of its users', are not to keep out all others. */
static bool has_room(const struct hub *hub, const char *merchant)
{
  const struct shop *shop = g_hash_table_lookup(hub->shops, merchant);
  return hub->count < hub->limits.streams &&
         (shop == NULL || shop->listeners.length < hub->limits.streams_of_merchant);
}

bool hub_admits(const struct hub *hub, const struct hub_caller *caller, int64_t now_ms)
{
  return hub->has_feed && !hub->stopped && has_room(hub, caller->merchant) && caller->lasts_ms > 0 &&
         caller->asked_ms <= now_ms && caller->asked_ms > now_ms - HUB_ON_THE_WAY_MS &&
         !ended_on_the_way(hub, caller);
}

static struct shop *enter_shop(struct hub *hub, const char *merchant)
{
  struct shop *shop = g_hash_table_lookup(hub->shops, merchant);
  if (shop != NULL)
    return shop;
  shop = g_new0(struct shop, 1);
  g_strlcpy(shop->id, merchant, sizeof shop->id);
  g_hash_table_insert(hub->shops, shop->id, shop);
  return shop;
}

static bool is_newest(const struct shop *shop, const char *last_id)
{
  char position[HINT_POSITION_SIZE];
  return last_id != NULL && shop->has_position &&
         strcmp(hint_position(shop->position, position), last_id) == 0;
}

static void greet(const struct hub_listener *listener, const char *last_id)
{
  const struct shop *shop = listener->shop;
  struct hub_outlet *outlet = listener->outlet;
  struct hint all;
  GString *text = g_string_new(NULL);
  /* Whose streams end together, as when this program ends, shall not come again together. */
  g_string_append_printf(text, RETRY, g_random_int_range(RETRY_LEAST_MS, RETRY_MOST_MS + 1));
  if (is_newest(shop, last_id)) {
    g_string_append(text, HEARTBEAT);
  } else {
    hint_set_all(&all);
    all.has_position = shop->has_position;
    all.position = shop->position;
    hint_write_event(&all, text);
  }
  counter_add(COUNTER_STREAM_EVENTS,
              is_newest(shop, last_id) ? COUNTER_EVENT_HEARTBEAT : COUNTER_EVENT_CHANGED, 1);
  outlet->send(outlet, text->str, text->len);
  g_string_free(text, TRUE);
}

/* Not all that came at once, as after a restart, shall come again at once. */
static int64_t stream_ms(const struct hub *hub)
{
  int64_t most = hub->limits.stream_ms;
  return most - g_random_int_range(0, (gint32)(most / 10) + 1);
}

struct hub_listener *hub_listen(struct hub *hub, const struct hub_caller *caller, struct hub_outlet *outlet,
                                const char *last_id, int64_t now_ms)
{
  struct hub_listener *listener = g_new0(struct hub_listener, 1);
  *listener = (struct hub_listener){.shop = enter_shop(hub, caller->merchant),
                                    .caller = *caller,
                                    .outlet = outlet,
                                    .until_ms = now_ms + MIN(stream_ms(hub), caller->lasts_ms)};
  listener->link.data = listener;
  g_queue_push_tail_link(&listener->shop->listeners, &listener->link);
  hub->count++;
  counter_add(COUNTER_STREAMS, 0, 1);
  greet(listener, last_id);
  return listener;
}

void hub_leave(struct hub *hub, struct hub_listener *listener)
{
  remove_listener(hub, listener, HUB_LEFT);
}

/* ---- all of them ---- */

typedef void (*visit_fn)(struct hub *hub, struct hub_listener *listener, void *arg);

static void visit_shop(struct hub *hub, struct shop *shop, visit_fn visit, void *arg)
{
  for (GList *at = shop->listeners.head, *next; at != NULL; at = next) {
    next = at->next; /* the visit may drop this one */
    visit(hub, at->data, arg);
  }
}

static void visit_all(struct hub *hub, visit_fn visit, void *arg)
{
  GHashTableIter iter;
  void *shop;
  g_hash_table_iter_init(&iter, hub->shops);
  while (g_hash_table_iter_next(&iter, NULL, &shop))
    visit_shop(hub, shop, visit, arg);
}

/* ---- what is told ---- */

static void tell(struct hub *hub, struct hub_listener *listener, void *arg)
{
  const GString *text = arg;
  struct hub_outlet *outlet = listener->outlet;
  outlet->send(outlet, text->str, text->len);
  if (outlet->unread(outlet) > hub->limits.stream_buffer)
    drop(hub, listener, HUB_SLOW);
}

static void send_pending(struct hub *hub, struct shop *shop, int64_t now_ms)
{
  GString *text = g_string_new(NULL);
  hint_write_event(shop->pending, text);
  g_clear_pointer(&shop->pending, g_free);
  shop->sent_ms = now_ms;
  counter_add(COUNTER_STREAM_EVENTS, COUNTER_EVENT_CHANGED, shop->listeners.length);
  visit_shop(hub, shop, tell, text);
  g_string_free(text, TRUE);
}

/* Hours that can be read again are published with the position of the flush before them. So a position may
 * come more than once, and who has it may have heard only the first: it stands for everything only while it
 * was heard once, above another one that was heard here. */
static void note_position(struct shop *shop, const struct hint *hint)
{
  shop->has_position = hint->has_position && shop->position != 0 && hint->position > shop->position;
  if (hint->has_position)
    shop->position = MAX(shop->position, hint->position);
}

static void add_pending(struct hub *hub, struct shop *shop, const struct hint *hint)
{
  if (shop->pending == NULL) {
    shop->pending = g_new(struct hint, 1);
    *shop->pending = (struct hint){.count = 0};
    g_queue_push_tail(&hub->pending, shop);
  }
  hint_merge(shop->pending, hint, hub->limits.hours);
  note_position(shop, hint);
}

void hub_changed(struct hub *hub, const char *merchant, const struct hint *hint, int64_t now_ms)
{
  struct shop *shop = g_hash_table_lookup(hub->shops, merchant);
  if (shop == NULL)
    return;
  add_pending(hub, shop, hint);
  if (now_ms - shop->sent_ms < hub->limits.gather_ms)
    return;
  g_queue_remove(&hub->pending, shop);
  send_pending(hub, shop, now_ms);
}

bool hub_has_pending(const struct hub *hub)
{
  return hub->pending.head != NULL;
}

void hub_send_pending(struct hub *hub, int64_t now_ms)
{
  struct shop *shop;
  while ((shop = g_queue_pop_head(&hub->pending)) != NULL)
    send_pending(hub, shop, now_ms);
}

/* ---- who has ended ---- */

static void end_if_meant(struct hub *hub, struct hub_listener *listener, void *arg)
{
  if (matches(&listener->caller, arg))
    drop(hub, listener, HUB_ENDED);
}

static void forget_recent(struct hub *hub, int64_t now_ms)
{
  struct recent *oldest;
  while ((oldest = g_queue_peek_head(&hub->recent)) != NULL &&
         (hub->recent.length > HUB_ENDED_MAX || oldest->at_ms <= now_ms - HUB_ON_THE_WAY_MS)) {
    if (hub->recent.length > HUB_ENDED_MAX)
      hub->blind_ms = oldest->at_ms;
    g_free(g_queue_pop_head(&hub->recent));
  }
}

void hub_ended(struct hub *hub, const struct ended *ended, int64_t now_ms)
{
  struct recent *recent = g_new(struct recent, 1);
  struct ended meant = *ended;
  *recent = (struct recent){.ended = *ended, .at_ms = now_ms};
  g_queue_push_tail(&hub->recent, recent);
  forget_recent(hub, now_ms);
  visit_all(hub, end_if_meant, &meant);
}

/* ---- the feed ---- */

static void let_in_anew_soon(struct hub *hub, struct hub_listener *listener, void *arg)
{
  const int64_t *now_ms = arg;
  (void)hub;
  int64_t soon = *now_ms + g_random_int_range(ANEW_LEAST_MS, HUB_ANEW_WITHIN_MS);
  listener->until_ms = MIN(listener->until_ms, soon);
}

void hub_feed_up(struct hub *hub, int64_t now_ms)
{
  GHashTableIter iter;
  void *shop;
  struct hint all;
  hint_set_all(&all);
  hub->has_feed = true;
  hub->blind_ms = now_ms;
  visit_all(hub, let_in_anew_soon, &now_ms);
  g_hash_table_iter_init(&iter, hub->shops);
  while (g_hash_table_iter_next(&iter, NULL, &shop))
    add_pending(hub, shop, &all);
  hub_send_pending(hub, now_ms);
}

void hub_feed_down(struct hub *hub)
{
  hub->has_feed = false;
}

/* ---- time ---- */

struct tick {
  GString *text;
  bool alive;
  int64_t now_ms;
};

static void tick_one(struct hub *hub, struct hub_listener *listener, void *arg)
{
  const struct tick *tick = arg;
  struct hub_outlet *outlet = listener->outlet;
  listener->unread_ticks = outlet->unread(outlet) > 0 ? listener->unread_ticks + 1 : 0;
  if (tick->now_ms >= listener->until_ms) {
    drop(hub, listener, HUB_AGE);
  } else if (listener->unread_ticks >= HUB_UNREAD_TICKS) {
    drop(hub, listener, HUB_SLOW);
  } else {
    tell(hub, listener, tick->text);
    counter_add(COUNTER_STREAM_EVENTS, COUNTER_EVENT_HEARTBEAT, tick->alive);
  }
}

/* A shop with a pending hint is in a list, and soon without one. */
static gboolean is_forgotten(void *key, void *value, void *arg)
{
  struct shop *shop = value;
  const int64_t *now_ms = arg;
  (void)key;
  if (shop->listeners.length > 0)
    shop->left_ms = *now_ms;
  return shop->pending == NULL && *now_ms - shop->left_ms > HUB_REMEMBER_MS;
}

void hub_tick(struct hub *hub, bool alive, int64_t now_ms)
{
  struct tick tick = {.text = g_string_new(alive ? HEARTBEAT : COMMENT), .alive = alive, .now_ms = now_ms};
  visit_all(hub, tick_one, &tick);
  g_hash_table_foreach_remove(hub->shops, is_forgotten, &now_ms);
  forget_recent(hub, now_ms);
  g_string_free(tick.text, TRUE);
}

static void stop_one(struct hub *hub, struct hub_listener *listener, void *arg)
{
  (void)arg;
  drop(hub, listener, HUB_STOPPED);
}

void hub_stop(struct hub *hub)
{
  hub->stopped = true;
  visit_all(hub, stop_one, NULL);
}
