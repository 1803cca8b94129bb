/* The record of what people did, and what each program may do, on real servers. */
#include "people_test.h"

#include <string.h>

#include "stores/mongo_doc.h"
#include "stores/settings.h"

/* ---- the audit ---- */

static void the_audit_is_read_in_pages_newest_first(void **state)
{
  struct fixture *f = *state;
  bool more = false;
  for (int i = 0; i < 4; i++) {
    char subject[] = {(char)('a' + i), '\0'};
    struct audit_record record = {.action = AUDIT_KEY_REVOKE,
                                  .who = "usr_1",
                                  .merchant = f->merchant,
                                  .subject = subject,
                                  .detail = i == 3 ? "owner" : NULL,
                                  .request_id = "0011223344556677"};
    assert_result(RESULT_OK, audit_add(&f->worker, &record, &e));
    for (int64_t ms = g_get_real_time() / 1000; g_get_real_time() / 1000 == ms;)
      g_thread_yield(); /* ids of one millisecond have no order */
  }
  g_autoptr(GArray) first = list_audit(&f->worker, f->merchant, NULL, 2, &more);
  assert_true(more);
  assert_int_equal(first->len, 2);
  const struct audit_entry *entries = (const struct audit_entry *)(const void *)first->data;
  assert_string_equal(entries[0].subject, "d");
  assert_string_equal(entries[0].detail, "owner");
  assert_string_equal(entries[1].subject, "c");
  assert_string_equal(entries[1].detail, "");
  assert_string_equal(entries[1].action, "key.revoke");
  assert_string_equal(entries[1].who, "usr_1");
  assert_string_equal(entries[1].request_id, "0011223344556677");
  g_autoptr(GArray) rest = list_audit(&f->worker, f->merchant, entries[1].id, 3, &more);
  entries = (const struct audit_entry *)(const void *)rest->data;
  assert_false(more);
  assert_int_equal(rest->len, 3);
  assert_string_equal(entries[0].subject, "b");
  assert_string_equal(entries[2].action, "merchant.add"); /* by the set-up */
  assert_string_equal(entries[2].who, "cli");
}

static void what_concerns_a_person_is_listed_by_all_their_merchants(void **state)
{
  struct fixture *f = *state;
  struct membership both[2] = {{.role = "owner"}, {.role = "clerk"}};
  g_autoptr(GArray) memberships = g_array_new(FALSE, TRUE, sizeof both[0]);
  bool more = true;
  snprintf(both[0].merchant, sizeof both[0].merchant, "a%08x%08x", g_random_int(), g_random_int());
  snprintf(both[1].merchant, sizeof both[1].merchant, "b%08x%08x", g_random_int(), g_random_int());
  g_array_append_vals(memberships, both, 2);
  struct audit_record record = {
      .action = AUDIT_SESSION_START, .who = "usr_1", .memberships = memberships, .detail = NULL};
  assert_result(RESULT_OK, audit_add(&f->worker, &record, &e));
  for (int i = 0; i < 2; i++) {
    g_autoptr(GArray) listed = list_audit(&f->worker, both[i].merchant, NULL, 50, &more);
    assert_int_equal(listed->len, 1);
    assert_string_equal(g_array_index(listed, struct audit_entry, 0).action, "session.start");
    assert_false(more);
  }
  g_autoptr(GArray) others = list_audit(&f->worker, f->merchant, NULL, 50, &more);
  assert_int_equal(others->len, 1); /* merchant.add */
}

static void texts_of_the_audit_that_do_not_fit(void **state)
{
  struct fixture *f = *state;
  g_autofree char *umlauts = g_strdup_printf("x%0*d", 253, 0);
  g_autofree char *long_detail = g_strconcat(umlauts, "\xc3\xbc", "tail", NULL); /* 254 bytes and two */
  bool more = false;
  struct audit_record record = {
      .action = AUDIT_SETTINGS_CHANGE, .who = "cli", .merchant = f->merchant, .detail = long_detail};
  assert_result(RESULT_OK, audit_add(&f->worker, &record, &e));
  g_autoptr(GArray) listed = list_audit(&f->worker, f->merchant, NULL, 1, &more);
  assert_string_equal(g_array_index(listed, struct audit_entry, 0).detail, umlauts);
  record.who = "";
  assert_result(RESULT_INTERNAL, audit_add(&f->worker, &record, &e));
  record.who = "usr_0123456789012345678901234567890";
  assert_result(RESULT_INTERNAL, audit_add(&f->worker, &record, &e));
  record.who = "cli";
  assert_result(RESULT_UNAVAILABLE, audit_add(&f->no_mongo, &record, &e));
}

