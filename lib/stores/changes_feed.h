/* changes_feed: what is published of changes (Redis): which merchants' figures changed, and who has ended. An
 * asynchronous subscription on a libevent base; it connects again by itself, with back-off. Each reason why
 * it is away is logged once, however often it is tried.
 *
 * Messages are untrusted: what does not read is counted by the log and told as "something may have changed".
 */
#pragma once

#include <event2/event.h>

#include "base/conf.h"
#include "base/err.h"
#include "domain/merchant.h"
#include "translation/ended.h"
#include "translation/hint.h"

/* Who is told, from within the base's loop. */
struct changes_listener {
  void *arg;
  void (*up)(void *arg);   /* from now on nothing is missed */
  void (*down)(void *arg); /* what is published now is missed */
  void (*changed)(void *arg, const char *merchant, const struct hint *hint);
  void (*ended)(void *arg, const struct ended *ended);
};

struct changes_feed;

/* Begins to connect as the program that the credentials are of. The listener and the base outlive the feed.
 * Caller owns *out: changes_feed_free. RESULT_INVALID: a secret cannot be read;
 * RESULT_INTERNAL: libevent has no timer. */
MUST_CHECK enum result changes_feed_new(struct event_base *base, const struct conf *conf,
                                        enum conf_program program, const struct changes_listener *listener,
                                        struct changes_feed **out, struct err *e);
/* Tells the listener nothing more. */
void changes_feed_free(struct changes_feed *feed);

/* To be called about once a second: asks Redis for a sign of life, and gives up a connection that shows none.
 * Whether the subscription stands and what was asked the last time is answered. */
bool changes_feed_probe(struct changes_feed *feed);
