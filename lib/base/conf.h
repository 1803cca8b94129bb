/* conf: the configuration file, a GKeyFile (/etc/takings/takings.conf, or TAKINGS_CONFIG, or --config).
 *
 * Groups [mongo] [redis] [worker] [tailer] [batch] [push] [cli] [admin] [limits] [metrics]. Every key has a
 * default; an unknown group or key is an error, so that a typo is never ignored. Secrets are only ever named
 * as
 * *_file; paths that are not absolute are relative to the configuration file's folder. The keys and their
 * defaults are one table in conf.c.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

#define CONF_DEFAULT_PATH "/etc/takings/takings.conf"

/* The programs that have credentials of their own. */
enum conf_program { CONF_WORKER, CONF_TAILER, CONF_BATCH, CONF_PUSH, CONF_CLI, CONF_ADMIN, CONF_PROGRAMS };

struct conf_credentials {
  char *mongo_user;          /* "" = connect without authentication; NULL: a program without MongoDB */
  char *mongo_password_file; /* "" when there is no user; NULL as above */
  char *redis_user;
  char *redis_password_file;
};

struct conf {
  char *path; /* of the file read */

  char *mongo_uri; /* hosts and replica set; no credentials */
  char *mongo_database;
  char *mongo_people_database;
  int64_t mongo_server_selection_timeout_ms;
  int64_t mongo_socket_timeout_ms;
  int64_t mongo_wtimeout_ms;
  int64_t mongo_pool_wait_ms;

  char *redis_socket; /* "" = use host and port */
  char *redis_host;
  int64_t redis_port;
  int64_t redis_connect_timeout_ms;
  int64_t redis_command_timeout_ms;

  char *worker_socket;
  int64_t worker_threads;
  char *worker_public_origin; /* what a browser's Origin must be */

  char *tailer_batch_program;
  int64_t tailer_heartbeat_ms;
  int64_t tailer_gather_buckets;

  char *push_socket;
  int64_t push_streams;             /* at once */
  int64_t push_streams_of_merchant; /* of them */
  int64_t push_stream_s;            /* a stream ends after so long at most */
  int64_t push_stream_buffer_bytes; /* whoever leaves more unread is dropped */
  int64_t push_heartbeat_ms;
  int64_t push_gather_ms;    /* a merchant's changes within so long become one event; 0: none do */
  int64_t push_gather_hours; /* named in one event */

  int64_t limits_logins_per_minute;
  int64_t limits_recuts_per_minute;
  int64_t limits_after_wait_ms;
  int64_t limits_session_idle_s;
  int64_t limits_session_max_s;

  char *metrics_directory; /* of the processes' counters (base/counters.h) */

  struct conf_credentials credentials[CONF_PROGRAMS];
};

/* Reads the file. `path` NULL: TAKINGS_CONFIG, else CONF_DEFAULT_PATH. The error names file, line, group, key
 * and why. On success the caller owns *out: conf_free. */
MUST_CHECK enum result conf_load(const char *path, struct conf **out, struct err *e);
void conf_free(struct conf *conf);

/* Reads a secret: the first line of the file. On success the caller owns *out (g_free). "" as path gives "".
 */
MUST_CHECK enum result conf_read_secret(const char *path, char **out, struct err *e);

/* Writes every key with its value (never a secret) to `stream`, for `takings config check`. */
struct _IO_FILE;
void conf_print(const struct conf *conf, struct _IO_FILE *stream);

/* The group's name, "worker"; also the name of the program's credentials. */
const char *conf_program_name(enum conf_program program);
