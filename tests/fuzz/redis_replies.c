/* A whole worker whose Redis is hostile. Every reply goes through hiredis' reader into sessions, mirrors of
 * keys, people and merchants, cards, heads, proofs, parked lists and rows.
 *
 * Input: which request is made, then changes of what Redis would have said (struct change). Without any the
 * request is answered as it should be. */
#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "stores/audit.h"
#include "stores/keys.h"
#include "stores/members.h"
#include "tests/fuzz/answer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/hostile_redis.h"
#include "tests/fuzz/memory_mongo.h"
#include "tests/worker/world.h"
#include "translation/parked.h"
#include "translation/proof.h"
#include "translation/row_codec.h"

#define SHOP "/v1/merchants/shop"
#define PASSWORD "correct horse battery"
#define CREDENTIALS "{\"email\":\"a@b.example\",\"password\":\"" PASSWORD "\"}"
#define ORDER                                                                                                \
  "{\"currency\":\"EUR\",\"lines\":[{\"product_id\":\"a\",\"name\":\"A\",\"quantity\":2,\"unit_price\":500}" \
  "]}"
#define MIDNIGHT INT64_C(1795371300) /* 2026-11-23T00:00:00+05:45 */
#define CHANGES_MAX 8

static const struct {
  const char *method, *uri, *body;
  bool by_session;
  int status; /* when Redis says nothing strange */
} requests[] = {
    {"GET", SHOP "/metrics/summary?range=today", NULL, false, 200},
    {"GET", SHOP "/metrics/series?range=today&currency=EUR&interval=hour", NULL, false, 200},
    {"GET", SHOP "/metrics/summary?from=2026-11-01&to=2026-11-24", NULL, true, 200},
    {"GET", SHOP "/metrics/series?from=2025-11-01&to=2026-11-24&currency=JPY&interval=day", NULL, false, 200},
    {"GET", SHOP "/metrics/summary?range=today&after=p1_0000000100000001&max_staleness=70s", NULL, false,
     200},
    {"GET", SHOP "/status", NULL, true, 200},
    {"GET", "/v1/merchants", NULL, false, 200},
    {"GET", "/v1/session", NULL, true, 200},
    {"GET", SHOP "/orders", NULL, true, 200},
    {"POST", SHOP "/orders", ORDER, false, 201},
    {"POST", SHOP "/orders", ORDER, true, 201},
    {"DELETE", "/v1/session", NULL, true, 204},
    {"GET", "/readyz", NULL, false, 503},
    {"POST", "/v1/session", CREDENTIALS, false, 503},
    {"GET", SHOP "/metrics/series?range=last_12mo&currency=EUR&interval=month&compare=previous_year", NULL,
     false, 200},
    {"GET", SHOP "/metrics/summary?range=mtd&compare=previous_period", NULL, true, 200},
};

/* What is different in Redis. */
struct change {
  enum { CHANGE_VALUE, CHANGE_BYTES, CHANGE_WORD, CHANGE_REPLY, CHANGE_KINDS } kind;
  unsigned what;  /* the number of the value, or of the reply */
  unsigned where; /* which byte or which word */
  const char *bytes;
  size_t size;
};

static struct {
  struct context context;
  GHashTable *values;  /* of Redis: name to GBytes */
  GPtrArray *names;    /* of values, in order */
  char *secret;        /* of a key */
  char *cookie, *csrf; /* of a session */
  struct change changes[CHANGES_MAX];
  size_t change_count;
  unsigned replies; /* so far */
} target;

/* ---- values ---- */

static GBytes *spliced(GBytes *value, size_t at, size_t drop, const char *bytes, size_t size)
{
  gsize length;
  const char *data = g_bytes_get_data(value, &length), *old = data != NULL ? data : "";
  at = MIN(at, length);
  drop = MIN(drop, length - at);
  GByteArray *made = g_byte_array_new();
  g_byte_array_append(made, (const guint8 *)old, (guint)at);
  g_byte_array_append(made, (const guint8 *)bytes, (guint)size);
  g_byte_array_append(made, (const guint8 *)old + at + drop, (guint)(length - at - drop));
  return g_byte_array_free_to_bytes(made);
}

