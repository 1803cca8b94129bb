/* bare_insert: libmongoc and nothing else: inserts orders as the worker stores them (w:majority, j:true) from
 * several clients, and prints how it went as JSON.
 *
 * --documents holds BSON documents of the ledger, which are taken in turn; each insert gets its own id, key
 * and times, written over those of the document, so that the bytes stay as many.
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mongoc/mongoc.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/conf.h"
#include "bench/clients.h"
#include "domain/ulid.h"
#include "stores/mongo.h"
#include "stores/schema.h"

#define ULID_DIGITS (ULID_TEXT_SIZE - 1)

struct options {
  const char *config;
  const char *documents;
  struct clients_plan plan;
};

/* One document of the ledger and what is written over: the digits that end its _id and its idem. */
struct specimen {
  uint8_t *bytes;
  uint32_t size;
  char *id, *key;
};

struct inserter {
  mongoc_client_t *client;
  mongoc_collection_t *collection;
  uint8_t *bytes;    /* of its documents */
  GArray *specimens; /* of struct specimen, in `bytes` */
  guint next;
  bool complained;
};

/* ---- the command line ---- */

static const struct argp_option option_list[] = {
    {.name = "config", .key = 'C', .arg = "FILE", .doc = "the stack's takings.conf"},
    {.name = "documents", .key = 'd', .arg = "FILE", .doc = "orders of the ledger, in BSON"},
    {0},
};

static const struct argp_child children[] = {{.argp = &clients_options}, {0}};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct options *options = state->input;
  if (key == ARGP_KEY_INIT)
    state->child_inputs[0] = &options->plan;
  else if (key == 'C')
    options->config = arg;
  else if (key == 'd')
    options->documents = arg;
  else if (key == ARGP_KEY_END && options->documents == NULL)
    argp_error(state, "--documents is needed");
  else if (key != ARGP_KEY_END)
    return ARGP_ERR_UNKNOWN;
  return 0;
}

static const struct argp parser = {.options = option_list,
                                   .parser = parse_option,
                                   .doc = "Inserts orders by libmongoc alone and prints how long it took.",
                                   .children = children};

/* ---- documents ---- */

/* The last digits of a text field, to be written over; NULL when it is too short. */
static char *digits_of(const bson_t *document, const char *field)
{
  bson_iter_t iter;
  uint32_t length = 0;
  if (!bson_iter_init_find(&iter, document, field) || !BSON_ITER_HOLDS_UTF8(&iter))
    return NULL;
  const char *text = bson_iter_utf8(&iter, &length);
  return length >= ULID_DIGITS ? (char *)(uintptr_t)text + length - ULID_DIGITS : NULL;
}

/* One document at the beginning of `bytes`; false when it is none of the ledger. */
static bool cut_specimen(uint8_t *bytes, gsize length, struct specimen *out)
{
  uint32_t size = 0;
  bson_t document;
  if (length < sizeof size)
    return false;
  memcpy(&size, bytes, sizeof size);
  size = GUINT32_FROM_LE(size);
  if (size > length || !bson_init_static(&document, bytes, size))
    return false;
  *out = (struct specimen){.bytes = bytes, .size = size};
  out->id = digits_of(&document, "_id");
  out->key = digits_of(&document, "idem");
  return out->id != NULL && out->key != NULL;
}

/* Documents one behind the other. */
static bool cut_specimens(uint8_t *bytes, gsize length, GArray *specimens)
{
  for (gsize at = 0; at < length;) {
    struct specimen specimen;
    if (!cut_specimen(bytes + at, length - at, &specimen))
      return false;
    g_array_append_val(specimens, specimen);
    at += specimen.size;
  }
  return specimens->len > 0;
}

static void set_time(const bson_t *document, const char *field, int64_t ms)
{
  bson_iter_t iter;
  if (bson_iter_init_find(&iter, document, field))
    bson_iter_overwrite_date_time(&iter, ms);
}

