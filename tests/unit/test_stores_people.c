/* Merchants, keys, users and sessions on real servers, also while one of the two is away. */
#include "stores_test.h"

#include <pthread.h>
#include <string.h>

#include "stores/audit.h"
#include "stores/login_limit.h"
#include "stores/members.h"
#include "stores/mongo_doc.h"
#include "stores/password.h"
#include "stores/people.h"
#include "stores/session.h"
#include "stores/settings.h"
#include "stores/setup.h"

#define NOW_MS INT64_C(1700000000000)

struct fixture {
  struct people cli;    /* who changes */
  struct people worker; /* who reads */
  struct people no_redis;
  struct people no_mongo;
  char merchant[MERCHANT_ID_SIZE];
};

static const struct people_actor cli_actor = {.who = AUDIT_WHO_CLI};
static const struct people_actor owner_actor = {.who = "usr_1", .request_id = "0011223344556677"};

static void open_people(struct people *p, const struct conf *conf, enum conf_program program)
{
  assert_result(RESULT_OK, mongo_open(conf, program, &p->mongo, &e));
  assert_result(RESULT_OK, redis_new(conf, program, &p->redis, &e));
}

static void close_people(struct people *p)
{
  mongo_free(p->mongo);
  redis_free(p->redis);
}

/* Opened once: to close a pool that finds no server takes half a second. */
static struct fixture fixture;

/* Each test has a merchant of its own. */
static int set_up(void **state)
{
  struct merchant merchant = {.name = "Teeladen Süd", .zone = "Europe/Berlin", .currencies = {"EUR", "USD"}};
  merchant.currency_count = 2;
  snprintf(merchant.id, sizeof merchant.id, "t%08x%08x", g_random_int(), g_random_int());
  g_strlcpy(fixture.merchant, merchant.id, sizeof fixture.merchant);
  assert_result(RESULT_OK, people_add_merchant(&fixture.cli, &cli_actor, &merchant, &e));
  *state = &fixture;
  return 0;
}

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

static char *add_key(const struct fixture *f, int64_t expires_ms, struct api_key *key)
{
  char *secret = NULL;
  struct people cli = f->cli;
  struct api_key wanted = {
      .name = "Kasse", .scopes = SCOPE_ORDERS_READ | SCOPE_METRICS_READ, .expires_ms = expires_ms};
  g_strlcpy(wanted.merchant, f->merchant, sizeof wanted.merchant);
  assert_result(RESULT_OK, people_add_key(&cli, &cli_actor, &wanted, key, &secret, &e));
  return secret;
}

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

/* ---- users ---- */

/* As the command line does. */
static enum result people_add_user(struct people *p, const char *email, const char *password,
                                   const char *merchant, const char *role, struct err *e)
{
  struct member member;
  bool is_new;
  struct member_wanted wanted = {.merchant = merchant, .email = email, .role = role, .password = password};
  return members_put(p, &cli_actor, &wanted, &member, &is_new, e);
}

static char *new_email(void)
{
  return g_strdup_printf("Anna.%08x@example.com", g_random_int());
}

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

