/* Session records as hostile input. Input: the time since the session was seen last and since it began (four
 * bytes each, in milliseconds, to make records that are nearly right) and a text in which "@" stands for a
 * time counted back from now by the next of them; or any bytes. */
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "stores/session.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/hostile_redis.h"

#define NOW_MS INT64_C(1795435200000) /* 2026-11-23T12:00:00Z */
#define IDLE_S 1800
#define MAX_S 43200
#define CLOCKS_DIFFER_MS 5000
#define TOKEN "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

static GString *record;  /* what GET answers */
static GString *touched; /* what SET wrote last; NULL: nothing */

static void append_bulk(GString *reply, const GString *value)
{
  g_string_append_printf(reply, "$%zu\r\n", value->len);
  g_string_append_len(reply, value->str, (gssize)value->len);
  g_string_append(reply, "\r\n");
}

static void serve(int argc, const char **argv, const size_t *lengths, GString *reply)
{
  if (argc > 2 && strcmp(argv[0], "SET") == 0) {
    if (touched == NULL)
      touched = g_string_new(NULL);
    g_string_truncate(touched, 0);
    g_string_append_len(touched, argv[2], (gssize)lengths[2]);
    g_string_append(reply, "+OK\r\n");
  } else if (strcmp(argv[0], "GET") == 0) {
    append_bulk(reply, record);
  } else {
    g_string_append(reply, ":1\r\n");
  }
}

static int64_t take_age(const uint8_t **data, size_t *size)
{
  uint32_t age = 0;
  size_t length = MIN(*size, sizeof age);
  memcpy(&age, *data, length);
  *data += length;
  *size -= length;
  return age;
}

static void make_record(const uint8_t *data, size_t size)
{
  int64_t ages[] = {take_age(&data, &size), take_age(&data, &size)};
  size_t used = 0;
  g_string_truncate(record, 0);
  for (size_t i = 0; i < size; i++)
    if (data[i] == '@' && used < G_N_ELEMENTS(ages))
      g_string_append_printf(record, "%" G_GINT64_FORMAT, NOW_MS - ages[used++]);
    else
      g_string_append_c(record, (char)data[i]);
}

static enum result find(struct redis *redis, struct session *out)
{
  struct err e = ERR_NONE;
  enum result r = session_find(redis, TOKEN, NOW_MS, IDLE_S, MAX_S, out, &e);
  FUZZ_CHECK((r == RESULT_OK) == (e.code == RESULT_OK));
  return r;
}

static bool is_visible(const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isgraph(*p))
      return false;
  return *text != '\0';
}

/* A session that is found is no older than it may be and lies no further ahead than clocks of servers differ.
 */
static void check_found(const struct session *found)
{
  FUZZ_CHECK(memchr(record->str, '\0', record->len) == NULL);
  FUZZ_CHECK(is_visible(found->user_id) && is_visible(found->csrf));
  FUZZ_CHECK(found->seen_ms >= NOW_MS - INT64_C(1000) * IDLE_S &&
             found->seen_ms <= NOW_MS + CLOCKS_DIFFER_MS);
  FUZZ_CHECK(found->created_ms >= NOW_MS - INT64_C(1000) * MAX_S);
  FUZZ_CHECK(found->created_ms <= NOW_MS + CLOCKS_DIFFER_MS);
}

/* What is written when it is touched is the same session. */
static void check_touched(struct redis *redis, const struct session *found)
{
  if (touched == NULL)
    return;
  struct session again;
  g_string_assign(record, touched->str);
  FUZZ_CHECK(find(redis, &again) == RESULT_OK);
  FUZZ_CHECK(strcmp(again.user_id, found->user_id) == 0 && strcmp(again.csrf, found->csrf) == 0);
  FUZZ_CHECK(again.created_ms == found->created_ms && again.seen_ms == NOW_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct redis *redis = NULL;
  struct session found;
  if (record == NULL)
    record = g_string_new(NULL);
  hostile_redis_is(serve);
  FUZZ_CHECK(redis_new(NULL, CONF_WORKER, &redis, NULL) == RESULT_OK);
  make_record(data, size);
  enum result r = find(redis, &found);
  FUZZ_CHECK(r == RESULT_OK || r == RESULT_NOT_FOUND || r == RESULT_UNAVAILABLE);
  if (r == RESULT_OK) {
    check_found(&found);
    check_touched(redis, &found);
  }
  redis_free(redis);
  if (touched != NULL)
    g_string_free(touched, TRUE);
  touched = NULL;
  return 0;
}