/* Writes a new order over the last one; *document borrows it. */
static void make_new(const struct specimen *specimen, bson_t *document)
{
  char digits[ULID_TEXT_SIZE];
  uint8_t random[ULID_RANDOM_SIZE];
  struct clock *clock = clock_system();
  int64_t now_ms = clock->wall_ms(clock);
  randombytes_buf(random, sizeof random);
  struct ulid id = ulid_make(now_ms, random);
  ulid_format(&id, digits);
  memcpy(specimen->id, digits, ULID_DIGITS);
  memcpy(specimen->key, digits, ULID_DIGITS);
  bson_init_static(document, specimen->bytes, specimen->size);
  set_time(document, "at", now_ms);
  set_time(document, "recorded_at", now_ms);
}

/* ---- inserting ---- */

static bool insert_one(void *client)
{
  struct inserter *inserter = client;
  bson_t document;
  bson_error_t error;
  guint turn = inserter->next++ % inserter->specimens->len;
  make_new(&g_array_index(inserter->specimens, struct specimen, turn), &document);
  if (mongoc_collection_insert_one(inserter->collection, &document, NULL, NULL, &error))
    return true;
  if (!inserter->complained)
    fprintf(stderr, "bare_insert: %s\n", error.message);
  inserter->complained = true;
  return false;
}

MUST_CHECK static enum result inserter_init(struct inserter *inserter, struct mongo *mongo, const char *path,
                                            guint first, struct err *e)
{
  char *bytes = NULL;
  gsize length = 0;
  *inserter =
      (struct inserter){.next = first, .specimens = g_array_new(FALSE, FALSE, sizeof(struct specimen))};
  if (!g_file_get_contents(path, &bytes, &length, NULL))
    return err_set(e, RESULT_INVALID, "%s cannot be read", path);
  inserter->bytes = (uint8_t *)bytes;
  if (!cut_specimens(inserter->bytes, length, inserter->specimens))
    return err_set(e, RESULT_INVALID, "%s holds no orders of the ledger", path);
  enum result r = mongo_take(mongo, &inserter->client, e);
  if (r == RESULT_OK)
    inserter->collection =
        mongoc_client_get_collection(inserter->client, mongo_database(mongo), COLLECTION_LEDGER);
  return r;
}

static void inserter_clear(struct inserter *inserter, struct mongo *mongo)
{
  if (inserter->collection != NULL)
    mongoc_collection_destroy(inserter->collection);
  mongo_give(mongo, inserter->client);
  g_array_unref(inserter->specimens);
  g_free(inserter->bytes);
}

MUST_CHECK static enum result run(const struct options *options, struct mongo *mongo, struct err *e)
{
  size_t count = options->plan.clients, ready = 0;
  g_autofree struct inserter *inserters = g_new0(struct inserter, count);
  g_autofree void **clients = g_new0(void *, count);
  enum result r = RESULT_OK;
  for (; r == RESULT_OK && ready < count; ready++) {
    r = inserter_init(&inserters[ready], mongo, options->documents, (guint)ready, e);
    clients[ready] = &inserters[ready];
  }
  if (r == RESULT_OK) {
    struct clients_report report;
    clients_run(&options->plan, clients, insert_one, &report);
    clients_report_print(&report);
    if (report.failed > 0)
      r = err_set(e, RESULT_UNAVAILABLE, "%zu inserts failed", report.failed);
    clients_report_clear(&report);
  }
  for (size_t i = 0; i < ready; i++)
    inserter_clear(&inserters[i], mongo);
  return r;
}

int main(int argc, char **argv)
{
  struct options options = {.plan = {.clients = 8, .seconds = 5}};
  struct conf *conf = NULL;
  struct mongo *mongo = NULL;
  struct err e = ERR_NONE;
  argp_parse(&parser, argc, argv, 0, NULL, &options);
  enum result r = sodium_init() >= 0 ? conf_load(options.config, &conf, &e)
                                     : err_set(&e, RESULT_INTERNAL, "libsodium: no random bits");
  if (r == RESULT_OK)
    r = mongo_open(conf, CONF_CLI, &mongo, &e); /* it may insert, and no door keeps any of its threads out */
  if (r == RESULT_OK)
    r = run(&options, mongo, &e);
  if (r != RESULT_OK)
    fprintf(stderr, "bare_insert: %s\n", e.text);
  mongo_free(mongo);
  conf_free(conf);
  return r == RESULT_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