/* The number that a user's sessions are started under, as a worker reads it while MongoDB is away. */
static int64_t generation(const struct fixture *f, const char *user_id)
{
  struct user user;
  struct people mirrors = f->no_mongo;
  assert_result(RESULT_OK, people_get_user(&mirrors, user_id, &user, &e));
  int64_t number = user.sessions;
  user_clear(&user);
  return number;
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

/* ---- sessions ---- */

static const struct user somebody = {.id = "usr_1", .sessions = 3};

static void a_session_lives_until_it_is_idle_or_old(void **state)
{
  struct fixture *f = *state;
  struct session session, found;
  char token[SESSION_TOKEN_SIZE];
  struct redis *redis = f->worker.redis;
  assert_result(RESULT_OK, session_start(redis, &somebody, NOW_MS, 60, &session, token, &e));
  assert_int_equal(strlen(token), 43);
  assert_int_equal(strlen(session.csrf), 43);
  assert_string_not_equal(token, session.csrf);
  assert_result(RESULT_OK, session_find(redis, token, NOW_MS + 50000, 60, 100, &found, &e));
  assert_string_equal(found.user_id, "usr_1");
  assert_string_equal(found.csrf, session.csrf);
  assert_int_equal(found.created_ms, NOW_MS);
  assert_int_equal(found.generation, 3);
  assert_result(RESULT_OK, session_find(redis, token, NOW_MS + 100000, 60, 100, &found, &e));
  assert_result(RESULT_NOT_FOUND, session_find(redis, token, NOW_MS + 100001, 60, 100, &found, &e));
  assert_result(RESULT_NOT_FOUND, session_find(redis, token, NOW_MS + 100000 + 60001, 60, 1000, &found, &e));
}

static void a_session_that_has_yet_to_begin_is_none(void **state)
{
  struct fixture *f = *state;
  struct session session;
  char token[SESSION_TOKEN_SIZE];
  struct redis *redis = f->worker.redis;
  assert_result(RESULT_OK, session_start(redis, &somebody, NOW_MS, 60, &session, token, &e));
  assert_result(RESULT_OK,
                session_find(redis, token, NOW_MS - 5000, 60, 100, &session, &e)); /* another clock */
  assert_result(RESULT_NOT_FOUND, session_find(redis, token, NOW_MS - 5001, 60, 100, &session, &e));
}

static void an_ended_session_is_not_found(void **state)
{
  struct fixture *f = *state;
  struct session session;
  char token[SESSION_TOKEN_SIZE];
  struct redis *redis = f->worker.redis;
  assert_result(RESULT_OK, session_start(redis, &somebody, NOW_MS, 60, &session, token, &e));
  assert_result(RESULT_OK, session_end(redis, token, &e));
  assert_result(RESULT_NOT_FOUND, session_find(redis, token, NOW_MS, 60, 100, &session, &e));
  assert_result(RESULT_OK, session_end(redis, token, &e));
}

static void an_attempt_waits_for_the_oldest_of_five(void **state)
{
  struct fixture *f = *state;
  struct redis *redis = f->worker.redis;
  g_autofree char *subject = g_strdup_printf("account:%s", f->merchant);
  int64_t wait_s = -1;
  for (int i = 0; i < 5; i++) {
    assert_result(RESULT_OK, login_limit_take(redis, subject, 5, NOW_MS + i * 1000, &wait_s, &e));
    assert_int_equal(wait_s, 0);
  }
  assert_result(RESULT_OK, login_limit_take(redis, subject, 5, NOW_MS + 15500, &wait_s, &e));
  assert_int_equal(wait_s, 45); /* 60 - 15.5, rounded up */
  assert_result(RESULT_OK, login_limit_take(redis, subject, 5, NOW_MS + 59999, &wait_s, &e));
  assert_int_equal(wait_s, 1); /* and the attempt before has moved nothing */
  g_autofree char *other = g_strconcat(subject, "x", NULL);
  assert_result(RESULT_OK, login_limit_take(redis, other, 5, NOW_MS, &wait_s, &e));
  assert_int_equal(wait_s, 0);
}

#define WORKERS 8

struct taker {
  struct redis *redis;
  const char *subject;
  int took;
};

static void *take_all(void *arg)
{
  struct taker *taker = arg;
  for (int i = 0; i < 10; i++) {
    int64_t wait_s = 1;
    if (login_limit_take(taker->redis, taker->subject, 20, NOW_MS, &wait_s, NULL) == RESULT_OK && wait_s == 0)
      taker->took++;
  }
  return NULL;
}

static void several_workers_share_the_slots(void **state)
{
  struct fixture *f = *state;
  struct taker takers[WORKERS] = {{.took = 0}};
  pthread_t threads[WORKERS];
  int took = 0;
  g_autofree char *subject = g_strdup_printf("address:%s", f->merchant);
  for (int i = 0; i < WORKERS; i++) {
    takers[i].subject = subject;
    assert_result(RESULT_OK, redis_new(stores_conf, CONF_WORKER, &takers[i].redis, &e));
    assert_int_equal(pthread_create(&threads[i], NULL, take_all, &takers[i]), 0);
  }
  for (int i = 0; i < WORKERS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    took += takers[i].took;
    redis_free(takers[i].redis);
  }
  assert_int_equal(took, 20);
}

static void a_place_is_known_after_it_was_remembered(void **state)
{
  struct fixture *f = *state;
  bool knows = true;
  assert_result(RESULT_OK, login_limit_knows(f->worker.redis, f->merchant, &knows, &e));
  assert_false(knows);
  assert_result(RESULT_OK, login_limit_remember(f->worker.redis, f->merchant, &e));
  assert_result(RESULT_OK, login_limit_knows(f->worker.redis, f->merchant, &knows, &e));
  assert_true(knows);
}

#define CROWD 16

static void *check_a_password(void *arg)
{
  enum result *r = arg;
  bool right = false;
  *r = password_check("wrong", NULL, &right, NULL);
  if (right)
    *r = RESULT_INTERNAL;
  return NULL;
}

static void a_crowd_at_the_log_in_is_turned_away_at_once(void **state)
{
  (void)state;
  pthread_t threads[CROWD];
  enum result results[CROWD];
  int checked = 0, refused = 0;
  for (int i = 0; i < CROWD; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, check_a_password, &results[i]), 0);
  for (int i = 0; i < CROWD; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    checked += results[i] == RESULT_OK;
    refused += results[i] == RESULT_UNAVAILABLE;
  }
  assert_int_equal(checked + refused, CROWD);
  assert_true(checked >= 4 && refused > 0);
}

