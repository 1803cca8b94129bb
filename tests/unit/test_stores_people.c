/* Merchants, keys and users on real servers, also while one of the two is away. */
#include "people_test.h"

#include <string.h>

#include "stores/settings.h"

#define NOW_MS INT64_C(1700000000000)

/* ---- merchants ---- */

static void a_merchant_is_read_as_it_was_added(void **state)
{
  struct fixture *f = *state;
  struct merchant merchant;
  assert_result(RESULT_OK, people_get_merchant(&f->worker, f->merchant, &merchant, &e));
  assert_string_equal(merchant.id, f->merchant);
  assert_string_equal(merchant.name, "Teeladen Süd");
  assert_string_equal(merchant.zone, "Europe/Berlin");
  assert_int_equal(merchant.currency_count, 2);
  assert_string_equal(merchant.currencies[1], "USD");
  assert_int_equal(merchant.recut, 0);
  assert_result(RESULT_CONFLICT, people_add_merchant(&f->cli, &cli_actor, &merchant, &e));
  assert_result(RESULT_NOT_FOUND, people_get_merchant(&f->worker, "nobody", &merchant, &e));
}

static void merchants_are_listed(void **state)
{
  struct fixture *f = *state;
  g_autoptr(GArray) merchants = g_array_new(FALSE, FALSE, sizeof(struct merchant));
  assert_result(RESULT_OK, people_list_merchants(&f->cli, merchants, &e));
  bool found = false;
  for (guint i = 0; i < merchants->len; i++)
    found |= strcmp(g_array_index(merchants, struct merchant, i).id, f->merchant) == 0;
  assert_true(found);
}

static enum result set_zone(struct people *p, const char *merchant, const char *zone, struct err *e)
{
  return settings_change(p, &cli_actor, merchant, &(struct settings){.zone = zone}, NULL, e);
}

static void a_new_zone_counts_at_once(void **state)
{
  struct fixture *f = *state;
  struct merchant merchant;
  assert_result(RESULT_OK, people_merchant_terms(&f->worker, f->merchant, &merchant, &e));
  assert_string_equal(merchant.zone, "Europe/Berlin");
  assert_result(RESULT_OK, set_zone(&f->cli, f->merchant, "Asia/Tokyo", &e));
  assert_result(RESULT_OK, people_merchant_terms(&f->worker, f->merchant, &merchant, &e));
  assert_string_equal(merchant.zone, "Asia/Tokyo");
  assert_result(RESULT_OK, people_merchant_terms(&f->no_mongo, f->merchant, &merchant, &e));
  assert_string_equal(merchant.zone, "Asia/Tokyo");
  assert_result(RESULT_NOT_FOUND, set_zone(&f->cli, "nobody", "Asia/Tokyo", &e));
}

/* ---- keys ---- */

static void a_key_is_found_by_its_secret(void **state)
{
  struct fixture *f = *state;
  struct api_key added, found;
  g_autofree char *secret = add_key(f, 0, &added);
  assert_true(g_str_has_prefix(secret, "tk_live_"));
  assert_int_equal(strlen(secret), 8 + 64);
  assert_true(g_str_has_prefix(added.id, "key_"));
  for (int i = 0; i < 2; i++) { /* from MongoDB, then from the mirror */
    assert_result(RESULT_OK, people_find_key(&f->worker, secret, NOW_MS, &found, &e));
    assert_string_equal(found.id, added.id);
    assert_string_equal(found.merchant, f->merchant);
    assert_int_equal(found.scopes, SCOPE_ORDERS_READ | SCOPE_METRICS_READ);
  }
  assert_result(RESULT_OK, people_find_key(&f->no_mongo, secret, NOW_MS, &found, &e));
  assert_result(RESULT_OK, people_find_key(&f->no_redis, secret, NOW_MS, &found, &e));
  secret[20] = secret[20] == 'a' ? 'b' : 'a';
  assert_result(RESULT_NOT_FOUND, people_find_key(&f->worker, secret, NOW_MS, &found, &e));
  assert_result(RESULT_UNAVAILABLE, people_find_key(&f->no_mongo, secret, NOW_MS, &found, &e));
}

