#include "stores/mongo.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/log.h"
#include "stores/mongo_door.h"

/* Threads of a worker that MongoDB never gets: they go on with figures while it hangs. */
#define THREADS_KEPT_OUT 2

/* What maxTimeMS leaves of the socket's time-out for the way there and back. */
#define NETWORK_MARGIN_MS 500

/* The most of a worker. The driver tries a call a second time, also when it was a time-out that ended the
 * first, which a server that hangs answers as little. So two tries fit into the 8 s of a request, after which
 * nginx waits 2 s more, behind two waits of pool_wait_ms (500 ms): at the door and for a client of the pool.
 */
#define WORKER_SOCKET_TIMEOUT_MS 3500

struct mongo {
  mongoc_client_pool_t *pool;
  mongoc_client_t *only; /* in place of the pool: of a program that has one thread */
  char *database;
  char *people_database;
  int64_t max_time_ms;
  struct mongo_door *door; /* of a worker; NULL: everybody may enter */
};

/* ---- libmongoc's own life: once per process ---- */

static void log_message(mongoc_log_level_t level, const char *domain, const char *message, void *user_data)
{
  (void)user_data;
  enum log_level ours = level <= MONGOC_LOG_LEVEL_CRITICAL ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN;
  char quoted[512];
  if (level <= MONGOC_LOG_LEVEL_WARNING)
    log_event(ours, "mongoc", "domain=%s message=%s", domain, log_quote(quoted, sizeof quoted, message));
}

/* The library begins in its own constructor, before main and before our log, and says so on standard error
 * when there is no shared memory for its counters, which nobody reads: a process of the same id that was
 * killed leaves it behind. Only what stands in .preinit_array comes before constructors of libraries. */
static void say_nothing(mongoc_log_level_t level, const char *domain, const char *message, void *user_data)
{
  (void)level, (void)domain, (void)message, (void)user_data;
}

__attribute__((no_sanitize("address", "thread", "undefined"))) static void hush_library(void)
{
  mongoc_log_set_handler(say_nothing, NULL);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const before_constructors)(void) = hush_library;

static void init_library(void)
{
  mongoc_init();
  mongoc_log_set_handler(log_message, NULL);
  atexit(mongoc_cleanup);
}

static void init_library_once(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, init_library);
}

/* ---- the clients ---- */

static int64_t socket_timeout_ms(const struct conf *conf, enum conf_program program)
{
  int64_t wanted = conf->mongo_socket_timeout_ms;
  return program == CONF_WORKER ? MIN(wanted, WORKER_SOCKET_TIMEOUT_MS) : wanted;
}

static int64_t max_time_ms(const struct conf *conf, enum conf_program program)
{
  int64_t socket_ms = socket_timeout_ms(conf, program);
  return MAX(socket_ms - NETWORK_MARGIN_MS, socket_ms / 2);
}