/* ---- the audit ---- */

static GArray *list_audit(struct people *p, const char *merchant, const char *before, size_t limit,
                          bool *more)
{
  GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct audit_entry));
  assert_result(RESULT_OK, audit_list(p, merchant, before, limit, entries, more, &e));
  return entries;
}

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

/* ---- members ---- */

static struct member add_member(const struct fixture *f, const char *role)
{
  struct people worker = f->worker;
  struct member member;
  bool is_new = false;
  g_autofree char *email = new_email();
  struct member_wanted wanted = {
      .merchant = f->merchant, .email = email, .role = role, .password = "a long secret"};
  assert_result(RESULT_OK, members_add(&worker, &owner_actor, &wanted, &member, &is_new, &e));
  assert_true(is_new);
  assert_string_equal(member.role, role);
  return member;
}

static void a_merchant_keeps_an_owner(void **state)
{
  struct fixture *f = *state;
  struct people *p = &f->worker;
  struct member one = add_member(f, "owner"), clerk = add_member(f, "clerk"), changed;
  const char *m = f->merchant;
  assert_result(RESULT_INVALID, members_set_role(p, &owner_actor, m, one.user_id, "clerk", &changed, &e));
  assert_result(RESULT_INVALID, members_remove(p, &owner_actor, m, one.user_id, &e));
  assert_result(RESULT_OK, members_set_role(p, &owner_actor, m, one.user_id, "owner", &changed, &e));
  assert_result(RESULT_OK, members_set_role(p, &owner_actor, m, clerk.user_id, "owner", &changed, &e));
  assert_string_equal(changed.role, "owner");
  assert_string_equal(changed.email, clerk.email);
  assert_result(RESULT_OK, members_remove(p, &owner_actor, m, one.user_id, &e));
  assert_result(RESULT_NOT_FOUND, members_remove(p, &owner_actor, m, one.user_id, &e));
  assert_result(RESULT_NOT_FOUND, members_set_role(p, &owner_actor, m, one.user_id, "owner", &changed, &e));
  assert_result(RESULT_NOT_FOUND, members_remove(p, &owner_actor, "nobody", clerk.user_id, &e));
  bool more = true;
  g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(struct member));
  assert_result(RESULT_OK, members_list(p, m, NULL, 10, members, &more, &e));
  assert_false(more);
  assert_int_equal(members->len, 1);
  assert_string_equal(g_array_index(members, struct member, 0).user_id, clerk.user_id);
}

