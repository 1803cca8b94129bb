/* Two who change a record at the same time, over a MongoDB and a Redis that are one variable each. */
#include "stores/people_mirror.h"

#include <string.h>

#include "tests/unit/unit.h"

static int stored;                /* the number in MongoDB's document */
static int mirrored;              /* the number in Redis; 0: no mirror */
static int (*meanwhile)(int now); /* what another does between a read of MongoDB and what follows it */

enum result mongo_doc_find(struct mongo_place place, const bson_t *filter, bson_t **out, struct err *e)
{
  (void)place, (void)filter, (void)e;
  *out = BCON_NEW("number", BCON_INT32(stored));
  if (meanwhile != NULL)
    stored = meanwhile(stored);
  return RESULT_OK;
}

static int number_of(const void *bytes, size_t length)
{
  bson_t document;
  bson_iter_t iter;
  assert_true(bson_init_static(&document, bytes, length));
  assert_true(bson_iter_init_find(&iter, &document, "number"));
  return bson_iter_int32(&iter);
}

enum result redis_command(struct redis *redis, int argc, const char **argv, const size_t *lengths,
                          redisReply **out, struct err *e)
{
  (void)redis, (void)e;
  if (argc == 5 || mirrored == 0) /* the sixth is NX */
    mirrored = number_of(argv[2], lengths[2]);
  *out = NULL; /* which may be freed */
  return RESULT_OK;
}

enum result redis_call(struct redis *redis, redisReply **reply, struct err *e, const char *command, ...)
{
  (void)redis, (void)reply, (void)command;
  return err_set(e, RESULT_UNAVAILABLE, "not asked for here");
}

static const struct people_record record = {
    .key = "tk:member:usr_1", .lifetime_s = 60, .collection = "users"};

static int set_up(void **state)
{
  (void)state;
  stored = 1, mirrored = 0, meanwhile = NULL;
  return 0;
}

/* The other's change, and all of its refresh. */
static int change_once(int now)
{
  meanwhile = NULL;
  mirrored = now + 1;
  return now + 1;
}

static int change_again(int now)
{
  mirrored = now + 1;
  return now + 1;
}

static void the_newer_of_two_changes_stays(void **state)
{
  (void)state;
  struct people people = {.mongo = NULL};
  struct err e = ERR_NONE;
  meanwhile = change_once;
  assert_int_equal(people_mirror_refresh(&people, &record, &e), RESULT_OK);
  assert_int_equal(stored, 2);
  assert_int_equal(mirrored, 2);
}

static void it_ends(void **state)
{
  (void)state;
  struct people people = {.mongo = NULL};
  struct err e = ERR_NONE;
  meanwhile = change_again;
  assert_int_equal(people_mirror_refresh(&people, &record, &e), RESULT_UNAVAILABLE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(the_newer_of_two_changes_stays, set_up),
      cmocka_unit_test_setup(it_ends, set_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