/* ---- rights ---- */

static void assert_unauthorized(mongoc_client_t *client, struct mongo *mongo, bson_t *command)
{
  bson_error_t error = {0};
  assert_false(
      mongoc_client_command_simple(client, mongo_people_database(mongo), command, NULL, NULL, &error));
  assert_int_equal(error.code, 13);
  bson_destroy(command);
}

/* The worker's user may do all of it. */
static void a_change_and_its_record_stand_or_fall_together(void **state)
{
  struct fixture *f = *state;
  struct people *p = &f->worker;
  struct people_actor nameless = {.who = ""}; /* no record can be written for it */
  struct api_key key, wanted = {.scopes = SCOPE_ORDERS_READ};
  struct merchant merchant;
  char *secret = NULL;
  bool more = false;
  g_strlcpy(wanted.merchant, f->merchant, sizeof wanted.merchant);
  g_free(add_key(f, 0, &key));
  assert_result(RESULT_INTERNAL, people_add_key(p, &nameless, &wanted, &wanted, &secret, &e));
  assert_null(secret);
  assert_result(RESULT_INTERNAL, people_revoke_key(p, &nameless, f->merchant, key.id, &e));
  assert_result(RESULT_INTERNAL, settings_change(p, &nameless, f->merchant,
                                                 &(struct settings){.name = "Other"}, &merchant, &e));
  g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(struct api_key));
  assert_result(RESULT_OK, people_list_keys(p, f->merchant, keys, &e));
  assert_int_equal(keys->len, 1);
  assert_false(g_array_index(keys, struct api_key, 0).revoked);
  assert_result(RESULT_OK, people_get_merchant(p, f->merchant, &merchant, &e));
  assert_string_equal(merchant.name, "Teeladen Süd");
  g_autoptr(GArray) listed = list_audit(p, f->merchant, NULL, 50, &more);
  assert_int_equal(listed->len, 2); /* merchant.add, key.create */
}

static void nobody_changes_or_removes_a_record_of_the_audit(void **state)
{
  struct fixture *f = *state;
  struct mongo *both[] = {f->worker.mongo, f->cli.mongo};
  for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
    mongoc_client_t *client = NULL;
    assert_result(RESULT_OK, mongo_take(both[i], &client, &e));
    assert_unauthorized(client, both[i],
                        BCON_NEW("update", "audit", "updates", "[", "{", "q", "{", "}", "u", "{", "$set", "{",
                                 "who", "nobody", "}", "}", "}", "]"));
    assert_unauthorized(
        client, both[i],
        BCON_NEW("delete", "audit", "deletes", "[", "{", "q", "{", "}", "limit", BCON_INT32(0), "}", "]"));
    assert_unauthorized(client, both[i], BCON_NEW("drop", "audit"));
    assert_unauthorized(client, both[i], BCON_NEW("collMod", "audit", "validator", "{", "}"));
    mongo_give(both[i], client);
  }
}

static void the_worker_writes_no_figures(void **state)
{
  struct fixture *f = *state;
  redisReply *reply = NULL;
  struct err refused = ERR_NONE;
  assert_int_equal(redis_call(f->worker.redis, &reply, &refused, "SET", "tk:head", "x", NULL),
                   RESULT_UNAVAILABLE);
  assert_non_null(strstr(refused.text, "NOPERM"));
  assert_result(RESULT_OK, redis_call(f->worker.redis, &reply, &e, "MGET", "tk:head", "tk:{x}:card", NULL));
  freeReplyObject(reply);
  assert_result(RESULT_UNAVAILABLE, redis_call(f->worker.redis, &reply, &e, "FLUSHALL", NULL));
  assert_result(RESULT_UNAVAILABLE, redis_call(f->cli.redis, &reply, &e, "SET", "tk:head", "x", NULL));
}