static void a_role_that_changes_ends_the_sessions(void **state)
{
  struct fixture *f = *state;
  struct member one = add_member(f, "owner"), other = add_member(f, "owner"), changed;
  assert_int_equal(generation(f, other.user_id), 0);
  assert_result(RESULT_OK, members_set_role(&f->worker, &owner_actor, f->merchant, other.user_id, "clerk",
                                            &changed, &e));
  assert_int_equal(generation(f, other.user_id), 1);
  assert_result(RESULT_OK, members_remove(&f->worker, &owner_actor, f->merchant, other.user_id, &e));
  assert_int_equal(generation(f, other.user_id), 2);
  assert_int_equal(generation(f, one.user_id), 0); /* who stood in as owner stays logged in */
  struct people half = {.mongo = f->worker.mongo, .redis = f->no_redis.redis};
  struct member third = add_member(f, "clerk");
  assert_result(RESULT_UNAVAILABLE, members_remove(&half, &owner_actor, f->merchant, third.user_id, &e));
  assert_int_equal(generation(f, third.user_id), 0);
}

struct demotion {
  const char *merchant, *user_id;
  struct people people;
  pthread_barrier_t *together;
  enum result result;
};

static void *demote(void *arg)
{
  struct demotion *d = arg;
  struct member changed;
  bool ready =
      mongo_ping(d->people.mongo, NULL) == RESULT_OK && redis_ping(d->people.redis, NULL) == RESULT_OK;
  pthread_barrier_wait(d->together);
  d->result =
      !ready ? RESULT_UNAVAILABLE
             : members_set_role(&d->people, &owner_actor, d->merchant, d->user_id, "clerk", &changed, NULL);
  return NULL;
}

#define OWNERS 4

/* Each demotes the next, all at the same time. */
static void owners_who_end_each_others_role_leave_one(void **state)
{
  struct fixture *f = *state;
  struct member owners[OWNERS];
  struct demotion demotions[OWNERS];
  pthread_t threads[OWNERS];
  pthread_barrier_t together;
  int refused = 0;
  pthread_barrier_init(&together, NULL, OWNERS);
  for (int i = 0; i < OWNERS; i++) {
    owners[i] = add_member(f, "owner");
    demotions[i] = (struct demotion){.merchant = f->merchant,
                                     .user_id = owners[i].user_id,
                                     .people = {.mongo = f->worker.mongo},
                                     .together = &together};
    assert_result(RESULT_OK, redis_new(stores_conf, CONF_WORKER, &demotions[i].people.redis, &e));
  }
  for (int i = 0; i < OWNERS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, demote, &demotions[i]), 0);
  for (int i = 0; i < OWNERS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(demotions[i].result == RESULT_OK || demotions[i].result == RESULT_INVALID);
    refused += demotions[i].result == RESULT_INVALID;
    redis_free(demotions[i].people.redis);
  }
  pthread_barrier_destroy(&together);
  assert_int_equal(refused, 1);
}

/* Another merchant, for the test to do with as it likes; the caller frees the id. */
static char *add_second_merchant(struct fixture *f)
{
  struct merchant second = {.name = "Second", .zone = "UTC", .currencies = {"EUR"}, .currency_count = 1};
  snprintf(second.id, sizeof second.id, "u%08x%08x", g_random_int(), g_random_int());
  assert_result(RESULT_OK, people_add_merchant(&f->cli, &cli_actor, &second, &e));
  return g_strdup(second.id);
}

static enum result add_known(struct fixture *f, const char *by, const char *merchant, const char *email,
                             struct member *out)
{
  bool is_new = false;
  const struct people_actor actor = {.who = by};
  struct member_wanted wanted = {
      .merchant = merchant, .email = email, .role = "analyst", .password = "another secret"};
  enum result r = members_add(&f->worker, &actor, &wanted, out, &is_new, NULL);
  assert_false(is_new);
  return r;
}