static void a_revoked_key_is_gone_at_once(void **state)
{
  struct fixture *f = *state;
  struct api_key key, found;
  g_autofree char *secret = add_key(f, 0, &key);
  assert_result(RESULT_OK, people_find_key(&f->worker, secret, NOW_MS, &found, &e));
  assert_result(RESULT_NOT_FOUND, people_revoke_key(&f->cli, &cli_actor, "somebody-else", key.id, &e));
  assert_result(RESULT_OK, people_revoke_key(&f->cli, &cli_actor, f->merchant, key.id, &e));
  assert_result(RESULT_NOT_FOUND, people_find_key(&f->worker, secret, NOW_MS, &found, &e));
  assert_result(RESULT_NOT_FOUND, people_find_key(&f->no_mongo, secret, NOW_MS, &found, &e));
  assert_result(RESULT_NOT_FOUND, people_find_key(&f->no_redis, secret, NOW_MS, &found, &e));
  g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(struct api_key));
  assert_result(RESULT_OK, people_list_keys(&f->cli, f->merchant, keys, &e));
  assert_int_equal(keys->len, 1);
  assert_true(g_array_index(keys, struct api_key, 0).revoked);
}

static void a_key_expires(void **state)
{
  struct fixture *f = *state;
  struct api_key key, found;
  g_autofree char *secret = add_key(f, NOW_MS, &key);
  assert_result(RESULT_OK, people_find_key(&f->worker, secret, NOW_MS - 1, &found, &e));
  assert_result(RESULT_NOT_FOUND, people_find_key(&f->worker, secret, NOW_MS, &found, &e));
}

static void the_mirror_of_a_key_has_no_hash(void **state)
{
  struct fixture *f = *state;
  struct api_key key, nobodys = {.merchant = "nobody", .scopes = SCOPE_ORDERS_READ};
  char *secret = NULL;
  assert_result(RESULT_NOT_FOUND, people_add_key(&f->cli, &cli_actor, &nobodys, &key, &secret, &e));
  assert_null(secret);
  secret = add_key(f, 0, &key);
  assert_result(RESULT_OK, people_find_key(&f->worker, secret, NOW_MS, &key, &e));
  g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, secret, -1);
  g_autofree char *name = g_strconcat("tk:key:", hash, NULL);
  redisReply *reply = NULL;
  assert_result(RESULT_OK, redis_call(f->worker.redis, &reply, &e, "GET", name, NULL));
  assert_int_equal(reply->type, REDIS_REPLY_STRING);
  for (size_t i = 0; i + 4 < reply->len; i++)
    assert_memory_not_equal(reply->str + i, "hash", 4);
  freeReplyObject(reply);
  g_free(secret);
}

static int64_t listed_use(const struct fixture *f)
{
  struct people worker = f->worker;
  g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(struct api_key));
  assert_result(RESULT_OK, people_list_keys(&worker, f->merchant, keys, &e));
  assert_result(RESULT_OK, people_read_key_uses(&worker, keys, &e));
  assert_int_equal(keys->len, 1);
  assert_string_equal(g_array_index(keys, struct api_key, 0).name, "Kasse");
  return g_array_index(keys, struct api_key, 0).last_used_ms;
}

static void the_last_use_of_a_key_is_kept_to_the_minute(void **state)
{
  struct fixture *f = *state;
  struct api_key key, found;
  g_autofree char *secret = add_key(f, NOW_MS + 200000, &key);
  assert_int_equal(listed_use(f), 0);
  assert_result(RESULT_OK, people_find_key(&f->worker, secret, NOW_MS, &found, &e));
  assert_result(RESULT_OK, people_find_key(&f->no_redis, secret, NOW_MS + 90000, &found, &e)); /* unseen */
  assert_int_equal(listed_use(f), NOW_MS);
  assert_result(RESULT_OK, people_find_key(&f->no_mongo, secret, NOW_MS + 59999, &found, &e));
  assert_int_equal(listed_use(f), NOW_MS);
  assert_result(RESULT_OK, people_find_key(&f->no_mongo, secret, NOW_MS + 60000, &found, &e));
  assert_int_equal(listed_use(f), NOW_MS + 60000);
  assert_result(RESULT_NOT_FOUND, people_find_key(&f->worker, secret, NOW_MS + 200000, &found, &e));
  assert_int_equal(listed_use(f), NOW_MS + 60000); /* it had expired */
}

/* Redis is not trusted either: what it holds beside a mirror is a number or nothing. */
static void a_last_use_that_cannot_be_counts_as_none(void **state)
{
  struct fixture *f = *state;
  static const char *const values[] = {
      "", "soon", "-1", "-9223372036854775808", "9223372036854775807", "1 ", "99999999999999999999"};
  struct api_key key, found;
  redisReply *reply = NULL;
  g_autofree char *secret = add_key(f, 0, &key);
  g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, secret, -1);
  g_autofree char *name = g_strconcat("tk:used:", hash, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
    assert_result(RESULT_OK, redis_call(f->worker.redis, &reply, &e, "SET", name, values[i], NULL));
    freeReplyObject(reply);
    assert_int_equal(listed_use(f), 0);
    assert_result(RESULT_OK, people_find_key(&f->worker, secret, NOW_MS, &found, &e));
    assert_int_equal(listed_use(f), NOW_MS);
  }
}