/* Where the word of that number begins, and how long it is; words end at what separates fields of our
 * records. */
static size_t find_word(GBytes *value, unsigned number, size_t *length)
{
  gsize size;
  const char *text = g_bytes_get_data(value, &size);
  size_t at = 0;
  for (; number > 0 && at < size; at++)
    number -= strchr(" :,", text[at]) != NULL && text[at] != '\0';
  for (*length = 0; at + *length < size && strchr(" :,", text[at + *length]) == NULL;)
    ++*length;
  return at;
}

/* Words that have broken readers of numbers, times and names before. */
static const char *const hostile[] = {"-9223372036854775808",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "-1",
                                      "0",
                                      "-",
                                      "",
                                      "-62135596801",
                                      "253402300800",
                                      "253402300800000",
                                      "ffffffffffffffff",
                                      "*",
                                      "'",
                                      "\"",
                                      "..",
                                      "{",
                                      "1:2:EUR:0"};

static GBytes *changed(GBytes *value, const struct change *change)
{
  size_t length, at;
  switch (change->kind) {
  case CHANGE_VALUE:
    return g_bytes_new(change->bytes, change->size);
  case CHANGE_BYTES:
    return spliced(value, change->where, change->size, change->bytes, change->size);
  case CHANGE_WORD:
    at = find_word(value, change->where, &length);
    if (change->size == 1) {
      const char *word = hostile[(unsigned char)change->bytes[0] % G_N_ELEMENTS(hostile)];
      return spliced(value, at, length, word, strlen(word));
    }
    return spliced(value, at, length, change->bytes, change->size);
  case CHANGE_REPLY:
  case CHANGE_KINDS:
    break;
  }
  return g_bytes_ref(value);
}

/* The value as this input has it; NULL: none. */
static GBytes *value_of(const char *name)
{
  GBytes *value = g_hash_table_lookup(target.values, name);
  if (value == NULL)
    return NULL;
  g_bytes_ref(value);
  for (size_t i = 0; i < target.change_count; i++) {
    const struct change *change = &target.changes[i];
    if (strcmp(target.names->pdata[change->what % target.names->len], name) != 0)
      continue;
    GBytes *other = changed(value, change);
    g_bytes_unref(value);
    value = other;
  }
  return value;
}

/* ---- the server ---- */

static void append_value(GString *reply, const char *name)
{
  g_autoptr(GBytes) value = value_of(name);
  if (value == NULL) {
    g_string_append(reply, "$-1\r\n");
    return;
  }
  gsize size;
  const char *bytes = g_bytes_get_data(value, &size);
  g_string_append_printf(reply, "$%zu\r\n", size);
  g_string_append_len(reply, bytes, (gssize)size);
  g_string_append(reply, "\r\n");
}

/* SET … GET tells what was there before: nothing. */
static const char *set_reply(int argc, const char **argv)
{
  for (int i = 3; i < argc; i++)
    if (strcmp(argv[i], "GET") == 0)
      return "$-1\r\n";
  return "+OK\r\n";
}

static void answer_truly(int argc, const char **argv, GString *reply)
{
  if (strcmp(argv[0], "MGET") == 0) {
    g_string_append_printf(reply, "*%d\r\n", argc - 1);
    for (int i = 1; i < argc; i++)
      append_value(reply, argv[i]);
  } else if (strcmp(argv[0], "GET") == 0) {
    append_value(reply, argv[1]);
  } else {
    g_string_append(reply, strcmp(argv[0], "SET") == 0 ? set_reply(argc, argv) : ":1\r\n");
  }
}

static void serve_strangely(int argc, const char **argv, const size_t *lengths, GString *reply)
{
  (void)lengths;
  answer_truly(argc, argv, reply);
  for (size_t i = 0; i < target.change_count; i++) {
    const struct change *change = &target.changes[i];
    if (change->kind != CHANGE_REPLY || change->what % 8 != target.replies)
      continue;
    gsize at = MIN(change->where, reply->len), drop = MIN(change->size, reply->len - at);
    g_string_erase(reply, (gssize)at, (gssize)drop);
    g_string_insert_len(reply, (gssize)at, change->bytes, (gssize)change->size);
  }
  target.replies++;
}

