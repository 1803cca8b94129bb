#include <string.h>

#include "stores/mongo.h"
#include "stores/schema.h"
#include "stores/setup_internal.h"
#include "translation/bson_fields.h"

struct index {
  const char *name;
  const char *keys;   /* JSON */
  const char *filter; /* JSON of a partial index's filter, or NULL */
  bool unique;
};

#define INDEXES_MAX 4

struct collection {
  bool people; /* in the database of people */
  const char *name;
  const char *schema; /* JSON schema of its documents, or NULL */
  struct index indexes[INDEXES_MAX];
};

#define TOTAL(name) "\"" name "\":{\"bsonType\":\"long\"},"

/* Types, presence and the form of the key only: rules of the business are checked before, and each check here
 * costs every insert. A key of another form would be no entry's (stores/schema.h). */
static const char ledger_schema[] =
    "{\"bsonType\":\"object\",\"required\":[\"_id\",\"m\",\"kind\",\"at\",\"recorded_at\",\"currency\","
    "\"exponent\","
    "\"units\",\"gross\",\"discounts\",\"goods\",\"tax\",\"shipping\",\"total\",\"idem\",\"hash\"],"
    "\"properties\":{"
    "\"_id\":{\"bsonType\":\"string\",\"pattern\":\"^[a-z0-9][a-z0-9-]{1,31}" SCHEMA_ULID_PATTERN "\\\\z\"},"
    "\"m\":{\"bsonType\":\"string\",\"minLength\":2,\"maxLength\":32},"
    "\"kind\":{\"enum\":[\"order\",\"refund\"]},"
    "\"at\":{\"bsonType\":\"date\"},\"recorded_at\":{\"bsonType\":\"date\"},"
    "\"late\":{\"enum\":[true]},\"bulk\":{\"enum\":[true]},"
    "\"currency\":{\"bsonType\":\"string\",\"minLength\":3,\"maxLength\":3},\"exponent\":{\"bsonType\":"
    "\"int\"}," TOTAL("units") TOTAL("gross") TOTAL("discounts") TOTAL("goods") TOTAL("tax") TOTAL("shipping")
        TOTAL("total") "\"n\":{\"bsonType\":\"long\",\"minimum\":1},"
                       "\"idem\":{\"bsonType\":\"string\"},\"hash\":{\"bsonType\":\"binData\"}}}";

static const char merchants_schema[] =
    "{\"bsonType\":\"object\",\"required\":[\"_id\",\"name\",\"zone\",\"currencies\",\"recut\",\"created_"
    "at\"],"
    "\"properties\":{\"_id\":{\"bsonType\":\"string\",\"pattern\":\"^[a-z0-9][a-z0-9-]{1,31}$\"},"
    "\"name\":{\"bsonType\":\"string\"},\"zone\":{\"bsonType\":\"string\"},\"recut\":{\"bsonType\":\"long\"},"
    "\"currencies\":{\"bsonType\":\"array\",\"minItems\":1,\"maxItems\":16,\"items\":{\"bsonType\":"
    "\"string\"}},"
    "\"locale\":{\"bsonType\":\"string\",\"maxLength\":35,"
    "\"pattern\":\"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\\\\z\"},"
    "\"created_at\":{\"bsonType\":\"date\"}}}";

static const char users_schema[] =
    "{\"bsonType\":\"object\",\"required\":[\"_id\",\"email\",\"password\",\"memberships\"],\"properties\":{"
    "\"email\":{\"bsonType\":\"string\"},\"password\":{\"bsonType\":\"string\",\"pattern\":\"^[$]argon2id[$]"
    "\"},"
    "\"memberships\":{\"bsonType\":\"array\"}}}";

static const char api_keys_schema[] = "{\"bsonType\":\"object\",\"required\":[\"_id\",\"hash\",\"m\","
                                      "\"scopes\",\"created_at\"],\"properties\":{"
                                      "\"hash\":{\"bsonType\":\"binData\"},\"m\":{\"bsonType\":\"string\"},"
                                      "\"scopes\":{\"bsonType\":\"string\"}}}";