static void scopes_have_names(void **state)
{
  (void)state;
  assert_int_equal(scopes_parse("orders:write,metrics:read"), SCOPE_ORDERS_WRITE | SCOPE_METRICS_READ);
  assert_int_equal(scopes_parse("orders:write,"), 0);
  assert_int_equal(scopes_parse("orders:write,everything"), 0);
  assert_int_equal(scopes_parse("admin"), 0);
  assert_int_equal(scopes_parse(""), 0);
  g_autofree char *text = scopes_format(SCOPE_METRICS_READ | SCOPE_ORDERS_READ);
  assert_string_equal(text, "orders:read,metrics:read");
  assert_int_equal(role_scopes("clerk"), SCOPE_ORDERS_READ | SCOPE_ORDERS_WRITE);
  assert_int_equal(role_scopes("king"), 0);
}

static void a_key_is_revoked_once(void **state)
{
  struct fixture *f = *state;
  struct api_key key;
  bool more = false;
  g_free(add_key(f, 0, &key));
  for (int i = 0; i < 2; i++)
    assert_result(RESULT_OK, people_revoke_key(&f->worker, &owner_actor, f->merchant, key.id, &e));
  g_autoptr(GArray) listed = list_audit(&f->worker, f->merchant, NULL, 50, &more);
  assert_int_equal(listed->len, 3);
  const struct audit_entry *last = &g_array_index(listed, struct audit_entry, 0);
  assert_string_equal(last->action, "key.revoke");
  assert_string_equal(last->who, "usr_1");
  assert_string_equal(last->subject, key.id);
  assert_string_equal(last->request_id, "0011223344556677");
}

/* ---- users ---- */

static void a_user_logs_in_with_the_right_password_only(void **state)
{
  struct fixture *f = *state;
  struct user user, again;
  g_autofree char *email = new_email();
  g_autofree char *lower = g_ascii_strdown(email, -1);
  assert_result(RESULT_OK, people_add_user(&f->cli, email, "correct horse", f->merchant, "owner", &e));
  assert_result(RESULT_OK, people_check_password(&f->worker, lower, "correct horse", &user, &e));
  assert_string_equal(user.email, lower);
  assert_int_equal(user.memberships->len, 1);
  assert_result(RESULT_NOT_FOUND, people_check_password(&f->worker, email, "correct horsf", &again, &e));
  assert_string_equal(again.id, user.id);
  user_clear(&again);
  assert_result(RESULT_NOT_FOUND, people_check_password(&f->worker, "nobody@example.com", "x", &again, &e));
  assert_string_equal(again.id, "");
  assert_result(RESULT_NOT_FOUND, people_check_password(&f->worker, "no address", "x", &again, &e));
  assert_result(RESULT_OK, people_get_user(&f->no_mongo, user.id, &again, &e));
  const struct membership *membership = &g_array_index(again.memberships, struct membership, 0);
  assert_string_equal(membership->merchant, f->merchant);
  assert_string_equal(membership->role, "owner");
  user_clear(&again);
  user_clear(&user);
}

static void a_new_role_counts_at_once(void **state)
{
  struct fixture *f = *state;
  struct user user, again;
  g_autofree char *email = new_email();
  assert_result(RESULT_INVALID, people_add_user(&f->cli, email, NULL, f->merchant, "owner", &e));
  assert_result(RESULT_INVALID, people_add_user(&f->cli, email, "a long secret", f->merchant, "king", &e));
  assert_result(RESULT_NOT_FOUND, people_add_user(&f->cli, email, "a long secret", "nobody", "owner", &e));
  assert_result(RESULT_OK, people_add_user(&f->cli, email, "a long secret", f->merchant, "owner", &e));
  assert_result(RESULT_OK, people_check_password(&f->worker, email, "a long secret", &user, &e));
  assert_result(RESULT_OK, people_add_user(&f->cli, email, NULL, f->merchant, "clerk", &e));
  assert_result(RESULT_OK, people_get_user(&f->no_mongo, user.id, &again, &e));
  assert_int_equal(again.memberships->len, 1);
  assert_string_equal(g_array_index(again.memberships, struct membership, 0).role, "clerk");
  user_clear(&again);
  user_clear(&user);
}