/* Keeps what is set, to fill Redis in the first place. */
static void serve_and_keep(int argc, const char **argv, const size_t *lengths, GString *reply)
{
  if (strcmp(argv[0], "SET") == 0)
    g_hash_table_replace(target.values, g_strdup(argv[1]), g_bytes_new(argv[2], lengths[2]));
  answer_truly(argc, argv, reply);
}

/* ---- what Redis holds ---- */

static void put(char *name, GBytes *value) /* takes both */
{
  g_hash_table_replace(target.values, name, value);
}

static void put_text(char *name, char *text)
{
  put(name, g_bytes_new_take(text, strlen(text)));
}

static void log_in(void)
{
  struct answer answer =
      call_run(&target.context, &(struct call){.method = "POST", .uri = "/v1/session", .body = CREDENTIALS});
  FUZZ_CHECK(answer_check(&answer) == 200);
  target.cookie = answer_header(&answer, "Set-Cookie");
  target.cookie[strcspn(target.cookie, ";")] = '\0';
  target.csrf = g_strdup(json_object_get_string(json_object_object_get(answer.json, "csrf")));
  answer_clear(&answer);
}

/* What people's records look like is known to the code that makes them: it makes these. */
static void fill_people(void)
{
  struct people *people = &target.context.people;
  struct merchant merchant = {.id = "shop",
                              .name = "Shop",
                              .zone = "Asia/Kathmandu",
                              .currencies = {"EUR", "JPY"},
                              .currency_count = 2};
  const struct people_actor by = {.who = AUDIT_WHO_CLI};
  const struct api_key wanted = {.merchant = "shop", .name = "till", .scopes = SCOPE_ALL_OF_KEYS};
  const struct member_wanted owner = {"shop", "a@b.example", "owner", PASSWORD};
  struct member member;
  bool is_new;
  struct api_key key;
  struct err e = ERR_NONE;
  FUZZ_CHECK(people_add_merchant(people, &by, &merchant, &e) == RESULT_OK);
  FUZZ_CHECK(people_merchant_terms(people, "shop", &merchant, &e) == RESULT_OK);
  FUZZ_CHECK(people_add_key(people, &by, &wanted, &key, &target.secret, &e) == RESULT_OK);
  FUZZ_CHECK(people_find_key(people, target.secret, WORLD_NOW_MS, &key, &e) == RESULT_OK);
  FUZZ_CHECK(members_add(people, &by, &owner, &member, &is_new, &e) == RESULT_OK);
  log_in();
}

/* Today in Kathmandu, whose row is the only one that was written, and its hour 17. */
static void fill_rows(void)
{
  static uint8_t hours[24 * ROW_CODEC_SIZE], days[366 * ROW_CODEC_SIZE];
  civil_day today = civil_from_ymd(2026, 11, 23);
  struct row row = row_zero(MIDNIGHT + 17 * 3600);
  row.columns[METRIC_orders] = 2;
  row.columns[METRIC_gross_sales] = row.columns[METRIC_total_sales] = 1000;
  row_codec_write(&row, hours + 17 * ROW_CODEC_SIZE);
  put(key_hours("shop", world_prefix, "EUR", today), g_bytes_new_static(hours, sizeof hours));
  row.start = MIDNIGHT;
  row_codec_write(&row, days + (civil_day_of_year(today) - 1) * ROW_CODEC_SIZE);
  put(key_days("shop", world_prefix, "EUR", 2026), g_bytes_new_static(days, sizeof days));
}

