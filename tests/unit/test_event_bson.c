/* Change events, as the stream projects them. */
#include "translation/event_bson.h"

#include <string.h>

#include <glib.h>

#include "tests/unit/unit.h"

#define KEY "shop/01ARZ3NDEKTSV4RRFFQ69G5FAV"

/* An insert of that key into the ledger; `request_id` NULL: without one. */
static struct event read_insert(const char *request_id)
{
  struct event event;
  char *token = NULL;
  const char *key;
  bson_t *document =
      BCON_NEW("_id", "{", "_data", "82aa", "}", "operationType", "insert", "ns", "{", "db", "takings",
               "coll", "ledger", "}", "documentKey", "{", "_id", KEY, "}", "clusterTime",
               BCON_TIMESTAMP(1795435200, 3), "wallTime", BCON_DATE_TIME(INT64_C(1795435200123)));
  bson_t whole = BSON_INITIALIZER;
  BSON_APPEND_BOOL(&whole, "bulk", true);
  if (request_id != NULL)
    BSON_APPEND_UTF8(&whole, "request_id", request_id);
  BSON_APPEND_DOCUMENT(document, "fullDocument", &whole);
  assert_int_equal(event_bson_read(document, &event, &token, &key, NULL), RESULT_OK);
  bson_destroy(&whole);
  bson_destroy(document);
  g_free(token);
  return event;
}

static void an_entry_names_its_request(void **state)
{
  (void)state;
  struct event event = read_insert("9a7176858e18bae32dd9bc90b149a10b");
  assert_int_equal(event.kind, EVENT_LEDGER);
  assert_true(event.bulk);
  assert_string_equal(event.merchant, "shop");
  assert_int_equal(event.wall_ms, INT64_C(1795435200123));
  assert_string_equal(event.request_id, "9a7176858e18bae32dd9bc90b149a10b");
}

/* Whoever writes to the ledger past the product writes no lines of our log, nor through our pipe. */
static void what_is_no_request_id_is_not_passed_on(void **state)
{
  (void)state;
  char longest[65 + 1] = "";
  memset(longest, 'a', 65);
  const char *const wrong[] = {NULL, "", "a b", "a\nr b", "a,b", "a\"b", "caf\xc3\xa9", longest};
  for (size_t i = 0; i < COUNT(wrong); i++) {
    struct event event = read_insert(wrong[i]);
    assert_int_equal(event.kind, EVENT_LEDGER);
    assert_string_equal(event.request_id, "");
  }
  longest[64] = '\0';
  struct event event = read_insert(longest);
  assert_string_equal(event.request_id, longest);
}

static struct event read_of_merchants(const char *operation)
{
  struct event event;
  char *token = NULL;
  const char *key;
  bson_t *document = BCON_NEW("_id", "{", "_data", "82aa", "}", "operationType", BCON_UTF8(operation), "ns",
                              "{", "db", "takings", "coll", "merchants", "}", "documentKey", "{", "_id",
                              "shop", "}", "clusterTime", BCON_TIMESTAMP(1795435200, 3));
  assert_int_equal(event_bson_read(document, &event, &token, &key, NULL), RESULT_OK);
  bson_destroy(document);
  g_free(token);
  return event;
}

static void a_merchants_document_that_is_new_says_so(void **state)
{
  (void)state;
  static const char *const others[] = {"update", "replace", "delete"};
  assert_int_equal(read_of_merchants("insert").kind, EVENT_MERCHANT);
  assert_true(read_of_merchants("insert").made);
  for (size_t i = 0; i < COUNT(others); i++) {
    assert_int_equal(read_of_merchants(others[i]).kind, EVENT_MERCHANT);
    assert_false(read_of_merchants(others[i]).made);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_entry_names_its_request),
      cmocka_unit_test(a_merchants_document_that_is_new_says_so),
      cmocka_unit_test(what_is_no_request_id_is_not_passed_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