static const char audit_schema[] =
    "{\"bsonType\":\"object\",\"required\":[\"_id\",\"at\",\"action\",\"who\",\"m\"],"
    "\"properties\":{\"_id\":{\"bsonType\":\"string\"},"
    "\"at\":{\"bsonType\":\"date\"},\"action\":{\"bsonType\":\"string\"},"
    "\"who\":{\"bsonType\":\"string\"}}}";

/* All unique indexes of the ledger begin with m, so that {m: 1} can be the shard key. */
static const struct collection collections[] = {
    {false,
     COLLECTION_LEDGER,
     ledger_schema,
     {{INDEX_IDEM, "{\"m\":1,\"idem\":1}", NULL, true},
      {INDEX_REFUND_NUMBER, "{\"m\":1,\"order\":1,\"n\":1}", "{\"kind\":\"refund\"}", true},
      {INDEX_LATE, "{\"m\":1,\"late\":1,\"import\":1,\"recorded_at\":1,\"_id\":1}", "{\"late\":true}", false},
      {"reference", "{\"m\":1,\"order.reference\":1,\"_id\":-1}", "{\"order.reference\":{\"$exists\":true}}",
       false}}},
    {false, COLLECTION_MERCHANTS, merchants_schema, {{0}}},
    {false, COLLECTION_HEARTBEAT, NULL, {{0}}},
    {true,
     COLLECTION_USERS,
     users_schema,
     {{"email", "{\"email\":1}", NULL, true}, {"merchant", "{\"memberships.m\":1}", NULL, false}}},
    {true,
     COLLECTION_API_KEYS,
     api_keys_schema,
     {{"hash", "{\"hash\":1}", NULL, true}, {"merchant", "{\"m\":1}", NULL, false}}},
    {true, COLLECTION_AUDIT, audit_schema, {{"merchant", "{\"m\":1,\"_id\":-1}", NULL, false}}},
    {true, COLLECTION_QUARANTINE, NULL, {{"at", "{\"at\":1}", NULL, false}}},
    {true, COLLECTION_PROOFS, NULL, {{"merchant", "{\"m\":1,\"at\":-1}", NULL, false}}},
};

static const char *database_of(const struct setup *setup, const struct collection *collection)
{
  return collection->people ? setup->conf->mongo_people_database : setup->conf->mongo_database;
}

/* One of the constants above: that it is JSON was known when this was written. */
static bson_t *from_json(const char *json)
{
  bson_error_t error;
  bson_t *document = bson_new_from_json((const uint8_t *)json, -1, &error);
  g_assert(document != NULL);
  return document;
}

static void append_json(bson_t *out, const char *name, const char *json)
{
  bson_t *document = from_json(json);
  BSON_APPEND_DOCUMENT(out, name, document);
  bson_destroy(document);
}

/* ---- collections and validators ---- */

static void append_validator(bson_t *command, const struct collection *collection)
{
  bson_t validator;
  if (collection->schema == NULL)
    return;
  BSON_APPEND_DOCUMENT_BEGIN(command, "validator", &validator);
  append_json(&validator, "$jsonSchema", collection->schema);
  bson_append_document_end(command, &validator);
}

/* Whether the collection is there, and whether with this validator. A collMod that changes nothing is still
 * an event that makes older snapshots unreadable, so it is not run for nothing. */
