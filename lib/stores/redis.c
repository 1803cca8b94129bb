#include "stores/redis.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/counters.h"
#include "stores/kv_redis.h"

/* A server that is busy with much data gets a millisecond more for each of these bytes (10 MB/s). */
#define BYTES_PER_MS 10000
/* hiredis moves what is left of its buffer after each write: hand it over in pieces. */
#define SEND_PIECE (1 << 20)
/* After a server has let a deadline pass, it is not asked again for so long: whoever has several questions
 * waits for one of them only, and a server that is overloaded is not asked more. */
#define REST_MS 200

struct redis {
  char *socket;
  char *host;
  int port;
  struct timeval connect_timeout;
  int64_t command_timeout_ms;
  char *user, *password;

  redisContext *context; /* NULL: not connected */
  uint64_t connections;  /* made so far; names the present one */
  char command[16];      /* sent last, for error texts */
  size_t unsent;         /* bytes in hiredis' buffer */
  size_t outstanding;    /* replies to come */
  int64_t deadline_ms;   /* of all of them, monotonic */
  int64_t rest_until_ms; /* monotonic; no new connection before */

  struct kv *kv;
};

static struct timeval milliseconds(int64_t ms)
{
  return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
}

static int64_t monotonic_ms(void)
{
  struct clock *clock = clock_system();
  return clock->monotonic_ms(clock);
}

enum result redis_new(const struct conf *conf, enum conf_program program, struct redis **out, struct err *e)
{
  const struct conf_credentials *credentials = &conf->credentials[program];
  char *password = NULL;
  enum result r = conf_read_secret(credentials->redis_password_file, &password, e);
  if (r != RESULT_OK)
    return r;
  /* hiredis writes with write(2), which knows no MSG_NOSIGNAL. */
  signal(SIGPIPE, SIG_IGN);
  struct redis *redis = g_new0(struct redis, 1);
  redis->socket = g_strdup(conf->redis_socket);
  redis->host = g_strdup(conf->redis_host);
  redis->port = (int)conf->redis_port;
  redis->connect_timeout = milliseconds(conf->redis_connect_timeout_ms);
  redis->command_timeout_ms = conf->redis_command_timeout_ms;
  redis->user = g_strdup(credentials->redis_user);
  redis->password = password;
  *out = redis;
  return RESULT_OK;
}

static void disconnect(struct redis *redis)
{
  g_clear_pointer(&redis->context, redisFree);
  redis->unsent = 0;
  redis->outstanding = 0;
}

void redis_free(struct redis *redis)
{
  if (redis == NULL)
    return;
  disconnect(redis);
  kv_redis_free(redis->kv);
  explicit_bzero(redis->password, strlen(redis->password));
  g_free(redis->password);
  g_free(redis->user);
  g_free(redis->host);
  g_free(redis->socket);
  g_free(redis);
}

void redis_set_timeout(struct redis *redis, int64_t command_timeout_ms)
{
  redis->command_timeout_ms = command_timeout_ms;
  redis->rest_until_ms = 0;
  disconnect(redis); /* the socket has the old one */
}

/* ---- failures ---- */

MUST_CHECK static enum result lost(struct redis *redis, const char *why, struct err *e)
{
  enum result r = err_set(e, RESULT_UNAVAILABLE, "Redis: %s: %s", redis->command, why);
  counter_add(COUNTER_REDIS_FAILURES, 0, 1);
  disconnect(redis);
  return r;
}

/* Refusals that pass, or that a person has to mend at the server; all others are ours. */
static bool refusal_passes(const char *code)
{
  static const char *const codes[] = {"LOADING",   "OOM",        "BUSY",     "MISCONF",
                                      "READONLY",  "MASTERDOWN", "NOAUTH",   "NOPERM",
                                      "WRONGPASS", "EXECABORT",  "TRYAGAIN", "CLUSTERDOWN"};
  for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
    if (strcmp(code, codes[i]) == 0)
      return true;
  return false;
}

/* Names only the first word of the server's text: the rest may repeat arguments, and those may be secret. */
MUST_CHECK static enum result refused(struct redis *redis, const char *text, struct err *e)
{
  char code[32];
  g_strlcpy(code, text, sizeof code);
  code[strcspn(code, " ")] = '\0';
  enum result r = err_set(e, refusal_passes(code) ? RESULT_UNAVAILABLE : RESULT_INTERNAL,
                          "Redis: %s: refused: %s", redis->command, code);
  counter_add(COUNTER_REDIS_FAILURES, 0, 1);
  disconnect(redis);
  return r;
}

/* ---- the connection ---- */

/* Nothing is to come on an idle connection: whatever poll reports means that the server has closed it. */
static bool hung_up(const struct redis *redis)
{
  struct pollfd idle = {.fd = redis->context->fd, .events = POLLIN};
  return redis->outstanding == 0 && poll(&idle, 1, 0) > 0;
}

uint64_t redis_connection(struct redis *redis)
{
  if (redis->context != NULL && hung_up(redis))
    disconnect(redis);
  return redis->context != NULL ? redis->connections : 0;
}