static void sessions_end_with_the_role_and_on_demand(void **state)
{
  static const struct user nobody = {.id = "usr_nobody"};
  struct fixture *f = *state;
  struct user user;
  redisReply *reply = NULL;
  g_autofree char *email = new_email();
  assert_result(RESULT_OK, people_add_user(&f->cli, email, "a long secret", f->merchant, "owner", &e));
  assert_result(RESULT_OK, people_check_password(&f->worker, email, "a long secret", &user, &e));
  int64_t first = user.sessions;
  assert_int_equal(generation(f, user.id), first);
  assert_result(RESULT_OK, people_add_user(&f->cli, email, NULL, f->merchant, "owner", &e));
  assert_int_equal(generation(f, user.id), first); /* nothing has changed */
  assert_result(RESULT_OK, people_add_user(&f->cli, email, NULL, f->merchant, "clerk", &e));
  int64_t second = generation(f, user.id);
  assert_int_not_equal(second, first);
  assert_result(RESULT_OK, people_end_sessions(&f->worker, &owner_actor, &user, &e));
  int64_t third = generation(f, user.id);
  assert_true(third != first && third != second);
  g_autofree char *mirror = g_strconcat("tk:member:", user.id, NULL);
  assert_result(RESULT_OK, redis_call(f->worker.redis, &reply, &e, "DEL", mirror, NULL));
  freeReplyObject(reply);
  user_clear(&user);
  assert_result(RESULT_OK, people_check_password(&f->worker, email, "a long secret", &user, &e));
  assert_int_equal(user.sessions, third); /* whatever Redis has lost */
  assert_result(RESULT_NOT_FOUND, people_end_sessions(&f->worker, &owner_actor, &nobody, &e));
  user_clear(&user);
}

static void a_password_is_changed_once_and_ends_the_sessions(void **state)
{
  struct fixture *f = *state;
  struct user user, twin;
  g_autofree char *email = new_email();
  assert_result(RESULT_OK, people_add_user(&f->cli, email, "a long secret", f->merchant, "owner", &e));
  assert_result(RESULT_OK, people_check_password(&f->worker, email, "a long secret", &user, &e));
  assert_result(RESULT_OK, people_find_user(&f->worker, email, &twin, &e));
  assert_result(RESULT_INVALID, people_set_password(&f->worker, &owner_actor, &user, "short", &e));
  int64_t before = generation(f, user.id);
  assert_result(RESULT_OK, people_set_password(&f->worker, &owner_actor, &user, "another secret", &e));
  assert_int_not_equal(generation(f, user.id), before);
  assert_int_equal(generation(f, user.id), user.sessions);
  assert_result(RESULT_CONFLICT, people_set_password(&f->worker, &owner_actor, &twin, "a third secret", &e));
  user_clear(&twin);
  assert_result(RESULT_NOT_FOUND, people_check_password(&f->worker, email, "a long secret", &twin, &e));
  user_clear(&twin);
  assert_result(RESULT_UNAVAILABLE,
                people_set_password(&f->no_redis, &owner_actor, &user, "a third secret", &e));
  assert_result(RESULT_OK, people_set_password(&f->cli, &cli_actor, &user, "a third secret", &e));
  assert_result(RESULT_OK, people_check_password(&f->worker, email, "a third secret", &twin, &e));
  assert_int_equal(twin.sessions, user.sessions);
  assert_result(RESULT_NOT_FOUND, people_find_user(&f->worker, "nobody@example.com", &user, &e));
  user_clear(&twin);
  user_clear(&user);
}

static void unknown_users_take_as_long(void **state)
{
  struct fixture *f = *state;
  struct user user;
  int64_t took[2] = {INT64_MAX, INT64_MAX};
  g_autofree char *email = new_email();
  assert_result(RESULT_OK, people_add_user(&f->cli, email, "a long secret", f->merchant, "owner", &e));
  for (int i = 0; i < 10; i++) {
    const char *who = i % 2 == 0 ? email : "nobody@example.com";
    int64_t before = g_get_monotonic_time();
    assert_result(RESULT_NOT_FOUND, people_check_password(&f->worker, who, "wrong", &user, &e));
    took[i % 2] = MIN(took[i % 2], g_get_monotonic_time() - before);
    user_clear(&user);
  }
  assert_in_range(took[1], took[0] / 3, took[0] * 3);
}

/* ---- settings ---- */