MUST_CHECK static enum result look(struct setup *setup, const struct collection *collection, bool *exists,
                                   bool *same, struct err *e)
{
  bson_t reply, wanted = BSON_INITIALIZER;
  bson_t *list =
      BCON_NEW("listCollections", BCON_INT32(1), "filter", "{", "name", BCON_UTF8(collection->name), "}");
  enum result r =
      setup_command(setup, database_of(setup, collection), list, "listCollections", &reply, NULL, e);
  bson_iter_t iter, options;
  *exists = r == RESULT_OK && bson_iter_init(&iter, &reply) &&
            bson_iter_find_descendant(&iter, "cursor.firstBatch.0.options", &options);
  append_validator(&wanted, collection);
  bson_iter_t has, wants;
  bool valid_wanted = bson_iter_init_find(&wants, &wanted, "validator");
  bool valid_has = *exists && bson_iter_recurse(&options, &has) && bson_iter_find(&has, "validator");
  *same = valid_wanted == valid_has;
  if (valid_wanted && valid_has) {
    uint32_t length[2];
    const uint8_t *bytes[2];
    bson_iter_document(&has, &length[0], &bytes[0]);
    bson_iter_document(&wants, &length[1], &bytes[1]);
    *same = length[0] == length[1] && memcmp(bytes[0], bytes[1], length[0]) == 0;
  }
  bson_destroy(&wanted);
  bson_destroy(&reply);
  bson_destroy(list);
  return r;
}

MUST_CHECK static enum result make_collection(struct setup *setup, const struct collection *collection,
                                              struct err *e)
{
  bool exists = false, same = false;
  enum result r = look(setup, collection, &exists, &same, e);
  if (r != RESULT_OK)
    return r;
  const char *database = database_of(setup, collection);
  if (exists && same) {
    setup_report(setup, "collection %s.%s: found", database, collection->name);
    return RESULT_OK;
  }
  bson_t command = BSON_INITIALIZER;
  BSON_APPEND_UTF8(&command, exists ? "collMod" : "create", collection->name);
  append_validator(&command, collection);
  r = setup_command(setup, database, &command, exists ? "collMod" : "create", NULL, NULL, e);
  bson_destroy(&command);
  if (r == RESULT_OK)
    setup_report(setup, "collection %s.%s: %s", database, collection->name,
                 exists ? "validator changed" : "made");
  return r;
}

/* ---- indexes ---- */

static void append_index(bson_t *array, uint32_t number, const struct index *index)
{
  char buffer[16];
  const char *position = NULL;
  bson_t document;
  bson_uint32_to_string(number, &position, buffer, sizeof buffer);
  BSON_APPEND_DOCUMENT_BEGIN(array, position, &document);
  append_json(&document, "key", index->keys);
  BSON_APPEND_UTF8(&document, "name", index->name);
  if (index->unique)
    BSON_APPEND_BOOL(&document, "unique", true);
  if (index->filter != NULL)
    append_json(&document, "partialFilterExpression", index->filter);
  bson_append_document_end(array, &document);
}

/* Same fields in the same order and direction, whatever number a direction is written as. */
static bool same_keys(const bson_t *keys, const bson_t *others)
{
  bson_iter_t a, b;
  bool more_a = bson_iter_init(&a, keys) && bson_iter_next(&a);
  bool more_b = bson_iter_init(&b, others) && bson_iter_next(&b);
  while (more_a && more_b) {
    if (strcmp(bson_iter_key(&a), bson_iter_key(&b)) != 0 || bson_iter_as_int64(&a) != bson_iter_as_int64(&b))
      return false;
    more_a = bson_iter_next(&a);
    more_b = bson_iter_next(&b);
  }
  return more_a == more_b;
}

/* Whether the list of indexes (a firstBatch, which holds them all) has one of that name with other keys. */
static bool has_other_keys(const bson_t *list, const struct index *index)
{
  bson_iter_t iter;
  bool found = false;
  bson_t *wanted = from_json(index->keys);
  for (bool more = bson_iter_init(&iter, list) && bson_iter_next(&iter); more; more = bson_iter_next(&iter)) {
    const uint8_t *bytes = NULL;
    uint32_t length = 0;
    size_t name_length = 0;
    bson_t one, keys;
    if (!BSON_ITER_HOLDS_DOCUMENT(&iter))
      continue;
    bson_iter_document(&iter, &length, &bytes);
    if (!bson_init_static(&one, bytes, length) || !bson_fields_sub(&one, "key", BSON_TYPE_DOCUMENT, &keys))
      continue;
    if (g_strcmp0(bson_fields_text(&one, "name", &name_length), index->name) == 0)
      found = !same_keys(wanted, &keys);
  }
  bson_destroy(wanted);
  return found;
}

