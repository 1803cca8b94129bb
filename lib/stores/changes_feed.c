#include "stores/changes_feed.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include <glib.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/log.h"
#include "stores/keys.h"

#define BACK_OFF_FIRST_MS 50
#define BACK_OFF_MOST_MS 1000
/* A connection that shows no sign of life for so long is given up. */
#define SILENCE_MOST_MS 3000
/* Unreadable messages are logged at most this often. */
#define COMPLAIN_EVERY_MS 1000
#define REASON_SIZE 64

struct changes_feed {
  struct event_base *base;
  char *socket, *host, *user, *password;
  int port;
  struct changes_listener listener;
  struct event *retry;
  redisAsyncContext *context; /* NULL: not even connecting */
  bool patterns, endings;     /* what is subscribed to */
  bool up;
  bool freeing;
  bool probing;           /* asked and not answered yet */
  int64_t failures;       /* since it was up */
  char told[REASON_SIZE]; /* why the last one that was logged happened */
  int64_t heard_ms;
  int64_t back_off_ms;
  int64_t complained_ms;
};

static int64_t now_ms(void)
{
  struct clock *clock = clock_system();
  return clock->monotonic_ms(clock);
}

/* ---- losing it ---- */

static void try_later(struct changes_feed *feed)
{
  struct timeval wait = {.tv_sec = feed->back_off_ms / 1000, .tv_usec = feed->back_off_ms % 1000 * 1000};
  feed->back_off_ms = MIN(2 * feed->back_off_ms, BACK_OFF_MOST_MS);
  if (event_add(feed->retry, &wait) != 0)
    log_event(LOG_LEVEL_ERROR, "feed_given_up", "%s", "why=\"libevent takes no timer\"");
}

/* While it is away each reason is told once, however often it is tried again. */
static void tell_lost(struct changes_feed *feed, const char *why)
{
  char reason[REASON_SIZE], quoted[REASON_SIZE + 2];
  g_strlcpy(reason, why, sizeof reason);
  counter_add(COUNTER_REDIS_FAILURES, 0, 1);
  if (feed->failures++ > 0 && strcmp(reason, feed->told) == 0)
    return;
  g_strlcpy(feed->told, reason, sizeof feed->told);
  log_event(LOG_LEVEL_WARN, "feed_down", "why=%s", log_quote(quoted, sizeof quoted, reason));
}

/* The context is gone, or about to be. Only the first word of a refusal is told: the rest may repeat
 * arguments. */
static void lost(struct changes_feed *feed, const char *why)
{
  if (feed->context == NULL)
    return;
  feed->context = NULL;
  feed->patterns = feed->endings = feed->probing = false;
  if (feed->freeing)
    return;
  tell_lost(feed, why);
  if (feed->up)
    feed->listener.down(feed->listener.arg);
  feed->up = false;
  try_later(feed);
}

static void give_up(struct changes_feed *feed, const char *why)
{
  redisAsyncContext *context = feed->context;
  lost(feed, why);
  context->data = NULL;
  redisAsyncFree(context);
}

/* ---- what comes ---- */

static void complain(struct changes_feed *feed, const char *of)
{
  int64_t now = now_ms();
  if (feed->complained_ms != 0 && now - feed->complained_ms < COMPLAIN_EVERY_MS)
    return;
  feed->complained_ms = now;
  log_event(LOG_LEVEL_WARN, "feed_unreadable", "channel=%s", of);
}

static bool is_text(const redisReply *reply)
{
  return reply->type == REDIS_REPLY_STRING;
}

static void on_change(struct changes_feed *feed, const redisReply *channel, const redisReply *message)
{
  char merchant[MERCHANT_ID_SIZE];
  struct hint hint;
  if (!is_text(channel) || !is_text(message) || !key_channel_merchant(channel->str, channel->len, merchant)) {
    complain(feed, KEY_CHANNELS);
    return;
  }
  if (!hint_parse(message->str, message->len, &hint)) {
    complain(feed, KEY_CHANNELS);
    hint_set_all(&hint);
  }
  feed->listener.changed(feed->listener.arg, merchant, &hint);
}

static void on_ended(struct changes_feed *feed, const redisReply *message)
{
  struct ended ended;
  if (is_text(message) && ended_parse(message->str, message->len, &ended))
    feed->listener.ended(feed->listener.arg, &ended);
  else
    complain(feed, KEY_ENDED_CHANNEL);
}

static void check_up(struct changes_feed *feed)
{
  if (feed->up || !feed->patterns || !feed->endings)
    return;
  feed->up = true;
  feed->back_off_ms = BACK_OFF_FIRST_MS;
  log_event(LOG_LEVEL_INFO, "feed_up", "failures=%" PRId64, feed->failures);
  feed->failures = 0;
  feed->listener.up(feed->listener.arg);
}

static bool says(const redisReply *reply, size_t elements, const char *word)
{
  return reply->type == REDIS_REPLY_ARRAY && reply->elements == elements && is_text(reply->element[0]) &&
         strcmp(reply->element[0]->str, word) == 0;
}

/* Of both subscriptions. A refusal makes hiredis give the connection up by itself. */
static void on_message(redisAsyncContext *context, void *answer, void *unused)
{
  struct changes_feed *feed = context->data;
  const redisReply *reply = answer;
  (void)unused;
  if (feed == NULL || reply == NULL)
    return;
  feed->heard_ms = now_ms();
  if (says(reply, 4, "pmessage"))
    on_change(feed, reply->element[2], reply->element[3]);
  else if (says(reply, 3, "message"))
    on_ended(feed, reply->element[2]);
  else if (says(reply, 3, "psubscribe"))
    feed->patterns = true;
  else if (says(reply, 3, "subscribe"))
    feed->endings = true, feed->probing = false;
  check_up(feed);
}