static void somebody_who_is_known_becomes_a_member_with_their_password(void **state)
{
  struct fixture *f = *state;
  struct member owner = add_member(f, "owner"), member;
  struct user user;
  g_autofree char *email = new_email();
  g_autofree char *second = add_second_merchant(f);
  assert_result(RESULT_OK, people_add_user(&f->cli, email, "the first secret", f->merchant, "clerk", &e));
  assert_result(RESULT_OK, people_add_user(&f->cli, owner.email, NULL, second, "owner", &e));
  assert_result(RESULT_OK, add_known(f, owner.user_id, second, email, &member));
  assert_string_equal(member.role, "analyst");
  assert_result(RESULT_CONFLICT, add_known(f, owner.user_id, second, email, &member));
  assert_string_equal(member.role, "analyst");
  assert_result(RESULT_NOT_FOUND, people_check_password(&f->worker, email, "another secret", &user, &e));
  user_clear(&user);
  assert_result(RESULT_OK, people_check_password(&f->worker, email, "the first secret", &user, &e));
  assert_int_equal(user.memberships->len, 2);
  user_clear(&user);
}

/* Of merchants that are not all the owner's, or of none any more but made for another's. */
static void an_owner_adds_nobody_who_is_known_at_other_merchants(void **state)
{
  struct fixture *f = *state;
  struct member owner = add_member(f, "owner"), stranger, made = add_member(f, "clerk"), member;
  g_autofree char *second = add_second_merchant(f);
  g_autofree char *email = new_email();
  assert_result(RESULT_OK, people_add_user(&f->cli, email, "a long secret", second, "owner", &e));
  assert_result(RESULT_CONFLICT, add_known(f, owner.user_id, f->merchant, email, &member));
  assert_string_equal(member.role, "");
  struct user user;
  assert_result(RESULT_OK, people_find_user(&f->cli, email, &user, &e));
  assert_int_equal(user.memberships->len, 1);
  g_strlcpy(stranger.user_id, user.id, sizeof stranger.user_id);
  user_clear(&user);
  assert_result(RESULT_CONFLICT, add_known(f, stranger.user_id, second, made.email, &member));
  assert_result(RESULT_OK, members_remove(&f->worker, &owner_actor, f->merchant, made.user_id, &e));
  assert_result(RESULT_CONFLICT, add_known(f, stranger.user_id, second, made.email, &member));
  assert_result(RESULT_OK, add_known(f, owner.user_id, f->merchant, made.email, &member));
  assert_result(RESULT_CONFLICT, add_known(f, "usr_1", second, made.email, &member));
  assert_result(RESULT_OK, people_add_user(&f->cli, made.email, NULL, second, "clerk", &e));
}

/* As a worker leaves it that dies behind MongoDB's commit. */
static void keep_the_mirror_of_before(struct fixture *f, const char *user_id, GBytes *before)
{
  g_autofree char *key = g_strconcat("tk:member:", user_id, NULL);
  const char *argv[] = {"SET", key, g_bytes_get_data(before, NULL)};
  size_t lengths[] = {3, strlen(key), g_bytes_get_size(before)};
  redisReply *reply = NULL;
  assert_result(RESULT_OK, redis_command(f->worker.redis, 3, argv, lengths, &reply, &e));
  freeReplyObject(reply);
}

static GBytes *mirror_of(struct fixture *f, const char *user_id)
{
  g_autofree char *key = g_strconcat("tk:member:", user_id, NULL);
  redisReply *reply = NULL;
  assert_result(RESULT_OK, redis_call(f->worker.redis, &reply, &e, "GET", key, NULL));
  assert_int_equal(reply->type, REDIS_REPLY_STRING);
  GBytes *mirror = g_bytes_new(reply->str, reply->len);
  freeReplyObject(reply);
  return mirror;
}

static void a_mirror_that_was_left_behind_catches_up(void **state)
{
  struct fixture *f = *state;
  struct member one = add_member(f, "clerk");
  struct user user;
  assert_int_equal(generation(f, one.user_id), 0);
  g_autoptr(GBytes) before = mirror_of(f, one.user_id);
  assert_result(RESULT_OK, people_find_user(&f->worker, one.email, &user, &e));
  assert_result(RESULT_OK, people_set_password(&f->worker, &owner_actor, &user, "another secret", &e));
  keep_the_mirror_of_before(f, one.user_id, before);
  assert_int_equal(generation(f, one.user_id), 0);
  assert_result(RESULT_OK, people_catch_up(&f->worker, &user, &e));
  assert_int_equal(generation(f, one.user_id), 1);
  user.sessions = 0; /* as it was read before somebody else's change */
  assert_result(RESULT_OK, people_catch_up(&f->worker, &user, &e));
  assert_int_equal(generation(f, one.user_id), 1);
  user_clear(&user);
}