static void settings_change_together_and_once(void **state)
{
  struct fixture *f = *state;
  struct merchant merchant;
  bool more = false;
  struct settings wanted = {.name = "Teeladen Nord",
                            .zone = "Asia/Tokyo",
                            .currencies = (const char[][4]){"JPY", "USD", "EUR"},
                            .currency_count = 3};
  for (int i = 0; i < 2; i++) {
    assert_result(RESULT_OK, settings_change(&f->worker, &owner_actor, f->merchant, &wanted, &merchant, &e));
    assert_string_equal(merchant.name, "Teeladen Nord");
    assert_string_equal(merchant.zone, "Asia/Tokyo");
    assert_int_equal(merchant.currency_count, 3);
    assert_string_equal(merchant.currencies[0], "EUR"); /* new ones come behind those that were there */
    assert_string_equal(merchant.currencies[2], "JPY");
  }
  assert_result(RESULT_OK, people_merchant_terms(&f->no_mongo, f->merchant, &merchant, &e));
  assert_string_equal(merchant.zone, "Asia/Tokyo");
  g_autoptr(GArray) listed = list_audit(&f->worker, f->merchant, NULL, 50, &more);
  assert_int_equal(listed->len, 2);
  assert_string_equal(g_array_index(listed, struct audit_entry, 0).detail,
                      "name, timezone Asia/Tokyo, currencies EUR,USD,JPY");
}

static void change_locale(struct fixture *f, const char *locale)
{
  struct merchant merchant;
  assert_result(RESULT_OK, settings_change(&f->worker, &owner_actor, f->merchant,
                                           &(struct settings){.locale = locale}, &merchant, &e));
  assert_string_equal(merchant.locale, locale);
  assert_result(RESULT_OK, people_merchant_terms(&f->no_mongo, f->merchant, &merchant, &e));
  assert_string_equal(merchant.locale, locale);
}

static void a_locale_comes_and_goes(void **state)
{
  struct fixture *f = *state;
  bool more = false;
  change_locale(f, "");
  change_locale(f, "de-CH");
  change_locale(f, "de-CH");
  change_locale(f, "");
  g_autoptr(GArray) listed = list_audit(&f->worker, f->merchant, NULL, 50, &more);
  assert_int_equal(listed->len, 3);
  assert_string_equal(g_array_index(listed, struct audit_entry, 1).detail, "locale de-CH");
  assert_string_equal(g_array_index(listed, struct audit_entry, 0).detail, "locale none");
}

static void a_currency_is_never_taken_away(void **state)
{
  struct fixture *f = *state;
  struct merchant merchant;
  struct settings wanted = {.currencies = (const char[][4]){"EUR", "JPY"}, .currency_count = 2};
  assert_result(RESULT_INVALID, settings_change(&f->worker, &owner_actor, f->merchant, &wanted, NULL, &e));
  char many[MERCHANT_CURRENCIES_MAX + 1][4] = {"EUR", "USD"};
  for (char i = 2; i <= MERCHANT_CURRENCIES_MAX; i++)
    memcpy(many[(int)i], (char[]){'X', 'X', (char)('A' + i), '\0'}, 4);
  wanted = (struct settings){.currencies = (const char(*)[4])many, .currency_count = G_N_ELEMENTS(many)};
  assert_result(RESULT_INVALID, settings_change(&f->worker, &owner_actor, f->merchant, &wanted, NULL, &e));
  assert_result(RESULT_OK, people_get_merchant(&f->worker, f->merchant, &merchant, &e));
  assert_int_equal(merchant.currency_count, 2);
}

int main(void)
{
  if (!stores_test_begin())
    return EXIT_SUCCESS;
#define TEST(f) cmocka_unit_test_setup(f, set_up)
  const struct CMUnitTest tests[] = {
      TEST(a_merchant_is_read_as_it_was_added),
      TEST(merchants_are_listed),
      TEST(a_new_zone_counts_at_once),
      TEST(a_key_is_found_by_its_secret),
      TEST(a_revoked_key_is_gone_at_once),
      TEST(a_key_expires),
      TEST(the_mirror_of_a_key_has_no_hash),
      TEST(the_last_use_of_a_key_is_kept_to_the_minute),
      TEST(a_last_use_that_cannot_be_counts_as_none),
      cmocka_unit_test(scopes_have_names),
      TEST(a_user_logs_in_with_the_right_password_only),
      TEST(a_new_role_counts_at_once),
      TEST(sessions_end_with_the_role_and_on_demand),
      TEST(a_password_is_changed_once_and_ends_the_sessions),
      TEST(unknown_users_take_as_long),
      TEST(a_key_is_revoked_once),
      TEST(settings_change_together_and_once),
      TEST(a_locale_comes_and_goes),
      TEST(a_currency_is_never_taken_away),
  };
  return stores_test_end(cmocka_run_group_tests_name("stores_people", tests, set_up_servers, leave_servers));
}
