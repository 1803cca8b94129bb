/* Who belongs to a merchant, on real servers, and the mirrors that Redis has of it. */
#include "people_test.h"

#include <pthread.h>
#include <string.h>

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

/* Another merchant, for the test to do with as it likes; the caller frees its id. */
static char *add_second_merchant(struct fixture *f)
{
  struct merchant second = {.name = "Second", .zone = "UTC", .currencies = {"EUR"}, .currency_count = 1};
  snprintf(second.id, sizeof second.id, "u%08x%08x", g_random_int(), g_random_int());
  assert_result(RESULT_OK, people_add_merchant(&f->cli, &cli_actor, &second, &e));
  return g_strdup(second.id);
}

/* Another merchant of an owner's; the caller frees its id. */
static char *add_second_of(struct fixture *f, const struct member *owner)
{
  char *second = add_second_merchant(f);
  assert_result(RESULT_OK, people_add_user(&f->cli, owner->email, NULL, second, "owner", &e));
  return second;
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
  g_autofree char *second = add_second_of(f, &owner);
  assert_result(RESULT_OK, people_add_user(&f->cli, email, "the first secret", f->merchant, "clerk", &e));
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
  g_autofree char *second = add_second_of(f, &owner);
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

int main(void)
{
  if (!stores_test_begin())
    return EXIT_SUCCESS;
#define TEST(f) cmocka_unit_test_setup(f, set_up)
  const struct CMUnitTest tests[] = {
      TEST(a_merchant_keeps_an_owner),
      TEST(a_role_that_changes_ends_the_sessions),
      TEST(owners_who_end_each_others_role_leave_one),
      TEST(somebody_who_is_known_becomes_a_member_with_their_password),
      TEST(an_owner_adds_nobody_who_is_known_at_other_merchants),
      TEST(a_mirror_that_was_left_behind_catches_up),
      TEST(adding_a_member_again_mends_the_mirror),
  };
  return stores_test_end(cmocka_run_group_tests_name("stores_members", tests, set_up_servers, leave_servers));
}