static void adding_a_member_again_mends_the_mirror(void **state)
{
  struct fixture *f = *state;
  struct member owner = add_member(f, "owner"), member;
  struct user user;
  g_autofree char *email = new_email();
  g_autofree char *second = add_second_merchant(f);
  assert_result(RESULT_OK, people_add_user(&f->cli, owner.email, NULL, second, "owner", &e));
  assert_result(RESULT_OK, people_add_user(&f->cli, email, "a long secret", f->merchant, "clerk", &e));
  assert_result(RESULT_OK, people_find_user(&f->cli, email, &user, &e));
  assert_int_equal(generation(f, user.id), 0);
  g_autoptr(GBytes) before = mirror_of(f, user.id);
  assert_result(RESULT_OK, add_known(f, owner.user_id, second, email, &member));
  keep_the_mirror_of_before(f, user.id, before);
  assert_result(RESULT_CONFLICT, add_known(f, owner.user_id, second, email, &member));
  user_clear(&user);
  assert_result(RESULT_OK, people_get_user(&f->no_mongo, member.user_id, &user, &e));
  assert_int_equal(user.memberships->len, 2);
  user_clear(&user);
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

static int set_up_servers(void **state)
{
  g_autoptr(GPtrArray) report = g_ptr_array_new_with_free_func(g_free);
  (void)state;
  assert_result(RESULT_OK, setup_run(stores_conf, report, &e));
  struct conf conf = *stores_conf;
  open_people(&fixture.cli, &conf, CONF_CLI);
  open_people(&fixture.worker, &conf, CONF_WORKER);
  conf.redis_socket = (char *)"/nonexistent/redis.sock";
  open_people(&fixture.no_redis, &conf, CONF_WORKER);
  conf = *stores_conf;
  conf.mongo_uri = (char *)"mongodb://127.0.0.1:9/?replicaSet=takings";
  conf.mongo_server_selection_timeout_ms = 200;
  open_people(&fixture.no_mongo, &conf, CONF_WORKER);
  return 0;
}

static int leave_servers(void **state)
{
  (void)state;
  close_people(&fixture.cli);
  close_people(&fixture.worker);
  close_people(&fixture.no_redis);
  close_people(&fixture.no_mongo);
  return 0;
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
      TEST(a_session_lives_until_it_is_idle_or_old),
      TEST(a_session_that_has_yet_to_begin_is_none),
      TEST(an_ended_session_is_not_found),
      TEST(an_attempt_waits_for_the_oldest_of_five),
      TEST(several_workers_share_the_slots),
      TEST(a_place_is_known_after_it_was_remembered),
      TEST(a_crowd_at_the_log_in_is_turned_away_at_once),
      TEST(the_audit_is_read_in_pages_newest_first),
      TEST(what_concerns_a_person_is_listed_by_all_their_merchants),
      TEST(texts_of_the_audit_that_do_not_fit),
      TEST(a_change_and_its_record_stand_or_fall_together),
      TEST(a_key_is_revoked_once),
      TEST(settings_change_together_and_once),
      TEST(a_locale_comes_and_goes),
      TEST(a_currency_is_never_taken_away),
      TEST(a_merchant_keeps_an_owner),
      TEST(a_role_that_changes_ends_the_sessions),
      TEST(owners_who_end_each_others_role_leave_one),
      TEST(somebody_who_is_known_becomes_a_member_with_their_password),
      TEST(an_owner_adds_nobody_who_is_known_at_other_merchants),
      TEST(a_mirror_that_was_left_behind_catches_up),
      TEST(adding_a_member_again_mends_the_mirror),
      TEST(nobody_changes_or_removes_a_record_of_the_audit),
      TEST(the_worker_writes_no_figures),
      TEST(the_batch_writes_figures_only),
      TEST(push_listens_and_does_no_more),
  };
  return stores_test_end(cmocka_run_group_tests_name("stores_people", tests, set_up_servers, leave_servers));
}