static void fill_figures(void)
{
  GHashTableIter each;
  gpointer name, value;
  world_add_merchant("shop", "Asia/Kathmandu");
  world_set_checkpoint(cluster_time_make((uint32_t)(WORLD_NOW_MS / 1000), 7), WORLD_NOW_MS - 40);
  g_hash_table_iter_init(&each, world.strings);
  while (g_hash_table_iter_next(&each, &name, &value))
    put(g_strdup(name), g_bytes_ref(value));
  struct parked_list parked;
  parked_list_init(&parked);
  parked_list_put(&parked, &(struct parked){MIDNIGHT, MIDNIGHT + 3600, "JPY", 5});
  put_text(key_parked("shop", world_prefix), parked_list_encode(&parked));
  parked_list_clear(&parked);
  put_text(key_proof("shop"), proof_encode(&(struct proof){.at_ms = WORLD_NOW_MS - 5000,
                                                           .as_of = cluster_time_make(1795430000, 1),
                                                           .from = MIDNIGHT,
                                                           .to = 1795430700,
                                                           .verified_through = 1795430700}));
  fill_rows();
}

/* ---- one request ---- */

/* The status of the answer. What is stored was told of. */
static int ask(size_t request)
{
  g_autofree char *cookie = g_strdup_printf("HTTP_COOKIE=%s", target.cookie);
  g_autofree char *csrf = g_strdup_printf("HTTP_X_CSRF_TOKEN=%s", target.csrf);
  g_autofree char *origin = g_strdup_printf("HTTP_ORIGIN=%s", world.conf.worker_public_origin);
  const char *const by_session[] = {"HTTP_IDEMPOTENCY_KEY=k", cookie, csrf, origin, NULL};
  const char *const by_key[] = {"HTTP_IDEMPOTENCY_KEY=k", NULL};
  const struct call call = {.method = requests[request].method,
                            .uri = requests[request].uri,
                            .body = requests[request].body,
                            .secret = requests[request].by_session ? NULL : target.secret,
                            .more = requests[request].by_session ? by_session : by_key};
  g_ptr_array_set_size(world.ledger.entries, 0);
  world.clock.now_ms = WORLD_NOW_MS + 60000; /* a session is touched by then; who waits moves the clock */
  target.replies = 0;
  /* a connection and cards that no other input has left behind */
  struct err e = ERR_NONE;
  struct context context;
  FUZZ_CHECK(context_init(&context, &world.service, &e) == RESULT_OK);
  struct answer answer = call_run(&context, &call);
  context_clear(&context);
  int status = answer_check(&answer);
  FUZZ_CHECK(world.ledger.entries->len == (status == 201));
  answer_clear(&answer);
  return status;
}

/* ---- the target ---- */

static int by_name(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_names(void)
{
  GHashTableIter each;
  gpointer name;
  target.names = g_ptr_array_new();
  g_hash_table_iter_init(&each, target.values);
  while (g_hash_table_iter_next(&each, &name, NULL))
    g_ptr_array_add(target.names, name);
  g_ptr_array_sort(target.names, by_name);
}

static void make_target(void)
{
  struct err e = ERR_NONE;
  log_init("fuzz", LOG_LEVEL_ERROR + 1);
  target.values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  hostile_redis_is(serve_and_keep);
  world_init();
  FUZZ_CHECK(context_init(&target.context, &world.service, &e) == RESULT_OK);
  fill_people();
  fill_figures();
  list_names();
  hostile_redis_is(serve_strangely);
  memory_mongo_away = true;
  for (size_t i = 0; i < G_N_ELEMENTS(requests); i++)
    FUZZ_CHECK(ask(i) == requests[i].status);
}

static unsigned take_byte(const uint8_t **data, size_t *size)
{
  if (*size == 0)
    return 0;
  (*size)--;
  return *(*data)++;
}

/* Kind, what, where (two bytes), how many bytes, bytes. */
static void take_change(const uint8_t **data, size_t *size)
{
  struct change *change = &target.changes[target.change_count++];
  change->kind = take_byte(data, size) % CHANGE_KINDS;
  change->what = take_byte(data, size);
  change->where = take_byte(data, size);
  change->where += take_byte(data, size) << 8;
  size_t wanted = take_byte(data, size);
  change->size = MIN(wanted, *size);
  change->bytes = (const char *)*data;
  *data += change->size;
  *size -= change->size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (target.values == NULL)
    make_target();
  size_t request = take_byte(&data, &size) % G_N_ELEMENTS(requests);
  target.change_count = 0;
  while (size > 0 && target.change_count < CHANGES_MAX)
    take_change(&data, &size);
  ask(request);
  return 0;
}
