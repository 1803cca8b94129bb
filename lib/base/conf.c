#include "base/conf.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

enum key_kind { KEY_TEXT, KEY_PATH, KEY_NUMBER };

struct key {
  const char *group;
  const char *name;
  enum key_kind kind;
  size_t offset;
  const char *fallback; /* text; numbers in decimal */
  int64_t least, most;  /* numbers only */
};

#define TEXT(group, name, field, fallback)                                                                   \
  {                                                                                                          \
    group, name, KEY_TEXT, offsetof(struct conf, field), fallback, 0, 0                                      \
  }
#define FILENAME(group, name, field, fallback)                                                               \
  {                                                                                                          \
    group, name, KEY_PATH, offsetof(struct conf, field), fallback, 0, 0                                      \
  }
#define NUMBER(group, name, field, fallback, least, most)                                                    \
  {                                                                                                          \
    group, name, KEY_NUMBER, offsetof(struct conf, field), fallback, least, most                             \
  }
#define CREDENTIALS(group, id)                                                                               \
  TEXT(group, "mongo_user", credentials[id].mongo_user, ""),                                                 \
      FILENAME(group, "mongo_password_file", credentials[id].mongo_password_file, ""),                       \
      REDIS_CREDENTIALS(group, id)
#define REDIS_CREDENTIALS(group, id)                                                                         \
  TEXT(group, "redis_user", credentials[id].redis_user, ""),                                                 \
      FILENAME(group, "redis_password_file", credentials[id].redis_password_file, "")

static const struct key keys[] = {
    TEXT("mongo", "uri", mongo_uri, "mongodb://127.0.0.1:27017/?replicaSet=takings"),
    TEXT("mongo", "database", mongo_database, "takings"),
    TEXT("mongo", "people_database", mongo_people_database, "takings_people"),
    NUMBER("mongo", "server_selection_timeout_ms", mongo_server_selection_timeout_ms, "2500", 100, 60000),
    NUMBER("mongo", "socket_timeout_ms", mongo_socket_timeout_ms, "5000", 500, 120000),
    NUMBER("mongo", "wtimeout_ms", mongo_wtimeout_ms, "4000", 100, 60000),
    NUMBER("mongo", "pool_wait_ms", mongo_pool_wait_ms, "500", 1, 60000),
    FILENAME("redis", "socket", redis_socket, "/run/redis/redis-server.sock"),
    TEXT("redis", "host", redis_host, "127.0.0.1"),
    NUMBER("redis", "port", redis_port, "6379", 1, 65535),
    NUMBER("redis", "connect_timeout_ms", redis_connect_timeout_ms, "200", 1, 60000),
    NUMBER("redis", "command_timeout_ms", redis_command_timeout_ms, "250", 1, 60000),
    FILENAME("worker", "socket", worker_socket, "/run/takings/worker.sock"),
    NUMBER("worker", "threads", worker_threads, "8", 1, 256),
    TEXT("worker", "public_origin", worker_public_origin, "http://127.0.0.1:8080"),
    TEXT("tailer", "batch_program", tailer_batch_program, "takings-batch"),
    NUMBER("tailer", "heartbeat_ms", tailer_heartbeat_ms, "250", 10, 60000),
    NUMBER("tailer", "gather_buckets", tailer_gather_buckets, "5000", 1, 50000),
    FILENAME("push", "socket", push_socket, "/run/takings/push.sock"),
    NUMBER("push", "streams", push_streams, "4000", 1, 1000000),
    NUMBER("push", "streams_of_merchant", push_streams_of_merchant, "500", 1, 1000000),
    NUMBER("push", "stream_s", push_stream_s, "900", 1, 86400),
    NUMBER("push", "stream_buffer_bytes", push_stream_buffer_bytes, "65536", 4096, 16777216),
    NUMBER("push", "heartbeat_ms", push_heartbeat_ms, "1000", 50, 1500),
    NUMBER("push", "gather_ms", push_gather_ms, "20", 0, 1000),
    NUMBER("push", "gather_hours", push_gather_hours, "50", 1, 500),
    NUMBER("limits", "logins_per_minute", limits_logins_per_minute, "5", 1, 10000),
    NUMBER("limits", "recuts_per_minute", limits_recuts_per_minute, "1", 1, 10000),
    NUMBER("limits", "after_wait_ms", limits_after_wait_ms, "2000", 0, 5000),
    NUMBER("limits", "session_idle_s", limits_session_idle_s, "1800", 1, 86400),
    NUMBER("limits", "session_max_s", limits_session_max_s, "43200", 1, 604800),
    FILENAME("metrics", "directory", metrics_directory, "/run/takings/counters"),
    CREDENTIALS("worker", CONF_WORKER),
    CREDENTIALS("tailer", CONF_TAILER),
    CREDENTIALS("batch", CONF_BATCH),
    REDIS_CREDENTIALS("push", CONF_PUSH),
    CREDENTIALS("cli", CONF_CLI),
    CREDENTIALS("admin", CONF_ADMIN),
};

static char **text_field(const struct conf *conf, const struct key *key)
{
  return (char **)(void *)((char *)(void *)conf + key->offset);
}

static int64_t *number_field(const struct conf *conf, const struct key *key)
{
  return (int64_t *)(void *)((char *)(void *)conf + key->offset);
}

/* GKeyFile keeps no line numbers, so the file is read once more to say where a fault lies. */

/* The first line that is neither blank, comment, group nor pair; 0: none. */
static int first_bad_line(const char *path)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return 0;
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (int i = 0; lines[i] != NULL; i++) {
    const char *line = g_strstrip(lines[i]);
    bool group = line[0] == '[' && line[strlen(line) - 1] == ']';
    bool pair = line[0] != '[' && line[0] != '=' && strchr(line, '=') != NULL;
    if (line[0] != '\0' && line[0] != '#' && !group && !pair)
      return i + 1;
  }
  return 0;
}