static bool set_times(mongoc_uri_t *uri, const struct conf *conf, enum conf_program program)
{
  const struct {
    const char *option;
    int64_t ms;
  } times[] = {
      {MONGOC_URI_SERVERSELECTIONTIMEOUTMS, conf->mongo_server_selection_timeout_ms},
      {MONGOC_URI_CONNECTTIMEOUTMS, conf->mongo_server_selection_timeout_ms},
      {MONGOC_URI_SOCKETTIMEOUTMS, socket_timeout_ms(conf, program)},
      {MONGOC_URI_WAITQUEUETIMEOUTMS, conf->mongo_pool_wait_ms},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
    if (!mongoc_uri_set_option_as_int32(uri, times[i].option, (int32_t)times[i].ms))
      return false;
  return true;
}

static void set_write_concern(mongoc_uri_t *uri, const struct conf *conf, enum conf_program program)
{
  int64_t within_ms = MIN(conf->mongo_wtimeout_ms, max_time_ms(conf, program));
  mongoc_write_concern_t *concern = mongoc_write_concern_new();
  mongoc_write_concern_set_wmajority(concern, (int32_t)within_ms);
  mongoc_write_concern_set_journal(concern, true);
  mongoc_uri_set_write_concern(uri, concern);
  mongoc_write_concern_destroy(concern);
}

MUST_CHECK static enum result set_credentials(mongoc_uri_t *uri, const struct conf_credentials *credentials,
                                              struct err *e)
{
  if (credentials->mongo_user[0] == '\0')
    return RESULT_OK;
  g_autofree char *password = NULL;
  enum result r = conf_read_secret(credentials->mongo_password_file, &password, e);
  if (r != RESULT_OK)
    return r;
  bool set = mongoc_uri_set_username(uri, credentials->mongo_user) &&
             mongoc_uri_set_password(uri, password) && mongoc_uri_set_auth_source(uri, "admin");
  explicit_bzero(password, strlen(password));
  return set ? RESULT_OK : err_set(e, RESULT_INVALID, "[mongo]: user or password are not UTF-8");
}

MUST_CHECK static enum result configure(mongoc_uri_t *uri, const struct conf *conf, enum conf_program program,
                                        struct err *e)
{
  g_autofree char *name = g_strconcat("takings-", conf_program_name(program), NULL);
  if (!set_times(uri, conf, program) || !mongoc_uri_set_appname(uri, name))
    return err_set(e, RESULT_INVALID, "%s: [mongo]: a setting is refused", conf->path);
  set_write_concern(uri, conf, program);
  return set_credentials(uri, &conf->credentials[program], e);
}

/* The pool, or the only client. A client outside of a pool would by itself give up at the first try. */
MUST_CHECK static enum result open_clients(struct mongo *mongo, mongoc_uri_t *uri, bool alone,
                                           const struct conf *conf, struct err *e)
{
  bson_error_t error = {0};
  if (alone && mongoc_uri_set_option_as_bool(uri, MONGOC_URI_SERVERSELECTIONTRYONCE, false))
    mongo->only = mongoc_client_new_from_uri_with_error(uri, &error);
  else if (!alone)
    mongo->pool = mongoc_client_pool_new_with_error(uri, &error);
  if (mongo->only == NULL && mongo->pool == NULL)
    return err_set(e, RESULT_INVALID, "%s: [mongo] uri: %s", conf->path, error.message);
  if (alone)
    mongoc_client_set_error_api(mongo->only, MONGOC_ERROR_API_VERSION_2);
  else
    mongoc_client_pool_set_error_api(mongo->pool, MONGOC_ERROR_API_VERSION_2);
  return RESULT_OK;
}

MUST_CHECK static enum result open_as(const struct conf *conf, enum conf_program program, bool alone,
                                      struct mongo **out, struct err *e)
{
  init_library_once();
  bson_error_t error;
  mongoc_uri_t *uri = mongoc_uri_new_with_error(conf->mongo_uri, &error);
  if (uri == NULL)
    return err_set(e, RESULT_INVALID, "%s: [mongo] uri: %s", conf->path, error.message);
  struct mongo *mongo = g_new0(struct mongo, 1);
  enum result r = configure(uri, conf, program, e);
  if (r == RESULT_OK)
    r = open_clients(mongo, uri, alone, conf, e);
  mongoc_uri_destroy(uri);
  if (r != RESULT_OK) {
    g_free(mongo);
    return r;
  }
  mongo->database = g_strdup(conf->mongo_database);
  mongo->people_database = g_strdup(conf->mongo_people_database);
  mongo->max_time_ms = max_time_ms(conf, program);
  if (program == CONF_WORKER)
    mongo->door = mongo_door_new((int)MAX(conf->worker_threads - THREADS_KEPT_OUT, 1),
                                 conf->mongo_pool_wait_ms, clock_system());
  *out = mongo;
  return RESULT_OK;
}

enum result mongo_open(const struct conf *conf, enum conf_program program, struct mongo **out, struct err *e)
{
  return open_as(conf, program, false, out, e);
}

enum result mongo_open_alone(const struct conf *conf, enum conf_program program, struct mongo **out,
                             struct err *e)
{
  return open_as(conf, program, true, out, e);
}

void mongo_free(struct mongo *mongo)
{
  if (mongo == NULL)
    return;
  if (mongo->pool != NULL)
    mongoc_client_pool_destroy(mongo->pool);
  mongoc_client_destroy(mongo->only);
  mongo_door_free(mongo->door);
  g_free(mongo->database);
  g_free(mongo->people_database);
  g_free(mongo);
}

static void give_back(struct mongo *mongo, mongoc_client_t *client)
{
  if (client != mongo->only)
    mongoc_client_pool_push(mongo->pool, client);
}

enum result mongo_take(struct mongo *mongo, mongoc_client_t **out, struct err *e)
{
  *out = mongo->only != NULL ? mongo->only : mongoc_client_pool_pop(mongo->pool);
  if (*out == NULL) {
    counter_add(COUNTER_MONGODB_REFUSED, COUNTER_FROM_POOL, 1);
    return err_set(e, RESULT_UNAVAILABLE, "MongoDB: no client of the pool is free");
  }
  if (mongo->door == NULL || mongo_door_enter(mongo->door, *out)) {
    counter_add(COUNTER_MONGODB_CLIENTS, 0, 1);
    return RESULT_OK;
  }
  counter_add(COUNTER_MONGODB_REFUSED, COUNTER_FROM_DOOR, 1);
  give_back(mongo, *out);
  *out = NULL;
  return err_set(e, RESULT_UNAVAILABLE, "MongoDB: it does not answer, or too many are asking at once");
}

void mongo_expect_slow(struct mongo *mongo, mongoc_client_t *client)
{
  if (mongo->door != NULL)
    mongo_door_expect_slow(mongo->door, client);
}

void mongo_give(struct mongo *mongo, mongoc_client_t *client)
{
  if (client == NULL)
    return;
  if (mongo->door != NULL)
    mongo_door_leave(mongo->door, client);
  counter_add(COUNTER_MONGODB_CLIENTS, 0, -1);
  give_back(mongo, client);
}

const char *mongo_database(const struct mongo *mongo)
{
  return mongo->database;
}

const char *mongo_people_database(const struct mongo *mongo)
{
  return mongo->people_database;
}

int64_t mongo_max_time_ms(const struct mongo *mongo)
{
  return mongo->max_time_ms;
}

/* ---- failures ---- */

static bool code_listed(uint32_t code, const uint32_t *codes, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (codes[i] == code)
      return true;
  return false;
}

/* Codes by MongoDB's error_codes.yml. */
MUST_CHECK static enum result result_of_code(uint32_t code)
{
  static const uint32_t passing[] = {
      6,     /* HostUnreachable */
      7,     /* HostNotFound */
      18,    /* AuthenticationFailed: a person has to mend it, and nothing else is wrong */
      24,    /* LockTimeout */
      43,    /* CursorNotFound: the node that had it is gone */
      50,    /* MaxTimeMSExpired */
      64,    /* WriteConcernFailed: wtimeout */
      89,    /* NetworkTimeout */
      91,    /* ShutdownInProgress */
      100,   /* UnsatisfiableWriteConcern */
      112,   /* WriteConflict */
      133,   /* FailedToSatisfyReadPreference */
      134,   /* ReadConcernMajorityNotAvailableYet */
      189,   /* PrimarySteppedDown */
      202,   /* NetworkInterfaceExceededTimeLimit */
      237,   /* CursorKilled */
      262,   /* ExceededTimeLimit */
      290,   /* TransactionExceededLifetimeLimitSeconds */
      9001,  /* SocketException */
      10107, /* NotWritablePrimary */
      11600, /* InterruptedAtShutdown */
      11602, /* InterruptedDueToReplStateChange */
      13435, /* NotPrimaryNoSecondaryOk */
      13436, /* NotPrimaryOrSecondary */
  };
  static const uint32_t stale[] = {
      239, /* SnapshotTooOld */
      246, /* SnapshotUnavailable */
      286, /* ChangeStreamHistoryLost */
  };
  if (code_listed(code, passing, G_N_ELEMENTS(passing)))
    return RESULT_UNAVAILABLE;
  return code_listed(code, stale, G_N_ELEMENTS(stale)) ? RESULT_STALE : RESULT_INTERNAL;
}

enum result mongo_failed(const bson_error_t *error, const char *what, struct err *e)
{
  enum result r = RESULT_INTERNAL;
  switch (error->domain) {
  case MONGOC_ERROR_SERVER_SELECTION:
  case MONGOC_ERROR_STREAM:
  case MONGOC_ERROR_WRITE_CONCERN:
    r = RESULT_UNAVAILABLE;
    break;
  case MONGOC_ERROR_CLIENT:
    if (error->code == MONGOC_ERROR_CLIENT_AUTHENTICATE || error->code == MONGOC_ERROR_CLIENT_NOT_READY)
      r = RESULT_UNAVAILABLE;
    break;
  case MONGOC_ERROR_SERVER:
    r = result_of_code(error->code);
    break;
  default:
    break;
  }
  /* The server's own text may repeat what was asked or stored: only its code is told. */
  if (error->domain == MONGOC_ERROR_SERVER)
    return err_set(e, r, "MongoDB: %s: error %u", what, error->code);
  return err_set(e, r, "MongoDB: %s: %s", what, error->message);
}

enum result mongo_ping(struct mongo *mongo, struct err *e)
{
  mongoc_client_t *client = NULL;
  enum result r = mongo_take(mongo, &client, e);
  if (r != RESULT_OK)
    return r;
  bson_t *ping = BCON_NEW("ping", BCON_INT32(1), "maxTimeMS", BCON_INT64(mongo->max_time_ms));
  bson_error_t error;
  if (!mongoc_client_command_simple(client, mongo->database, ping, NULL, NULL, &error))
    r = mongo_failed(&error, "ping", e);
  bson_destroy(ping);
  mongo_give(mongo, client);
  return r;
}