MUST_CHECK static enum result drop_index(struct setup *setup, const struct collection *collection,
                                         const struct index *index, struct err *e)
{
  bson_t *command = BCON_NEW("dropIndexes", BCON_UTF8(collection->name), "index", BCON_UTF8(index->name));
  enum result r = setup_command(setup, database_of(setup, collection), command, "dropIndexes", NULL, NULL, e);
  bson_destroy(command);
  if (r == RESULT_OK)
    setup_report(setup, "index %s.%s.%s: had other keys, is made anew", database_of(setup, collection),
                 collection->name, index->name);
  return r;
}

/* Those of an earlier version that have other keys now. A unique one is left, for the server to refuse the
 * new one: without it, what it forbids could be stored. */
MUST_CHECK static enum result drop_outdated(struct setup *setup, const struct collection *collection,
                                            struct err *e)
{
  bson_t reply, cursor, list;
  bson_t *command =
      BCON_NEW("listIndexes", BCON_UTF8(collection->name), "cursor", "{", "batchSize", BCON_INT32(1000), "}");
  enum result r =
      setup_command(setup, database_of(setup, collection), command, "listIndexes", &reply, NULL, e);
  bool listed = r == RESULT_OK && bson_fields_sub(&reply, "cursor", BSON_TYPE_DOCUMENT, &cursor) &&
                bson_fields_sub(&cursor, "firstBatch", BSON_TYPE_ARRAY, &list);
  for (size_t i = 0; listed && r == RESULT_OK && i < INDEXES_MAX && collection->indexes[i].name != NULL; i++)
    if (!collection->indexes[i].unique && has_other_keys(&list, &collection->indexes[i]))
      r = drop_index(setup, collection, &collection->indexes[i], e);
  bson_destroy(&reply);
  bson_destroy(command);
  return r;
}

MUST_CHECK static enum result make_indexes(struct setup *setup, const struct collection *collection,
                                           struct err *e)
{
  bson_t command = BSON_INITIALIZER, array;
  uint32_t count = 0;
  BSON_APPEND_UTF8(&command, "createIndexes", collection->name);
  BSON_APPEND_ARRAY_BEGIN(&command, "indexes", &array);
  while (count < INDEXES_MAX && collection->indexes[count].name != NULL) {
    append_index(&array, count, &collection->indexes[count]);
    count++;
  }
  bson_append_array_end(&command, &array);
  enum result r = RESULT_OK;
  if (count > 0)
    r = setup_command(setup, database_of(setup, collection), &command, "createIndexes", NULL, NULL, e);
  bson_destroy(&command);
  for (uint32_t i = 0; r == RESULT_OK && i < count; i++)
    setup_report(setup, "index %s.%s.%s: there", database_of(setup, collection), collection->name,
                 collection->indexes[i].name);
  return r;
}

/* Tailer and batch may change the heartbeat's document but not make one. */
MUST_CHECK static enum result make_heartbeat(struct setup *setup, struct err *e)
{
  bson_t *command =
      BCON_NEW("update", BCON_UTF8(COLLECTION_HEARTBEAT), "updates", "[", "{", "q", "{", "_id",
               BCON_UTF8(HEARTBEAT_ID), "}", "u", "{", "$setOnInsert", "{", "at",
               BCON_DATE_TIME(g_get_real_time() / 1000), "}", "}", "upsert", BCON_BOOL(true), "}", "]");
  enum result r = setup_command(setup, setup->conf->mongo_database, command, "update", NULL, NULL, e);
  bson_destroy(command);
  return r;
}

enum result setup_collections(struct setup *setup, struct err *e)
{
  enum result r = RESULT_OK;
  for (size_t i = 0; r == RESULT_OK && i < G_N_ELEMENTS(collections); i++) {
    r = make_collection(setup, &collections[i], e);
    if (r == RESULT_OK)
      r = drop_outdated(setup, &collections[i], e);
    if (r == RESULT_OK)
      r = make_indexes(setup, &collections[i], e);
  }
  return r == RESULT_OK ? make_heartbeat(setup, e) : r;
}
