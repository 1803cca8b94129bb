/* people_test: what the tests of people, their sessions, rights and merchants share: the connections of each
 * program, and a merchant for each test. */
#pragma once

#include "stores_test.h"

#include "stores/audit.h"
#include "stores/members.h"
#include "stores/people.h"
#include "stores/setup.h"

struct fixture {
  struct people cli;    /* who changes */
  struct people worker; /* who reads */
  struct people no_redis;
  struct people no_mongo;
  char merchant[MERCHANT_ID_SIZE];
};

static const struct people_actor cli_actor = {.who = AUDIT_WHO_CLI};
static const struct people_actor owner_actor = {.who = "usr_1", .request_id = "0011223344556677"};

static inline void open_people(struct people *p, const struct conf *conf, enum conf_program program)
{
  assert_result(RESULT_OK, mongo_open(conf, program, &p->mongo, &e));
  assert_result(RESULT_OK, redis_new(conf, program, &p->redis, &e));
}

static inline void close_people(struct people *p)
{
  mongo_free(p->mongo);
  redis_free(p->redis);
}

/* Opened once: to close a pool that finds no server takes half a second. */
static struct fixture fixture;

static inline int set_up_servers(void **state)
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

static inline int leave_servers(void **state)
{
  (void)state;
  close_people(&fixture.cli);
  close_people(&fixture.worker);
  close_people(&fixture.no_redis);
  close_people(&fixture.no_mongo);
  return 0;
}

/* Each test has a merchant of its own. */
static inline int set_up(void **state)
{
  struct merchant merchant = {.name = "Teeladen Süd", .zone = "Europe/Berlin", .currencies = {"EUR", "USD"}};
  merchant.currency_count = 2;
  snprintf(merchant.id, sizeof merchant.id, "t%08x%08x", g_random_int(), g_random_int());
  g_strlcpy(fixture.merchant, merchant.id, sizeof fixture.merchant);
  assert_result(RESULT_OK, people_add_merchant(&fixture.cli, &cli_actor, &merchant, &e));
  *state = &fixture;
  return 0;
}

/* As the command line does. */
static inline enum result people_add_user(struct people *p, const char *email, const char *password,
                                          const char *merchant, const char *role, struct err *e)
{
  struct member member;
  bool is_new;
  struct member_wanted wanted = {.merchant = merchant, .email = email, .role = role, .password = password};
  return members_put(p, &cli_actor, &wanted, &member, &is_new, e);
}

static inline char *new_email(void)
{
  return g_strdup_printf("Anna.%08x@example.com", g_random_int());
}

static inline char *add_key(const struct fixture *f, int64_t expires_ms, struct api_key *key)
{
  char *secret = NULL;
  struct people cli = f->cli;
  struct api_key wanted = {
      .name = "Kasse", .scopes = SCOPE_ORDERS_READ | SCOPE_METRICS_READ, .expires_ms = expires_ms};
  g_strlcpy(wanted.merchant, f->merchant, sizeof wanted.merchant);
  assert_result(RESULT_OK, people_add_key(&cli, &cli_actor, &wanted, key, &secret, &e));
  return secret;
}

/* The number that a user's sessions are started under, as a worker reads it while MongoDB is away. */
static inline int64_t generation(const struct fixture *f, const char *user_id)
{
  struct user user;
  struct people mirrors = f->no_mongo;
  assert_result(RESULT_OK, people_get_user(&mirrors, user_id, &user, &e));
  int64_t number = user.sessions;
  user_clear(&user);
  return number;
}

static inline GArray *list_audit(struct people *p, const char *merchant, const char *before, size_t limit,
                                 bool *more)
{
  GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct audit_entry));
  assert_result(RESULT_OK, audit_list(p, merchant, before, limit, entries, more, &e));
  return entries;
}