MUST_CHECK static enum result open_socket(struct redis *redis, struct err *e)
{
  g_strlcpy(redis->command, "connect", sizeof redis->command);
  if (redis->socket[0] != '\0')
    redis->context = redisConnectUnixWithTimeout(redis->socket, redis->connect_timeout);
  else
    redis->context = redisConnectWithTimeout(redis->host, redis->port, redis->connect_timeout);
  if (redis->context == NULL)
    return err_set(e, RESULT_INTERNAL, "Redis: no memory for a connection");
  if (redis->context->err != 0)
    return lost(redis, redis->context->errstr, e);
  redis->connections++;
  counter_add(COUNTER_REDIS_CONNECTIONS, 0, 1);
  if (redisSetTimeout(redis->context, milliseconds(redis->command_timeout_ms)) != REDIS_OK ||
      fcntl(redis->context->fd, F_SETFD, FD_CLOEXEC) != 0)
    return lost(redis, "the socket's options cannot be set", e);
  return RESULT_OK;
}

MUST_CHECK static enum result log_in(struct redis *redis, struct err *e)
{
  if (redis->user[0] == '\0')
    return RESULT_OK;
  const char *argv[] = {"AUTH", redis->user, redis->password};
  size_t lengths[] = {strlen(argv[0]), strlen(argv[1]), strlen(argv[2])};
  redisReply *reply = NULL;
  enum result r = redis_send(redis, 3, argv, lengths, e);
  if (r == RESULT_OK)
    r = redis_receive(redis, &reply, e);
  if (r == RESULT_OK)
    freeReplyObject(reply);
  return r;
}

enum result redis_connect(struct redis *redis, uint64_t *connection, struct err *e)
{
  if (redis_connection(redis) == 0) {
    if (monotonic_ms() < redis->rest_until_ms)
      return err_set(e, RESULT_UNAVAILABLE, "Redis: it did not answer in time a moment ago");
    enum result r = open_socket(redis, e);
    if (r == RESULT_OK)
      r = log_in(redis, e);
    if (r != RESULT_OK)
      return r;
  }
  *connection = redis->connections;
  return RESULT_OK;
}

/* ---- commands ---- */

MUST_CHECK static enum result flush(struct redis *redis, struct err *e)
{
  int done = 0;
  while (!done)
    if (redisBufferWrite(redis->context, &done) != REDIS_OK)
      return lost(redis, redis->context->errstr, e);
  redis->unsent = 0;
  return RESULT_OK;
}

enum result redis_send(struct redis *redis, int argc, const char **argv, const size_t *lengths, struct err *e)
{
  if (redis->context == NULL)
    return err_set(e, RESULT_UNAVAILABLE, "Redis: the connection is gone");
  g_strlcpy(redis->command, argv[0], sizeof redis->command);
  if (redisAppendCommandArgv(redis->context, argc, argv, lengths) != REDIS_OK)
    return lost(redis, redis->context->errstr, e);
  size_t bytes = 0;
  for (int i = 0; i < argc; i++)
    bytes += lengths[i];
  if (redis->outstanding++ == 0)
    redis->deadline_ms = monotonic_ms() + redis->command_timeout_ms;
  redis->deadline_ms += (int64_t)(bytes / BYTES_PER_MS);
  redis->unsent += bytes;
  return redis->unsent < SEND_PIECE ? RESULT_OK : flush(redis, e);
}

MUST_CHECK static enum result wait_readable(struct redis *redis, struct err *e)
{
  for (;;) {
    int64_t left = redis->deadline_ms - monotonic_ms();
    struct pollfd readable = {.fd = redis->context->fd, .events = POLLIN};
    int ready = left > 0 ? poll(&readable, 1, (int)MIN(left, G_MAXINT)) : 0;
    if (ready > 0)
      return RESULT_OK;
    if (ready == 0) {
      redis->rest_until_ms = monotonic_ms() + REST_MS;
      return lost(redis, "no answer in time", e);
    }
    if (errno != EINTR)
      return lost(redis, g_strerror(errno), e);
  }
}

enum result redis_receive(struct redis *redis, redisReply **reply, struct err *e)
{
  if (redis->context == NULL)
    return err_set(e, RESULT_UNAVAILABLE, "Redis: the connection is gone");
  enum result r = redis->unsent > 0 ? flush(redis, e) : RESULT_OK;
  void *got = NULL;
  while (r == RESULT_OK && got == NULL) {
    if (redisGetReplyFromReader(redis->context, &got) != REDIS_OK)
      return lost(redis, redis->context->errstr, e);
    if (got != NULL)
      break;
    r = wait_readable(redis, e);
    if (r == RESULT_OK && redisBufferRead(redis->context) != REDIS_OK)
      r = lost(redis, redis->context->errstr, e);
  }
  if (r != RESULT_OK)
    return r;
  redis->outstanding--;
  *reply = got;
  if ((*reply)->type != REDIS_REPLY_ERROR)
    return RESULT_OK;
  r = refused(redis, (*reply)->str, e);
  g_clear_pointer(reply, freeReplyObject);
  return r;
}

struct kv *redis_kv(struct redis *redis)
{
  if (redis->kv == NULL)
    redis->kv = kv_redis_new(redis);
  return redis->kv;
}