/* ---- getting it ---- */

/* On a connection that is there this only fills a buffer; a failure to is one of memory, which GLib does not
 * survive either. */
static void ask(struct changes_feed *feed, redisCallbackFn *answered, int argc, const char **argv)
{
  size_t lengths[3];
  for (int i = 0; i < argc; i++)
    lengths[i] = strlen(argv[i]);
  if (redisAsyncCommandArgv(feed->context, answered, NULL, argc, argv, lengths) != REDIS_OK)
    log_event(LOG_LEVEL_ERROR, "feed_unasked", "command=%s", argv[0]);
}

static void subscribe(struct changes_feed *feed)
{
  ask(feed, on_message, 2, (const char *[]){"PSUBSCRIBE", KEY_CHANNELS});
  ask(feed, on_message, 2, (const char *[]){"SUBSCRIBE", KEY_ENDED_CHANNEL});
}

static void on_log_in(redisAsyncContext *context, void *answer, void *unused)
{
  struct changes_feed *feed = context->data;
  redisReply *reply = answer;
  (void)unused;
  if (feed == NULL || reply == NULL)
    return;
  if (reply->type != REDIS_REPLY_ERROR) {
    subscribe(feed);
    return;
  }
  reply->str[strcspn(reply->str, " ")] = '\0';
  lost(feed, reply->str);
  context->data = NULL;
  redisAsyncDisconnect(context);
}

static void on_disconnect(const redisAsyncContext *context, int status)
{
  if (context->data != NULL)
    lost(context->data, status == REDIS_OK ? "closed" : context->errstr);
}

/* hiredis frees a context that could not connect. */
static void on_connect(const redisAsyncContext *context, int status)
{
  struct changes_feed *feed = context->data;
  if (feed == NULL)
    return;
  if (status != REDIS_OK) {
    lost(feed, context->errstr);
    return;
  }
  feed->heard_ms = now_ms();
  counter_add(COUNTER_REDIS_CONNECTIONS, 0, 1);
  if (feed->user[0] == '\0')
    subscribe(feed);
  else
    ask(feed, on_log_in, 3, (const char *[]){"AUTH", feed->user, feed->password});
}

static void set_up(struct changes_feed *feed)
{
  redisAsyncContext *context = feed->context;
  context->data = feed;
  fcntl(context->c.fd, F_SETFD, FD_CLOEXEC);
  redisLibeventAttach(context, feed->base);
  redisAsyncSetConnectCallback(context, on_connect);
  redisAsyncSetDisconnectCallback(context, on_disconnect);
}

static void connect_now(evutil_socket_t fd, short what, void *arg)
{
  struct changes_feed *feed = arg;
  (void)fd, (void)what;
  feed->heard_ms = now_ms();
  feed->context = feed->socket[0] != '\0' ? redisAsyncConnectUnix(feed->socket)
                                          : redisAsyncConnect(feed->host, feed->port);
  if (feed->context == NULL)
    try_later(feed);
  else if (feed->context->err != 0)
    give_up(feed, feed->context->errstr);
  else
    set_up(feed);
}

/* ---- the whole ---- */

enum result changes_feed_new(struct event_base *base, const struct conf *conf, enum conf_program program,
                             const struct changes_listener *listener, struct changes_feed **out,
                             struct err *e)
{
  const struct conf_credentials *credentials = &conf->credentials[program];
  char *password = NULL;
  enum result r = conf_read_secret(credentials->redis_password_file, &password, e);
  if (r != RESULT_OK)
    return r;
  struct changes_feed *feed = g_new0(struct changes_feed, 1);
  *feed = (struct changes_feed){.base = base,
                                .socket = g_strdup(conf->redis_socket),
                                .host = g_strdup(conf->redis_host),
                                .user = g_strdup(credentials->redis_user),
                                .password = password,
                                .port = (int)conf->redis_port,
                                .listener = *listener,
                                .back_off_ms = BACK_OFF_FIRST_MS};
  feed->retry = evtimer_new(base, connect_now, feed);
  if (feed->retry == NULL) {
    changes_feed_free(feed);
    return err_set(e, RESULT_INTERNAL, "libevent has no timer");
  }
  connect_now(-1, 0, feed);
  *out = feed;
  return RESULT_OK;
}

void changes_feed_free(struct changes_feed *feed)
{
  if (feed == NULL)
    return;
  feed->freeing = true;
  if (feed->context != NULL)
    give_up(feed, "");
  if (feed->retry != NULL)
    event_free(feed->retry);
  explicit_bzero(feed->password, strlen(feed->password));
  g_free(feed->password);
  g_free(feed->user);
  g_free(feed->host);
  g_free(feed->socket);
  g_free(feed);
}

/* In a subscription hiredis 0.14 keeps a record of each PING for ever; to subscribe again is as good a
 * question. */
bool changes_feed_probe(struct changes_feed *feed)
{
  if (feed->context == NULL)
    return false;
  bool answered = feed->up && !feed->probing;
  if (now_ms() - feed->heard_ms > SILENCE_MOST_MS) {
    give_up(feed, "no sign of life");
    return false;
  }
  if (answered) {
    feed->probing = true;
    ask(feed, on_message, 2, (const char *[]){"SUBSCRIBE", KEY_ENDED_CHANNEL});
  }
  return answered;
}