/* The last line that gives `name` in `group`, which is the one that counts, or (name NULL) the group's; 0:
 * none. */
static int line_of(const char *path, const char *group, const char *name)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return 0;
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  g_autofree char *heading = g_strdup_printf("[%s]", group);
  bool inside = false;
  int found = 0;
  for (int i = 0; lines[i] != NULL; i++) {
    char *line = g_strstrip(lines[i]);
    if (line[0] == '[')
      inside = strcmp(line, heading) == 0;
    char *sign = strchr(line, '=');
    if (sign != NULL)
      *sign = '\0';
    bool wanted = name == NULL ? line[0] == '[' : sign != NULL && strcmp(g_strchomp(line), name) == 0;
    if (inside && wanted)
      found = i + 1;
  }
  return found;
}

static enum result set_number(struct conf *conf, const struct key *key, const char *value, struct err *e)
{
  char *end = NULL;
  int64_t number = g_ascii_strtoll(value, &end, 10);
  if (end == value || *end != '\0' || number < key->least || number > key->most)
    return err_set(
        e, RESULT_INVALID,
        "%s:%d: [%s] %s: a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " is needed",
        conf->path, line_of(conf->path, key->group, key->name), key->group, key->name, key->least, key->most);
  *number_field(conf, key) = number;
  return RESULT_OK;
}

static enum result set_value(struct conf *conf, const struct key *key, const char *value, struct err *e)
{
  if (key->kind == KEY_NUMBER)
    return set_number(conf, key, value, e);
  char **field = text_field(conf, key);
  if (key->kind == KEY_PATH && value[0] != '\0' && !g_path_is_absolute(value)) {
    g_autofree char *folder = g_path_get_dirname(conf->path);
    *field = g_build_filename(folder, value, NULL);
  } else {
    *field = g_strdup(value);
  }
  return RESULT_OK;
}

static const struct key *find_key(const char *group, const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
    if (strcmp(keys[i].group, group) == 0 && (name == NULL || strcmp(keys[i].name, name) == 0))
      return &keys[i];
  return NULL;
}

static enum result refuse_unknown(GKeyFile *file, const char *path, struct err *e)
{
  g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
  for (char **group = groups; *group != NULL; group++) {
    if (find_key(*group, NULL) == NULL)
      return err_set(e, RESULT_INVALID, "%s:%d: unknown group [%s]", path, line_of(path, *group, NULL),
                     *group);
    g_auto(GStrv) names = g_key_file_get_keys(file, *group, NULL, NULL);
    for (char **name = names; name != NULL && *name != NULL; name++)
      if (find_key(*group, *name) == NULL)
        return err_set(e, RESULT_INVALID, "%s:%d: [%s] has no key %s", path, line_of(path, *group, *name),
                       *group, *name);
  }
  return RESULT_OK;
}

static enum result load_values(struct conf *conf, GKeyFile *file, struct err *e)
{
  for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
    g_autofree char *value = g_key_file_get_string(file, keys[i].group, keys[i].name, NULL);
    enum result r = set_value(conf, &keys[i], value != NULL ? value : keys[i].fallback, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

enum result conf_load(const char *path, struct conf **out, struct err *e)
{
  const char *from_environment = getenv("TAKINGS_CONFIG");
  if (path == NULL)
    path = from_environment != NULL ? from_environment : CONF_DEFAULT_PATH;
  g_autoptr(GKeyFile) file = g_key_file_new();
  g_autoptr(GError) error = NULL;
  if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &error)) {
    int line = first_bad_line(path);
    if (line > 0)
      return err_set(e, RESULT_INVALID, "%s:%d: not a group, a key or a comment", path, line);
    return err_set(e, RESULT_INVALID, "%s: %s", path, error->message);
  }
  enum result r = refuse_unknown(file, path, e);
  if (r != RESULT_OK)
    return r;
  struct conf *conf = g_new0(struct conf, 1);
  conf->path = g_canonicalize_filename(path, NULL);
  r = load_values(conf, file, e);
  if (r != RESULT_OK) {
    conf_free(conf);
    return r;
  }
  *out = conf;
  return RESULT_OK;
}

void conf_free(struct conf *conf)
{
  if (conf == NULL)
    return;
  for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
    if (keys[i].kind != KEY_NUMBER)
      g_free(*text_field(conf, &keys[i]));
  g_free(conf->path);
  g_free(conf);
}

enum result conf_read_secret(const char *path, char **out, struct err *e)
{
  if (path[0] == '\0') {
    *out = g_strdup("");
    return RESULT_OK;
  }
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, &error))
    return err_set(e, RESULT_INVALID, "%s: %s", path, error->message);
  text[strcspn(text, "\r\n")] = '\0';
  if (text[0] == '\0')
    return err_set(e, RESULT_INVALID, "%s: the secret is empty", path);
  *out = g_steal_pointer(&text);
  return RESULT_OK;
}

void conf_print(const struct conf *conf, FILE *stream)
{
  for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (keys[i].kind == KEY_NUMBER)
      fprintf(stream, "%s.%s=%" G_GINT64_FORMAT "\n", keys[i].group, keys[i].name,
              *number_field(conf, &keys[i]));
    else
      fprintf(stream, "%s.%s=%s\n", keys[i].group, keys[i].name, *text_field(conf, &keys[i]));
  }
}

const char *conf_program_name(enum conf_program program)
{
  static const char *const names[CONF_PROGRAMS] = {"worker", "tailer", "batch", "push", "cli", "admin"};
  return names[program];
}