static void assert_no_permission(struct redis *redis, const char *command, const char *key, const char *value)
{
  redisReply *reply = NULL;
  struct err refused = ERR_NONE;
  if (redis_call(redis, &reply, &refused, command, key, value, NULL) == RESULT_OK ||
      strstr(refused.text, "NOPERM") == NULL)
    fail_msg("%s %s: %s", command, key, refused.text);
}

static void the_batch_writes_figures_only(void **state)
{
  (void)state;
  static const char *const others[] = {"tk:session:x", "tk:key:x", "tk:member:x", "tk:terms:x", "tk:login:x"};
  struct redis *batch = NULL, *tailer = NULL;
  redisReply *reply = NULL;
  assert_result(RESULT_OK, redis_new(stores_conf, CONF_BATCH, &batch, &e));
  assert_result(RESULT_OK, redis_new(stores_conf, CONF_TAILER, &tailer, &e));
  for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
    assert_no_permission(batch, "SET", others[i], "x");
    assert_no_permission(batch, "GET", others[i], NULL);
    assert_no_permission(batch, "DEL", others[i], NULL);
    assert_no_permission(tailer, "GET", others[i], NULL);
  }
  assert_no_permission(batch, "PUBLISH", "other", "x");
  assert_no_permission(tailer, "SET", "tk:head", "x");
  assert_result(RESULT_OK, redis_call(batch, &reply, &e, "SET", "tk:{rights}:card", "x", NULL));
  freeReplyObject(reply);
  assert_result(RESULT_OK, redis_call(batch, &reply, &e, "DEL", "tk:{rights}:card", NULL));
  freeReplyObject(reply);
  assert_result(RESULT_OK, redis_call(tailer, &reply, &e, "GET", "tk:head", NULL));
  freeReplyObject(reply);
  redis_free(batch);
  redis_free(tailer);
}

static void push_listens_and_does_no_more(void **state)
{
  struct fixture *f = *state;
  static const char *const keys[] = {"tk:head", "tk:{x}:card", "tk:session:x", "tk:member:x", "tk:ended"};
  struct redis *push = NULL;
  redisReply *reply = NULL;
  assert_result(RESULT_OK, redis_new(stores_conf, CONF_PUSH, &push, &e));
  for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
    assert_no_permission(push, "GET", keys[i], NULL);
    assert_no_permission(push, "SET", keys[i], "x");
    assert_no_permission(push, "PUBLISH", keys[i], "x");
  }
  assert_no_permission(push, "SUBSCRIBE", "other", NULL);
  assert_no_permission(push, "PSUBSCRIBE", "*", NULL);
  assert_result(RESULT_OK, redis_call(push, &reply, &e, "SUBSCRIBE", "tk:ended", NULL));
  freeReplyObject(reply);
  assert_result(RESULT_OK, redis_call(push, &reply, &e, "PSUBSCRIBE", "tk:{*}:changed", NULL));
  freeReplyObject(reply);
  redis_free(push);

  struct redis *const tellers[] = {f->worker.redis, f->cli.redis};
  for (size_t i = 0; i < G_N_ELEMENTS(tellers); i++) {
    assert_no_permission(tellers[i], "PUBLISH", "tk:{x}:changed", "x");
    assert_no_permission(tellers[i], "SUBSCRIBE", "tk:{x}:changed", NULL);
    assert_result(RESULT_OK, redis_call(tellers[i], &reply, &e, "PUBLISH", "tk:ended", "x", NULL));
    freeReplyObject(reply);
  }
}

int main(void)
{
  if (!stores_test_begin())
    return EXIT_SUCCESS;
#define TEST(f) cmocka_unit_test_setup(f, set_up)
  const struct CMUnitTest tests[] = {
      TEST(the_audit_is_read_in_pages_newest_first),
      TEST(what_concerns_a_person_is_listed_by_all_their_merchants),
      TEST(texts_of_the_audit_that_do_not_fit),
      TEST(a_change_and_its_record_stand_or_fall_together),
      TEST(nobody_changes_or_removes_a_record_of_the_audit),
      TEST(the_worker_writes_no_figures),
      TEST(the_batch_writes_figures_only),
      TEST(push_listens_and_does_no_more),
  };
  return stores_test_end(cmocka_run_group_tests_name("stores_rights", tests, set_up_servers, leave_servers));
}
