/* hub: who listens to which merchant, and what they are told. No I/O: a listener's bytes go to its outlet,
 * and what time it is comes with each call (monotonic, ms). One thread.
 *
 * Bounded: listeners by `streams`, and those of a merchant by `streams_of_merchant`; what one has unread by
 * `stream_buffer`, and in time by HUB_UNREAD_TICKS; a merchant's pending hint by `hours`; what has ended
 * lately by HUB_ENDED_MAX.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/merchant.h"
#include "translation/ended.h"
#include "translation/hint.h"

/* A listener that has something unread at so many ticks one after the other is slow. */
#define HUB_UNREAD_TICKS 10
/* A request is on its way from the worker to here for so long at most. */
#define HUB_ON_THE_WAY_MS 15000
#define HUB_ENDED_MAX 1024
/* After a gap all listeners are let in anew within this time: somebody may have ended in it. */
#define HUB_ANEW_WITHIN_MS 30000
/* A merchant's last position is known for so long behind its last listener. */
#define HUB_REMEMBER_MS 60000

struct hub_limits {
  size_t streams;
  size_t streams_of_merchant;
  size_t stream_buffer; /* bytes */
  size_t hours;         /* of one event */
  int64_t stream_ms;
  int64_t gather_ms;
};

/* Why a listener left: the counter's label values, in this order. */
enum hub_leaving { HUB_LEFT, HUB_AGE, HUB_ENDED, HUB_SLOW, HUB_STOPPED };

/* Where a listener's bytes go; inside whatever carries them. */
struct hub_outlet {
  void (*send)(struct hub_outlet *self, const char *bytes, size_t length);
  size_t (*unread)(struct hub_outlet *self);
  /* The hub has dropped the listener. `at_once`: what is unread goes with it. */
  void (*close)(struct hub_outlet *self, bool at_once);
};

/* Who listens, as the worker has let them in. */
struct hub_caller {
  char merchant[MERCHANT_ID_SIZE];
  char by[ENDED_KEY + 1][ENDED_ID_SIZE]; /* by enum ended_kind: a user and a session, or a key; "": none */
  int64_t asked_ms;                      /* when the worker began with the request */
  int64_t lasts_ms;                      /* what let them in ends by itself after so long */
};

struct hub;
struct hub_listener;

struct hub *hub_new(const struct hub_limits *limits);
void hub_free(struct hub *hub); /* no listener may be left: hub_stop */

/* What happens to a listener. */
bool hub_admits(const struct hub *hub, const struct hub_caller *caller, int64_t now_ms);
/* Only after hub_admits. `last_id`: the Last-Event-ID, or NULL. At first the listener gets "retry", which
 * differs from one to the next, and unless its position is the newest and stands for all that was told, a
 * hint to look at everything. */
struct hub_listener *hub_listen(struct hub *hub, const struct hub_caller *caller, struct hub_outlet *outlet,
                                const char *last_id, int64_t now_ms);
/* The connection is gone; its outlet is not called any more. */
void hub_leave(struct hub *hub, struct hub_listener *listener);

/* What happens in the world. */
void hub_changed(struct hub *hub, const char *merchant, const struct hint *hint, int64_t now_ms);
void hub_ended(struct hub *hub, const struct ended *ended, int64_t now_ms);
void hub_feed_up(struct hub *hub, int64_t now_ms);
void hub_feed_down(struct hub *hub);
/* About once a second. `alive`: what changes is known to come; else listeners get no heartbeat, but a
 * comment, which pages do not take for one. */
void hub_tick(struct hub *hub, bool alive, int64_t now_ms);

/* Whether hints are pending, to be sent by hub_send_pending within gather_ms. */
bool hub_has_pending(const struct hub *hub);
void hub_send_pending(struct hub *hub, int64_t now_ms);

/* Ends all streams; nobody is admitted any more. */
void hub_stop(struct hub *hub);
size_t hub_count(const struct hub *hub);
