/* The hub at fixed times, with outlets that remember what they were sent. */
#include "push/hub.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#define T0 INT64_C(1000000)
#define ANY_RETRY "retry: ..."
#define RETRY ANY_RETRY "\n\n"
#define HEARTBEAT "event: heartbeat\ndata: {}\n\n"
#define ALL_UNKNOWN "event: changed\ndata: {\"position\":null,\"all\":true}\n\n"
#define USER "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define OTHER_USER "usr_01ARZ3NDEKTSV4RRFFQ69G5FAW"
#define KEY "key_01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define SESSION "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct ear {
  struct hub_outlet outlet;
  GString *heard;
  size_t unread;
  bool closed, at_once;
};

static void ear_send(struct hub_outlet *self, const char *bytes, size_t length)
{
  struct ear *ear = (struct ear *)self;
  assert_false(ear->closed);
  g_string_append_len(ear->heard, bytes, (gssize)length);
}

static size_t ear_unread(struct hub_outlet *self)
{
  return ((struct ear *)self)->unread;
}

static void ear_close(struct hub_outlet *self, bool at_once)
{
  struct ear *ear = (struct ear *)self;
  assert_false(ear->closed);
  ear->closed = true;
  ear->at_once = at_once;
}

static void ear_init(struct ear *ear)
{
  *ear = (struct ear){.outlet = {ear_send, ear_unread, ear_close}, .heard = g_string_new(NULL)};
}

static void ear_clear(struct ear *ear)
{
  g_string_free(ear->heard, TRUE);
}

/* The number of the "retry" with which it begins, and where that ends; 0: it does not. */
static int retry_of(const struct ear *ear, int *length)
{
  int retry = 0;
  return sscanf(ear->heard->str, "retry: %d%n", &retry, length) == 1 ? retry : 0;
}

static void assert_heard(struct ear *ear, const char *expected)
{
  int length = 0;
  int retry = retry_of(ear, &length);
  if (retry != 0) {
    assert_in_range(retry, 500, 1500);
    g_string_erase(ear->heard, 0, length);
    g_string_prepend(ear->heard, ANY_RETRY);
  }
  assert_string_equal(ear->heard->str, expected);
  g_string_truncate(ear->heard, 0);
}

static struct hub *make_hub(void)
{
  static const struct hub_limits limits = {.streams = 3,
                                           .streams_of_merchant = 2,
                                           .stream_buffer = 1000,
                                           .hours = 4,
                                           .stream_ms = 60000,
                                           .gather_ms = 20};
  struct hub *hub = hub_new(&limits);
  hub_feed_up(hub, T0 - 1000);
  return hub;
}

static void end_hub(struct hub *hub)
{
  hub_stop(hub);
  assert_int_equal(hub_count(hub), 0);
  hub_free(hub);
}

static struct hub_caller caller_of(const char *merchant)
{
  struct hub_caller caller = {.asked_ms = T0 - 1, .lasts_ms = INT64_C(1) << 31};
  g_strlcpy(caller.merchant, merchant, sizeof caller.merchant);
  g_strlcpy(caller.by[ENDED_USER], USER, ENDED_ID_SIZE);
  g_strlcpy(caller.by[ENDED_SESSION], SESSION, ENDED_ID_SIZE);
  return caller;
}

static struct hub_listener *listen_to(struct hub *hub, const char *merchant, struct ear *ear,
                                      const char *last_id)
{
  struct hub_caller caller = caller_of(merchant);
  ear_init(ear);
  assert_true(hub_admits(hub, &caller, T0));
  return hub_listen(hub, &caller, &ear->outlet, last_id, T0);
}

static void publish(struct hub *hub, const char *merchant, cluster_time position, int64_t hour, int64_t at)
{
  struct hint hint = {.has_position = true, .position = position, .count = 1, .hours = {hour}};
  hub_changed(hub, merchant, &hint, at);
}

/* ---- what is told ---- */

static void each_merchant_is_told_of_its_own(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct ear a, b;
  listen_to(hub, "shop-a", &a, NULL);
  listen_to(hub, "shop-b", &b, NULL);
  assert_heard(&a, RETRY ALL_UNKNOWN);
  assert_heard(&b, RETRY ALL_UNKNOWN);
  publish(hub, "shop-a", 7, 3600, T0 + 5);
  publish(hub, "shop-c", 8, 3600, T0 + 5);
  assert_heard(&a, "event: changed\nid: p1_0000000000000007\n"
                   "data: {\"position\":\"p1_0000000000000007\",\"hours\":[3600],\"more\":false}\n\n");
  assert_heard(&b, "");
  hub_tick(hub, true, T0 + 1000);
  assert_heard(&a, HEARTBEAT);
  assert_heard(&b, HEARTBEAT);
  end_hub(hub);
  ear_clear(&a), ear_clear(&b);
}

static void changes_close_together_become_one_event(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct ear ear;
  listen_to(hub, "shop", &ear, NULL);
  assert_heard(&ear, RETRY ALL_UNKNOWN);
  publish(hub, "shop", 1, 100, T0 + 30);
  assert_heard(&ear, "event: changed\nid: p1_0000000000000001\n"
                     "data: {\"position\":\"p1_0000000000000001\",\"hours\":[100],\"more\":false}\n\n");
  assert_false(hub_has_pending(hub));
  for (int i = 0; i < 6; i++)
    publish(hub, "shop", (cluster_time)(2 + i), 200 + i, T0 + 31 + i);
  assert_heard(&ear, "");
  assert_true(hub_has_pending(hub));
  hub_send_pending(hub, T0 + 50);
  assert_heard(&ear,
               "event: changed\nid: p1_0000000000000007\n"
               "data: {\"position\":\"p1_0000000000000007\",\"hours\":[200,201,202,203],\"more\":true}\n\n");
  assert_false(hub_has_pending(hub));
  publish(hub, "shop", 8, 300, T0 + 70);
  assert_false(hub_has_pending(hub));
  end_hub(hub);
  ear_clear(&ear);
}

static void a_pending_hint_outlives_its_listeners(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct ear ear;
  struct hub_listener *listener = listen_to(hub, "shop", &ear, NULL);
  publish(hub, "shop", 1, 100, T0 + 30);
  publish(hub, "shop", 2, 100, T0 + 31);
  hub_leave(hub, listener);
  hub_tick(hub, true,
           T0 + 2 * HUB_REMEMBER_MS); /* the merchant is forgotten no sooner than it is out of use */
  hub_send_pending(hub, T0 + 2 * HUB_REMEMBER_MS);
  hub_tick(hub, true, T0 + 4 * HUB_REMEMBER_MS);
  end_hub(hub);
  ear_clear(&ear);
}

static void who_has_the_newest_is_not_told_to_look(void **state)
{
  (void)state;
  static const struct {
    const char *last_id, *expected;
  } cases[] = {
      {"p1_0000000000000007", RETRY HEARTBEAT},
      {"p1_0000000000000006", RETRY "event: changed\nid: p1_0000000000000007\n"
                                    "data: {\"position\":\"p1_0000000000000007\",\"all\":true}\n\n"},
      {"", RETRY "event: changed\nid: p1_0000000000000007\n"
                 "data: {\"position\":\"p1_0000000000000007\",\"all\":true}\n\n"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct hub *hub = make_hub();
    struct ear first, again;
    hub_leave(hub, listen_to(hub, "shop", &first, NULL));
    publish(hub, "shop", 6, 100, T0 + 30); /* nobody hears, and it is remembered */
    publish(hub, "shop", 7, 100, T0 + 60);
    listen_to(hub, "shop", &again, cases[i].last_id);
    assert_heard(&again, cases[i].expected);
    end_hub(hub);
    ear_clear(&first), ear_clear(&again);
  }
}

/* An hour that can be read again is told with the position of the flush before it. */
static void a_position_that_came_twice_is_nobodys_newest(void **state)
{
  (void)state;
  static const struct {
    cluster_time published[5]; /* 0: no more */
    bool newest;               /* whoever comes with the last of them */
  } cases[] = {
      {{6, 7}, true},        {{6, 7, 7}, false},   {{6, 7, 7, 7}, false}, {{6, 7, 6}, false},
      {{6, 7, 6, 7}, false}, {{6, 7, 7, 8}, true}, {{7}, false}, /* whether it had come before is not known */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct hub *hub = make_hub();
    struct ear first, again;
    char last_id[HINT_POSITION_SIZE] = "";
    hub_leave(hub, listen_to(hub, "shop", &first, NULL));
    for (int k = 0; k < 5 && cases[i].published[k] != 0; k++) {
      publish(hub, "shop", cases[i].published[k], 100 + k, T0 + 30 * k);
      hint_position(cases[i].published[k], last_id);
    }
    listen_to(hub, "shop", &again, last_id);
    assert_heard(&again, cases[i].newest ? RETRY HEARTBEAT : RETRY ALL_UNKNOWN);
    end_hub(hub);
    ear_clear(&first), ear_clear(&again);
  }
}

static void what_was_told_in_a_gap_is_not_forgotten_behind_it(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct ear ear, again;
  hub_leave(hub, listen_to(hub, "shop", &ear, NULL));
  publish(hub, "shop", 6, 100, T0 + 30);
  publish(hub, "shop", 7, 101, T0 + 60);
  hub_feed_down(hub); /* another hour is told with 7 */
  hub_feed_up(hub, T0 - 900);
  publish(hub, "shop", 7, 102, T0 + 90);
  listen_to(hub, "shop", &again, "p1_0000000000000007");
  assert_heard(&again, RETRY ALL_UNKNOWN);
  end_hub(hub);
  ear_clear(&ear), ear_clear(&again);
}

static void not_all_are_told_to_come_again_at_one_moment(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  int first = 0, others = 0;
  for (int i = 0; i < 20; i++) {
    struct ear ear;
    int length = 0;
    hub_leave(hub, listen_to(hub, "shop", &ear, NULL));
    int retry = retry_of(&ear, &length);
    first = i == 0 ? retry : first;
    others += retry != first;
    ear_clear(&ear);
  }
  assert_true(first > 0 && others > 0);
  end_hub(hub);
}

static void without_the_feed_there_is_no_heartbeat(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct hub_caller caller = caller_of("shop");
  struct ear ear;
  listen_to(hub, "shop", &ear, NULL);
  g_string_truncate(ear.heard, 0);
  hub_tick(hub, false, T0 + 1000);
  assert_heard(&ear, ":\n\n");
  hub_feed_down(hub);
  assert_false(hub_admits(hub, &caller, T0 + 1000));
  publish(hub, "shop", 3, 100, T0 + 1500);
  g_string_truncate(ear.heard, 0);

  hub_feed_up(hub, T0 + 2000);
  assert_heard(&ear, ALL_UNKNOWN);
  assert_false(hub_admits(hub, &caller, T0 + 2000)); /* asked before: who ended meanwhile is not known */
  caller.asked_ms = T0 + 2001;
  assert_true(hub_admits(hub, &caller, T0 + 2001));
  hub_tick(hub, true, T0 + 2000 + HUB_ANEW_WITHIN_MS); /* and so the old one has to come again */
  assert_true(ear.closed);
  end_hub(hub);
  ear_clear(&ear);
}

/* ---- who may not listen any more ---- */

static void a_stream_ends_with_what_let_it_in(void **state)
{
  (void)state;
  static const struct {
    struct ended ended;
    bool ends;
  } cases[] = {
      {{ENDED_USER, USER}, true},
      {{ENDED_SESSION, SESSION}, true},
      {{ENDED_USER, OTHER_USER}, false},
      {{ENDED_KEY, KEY}, false},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct hub *hub = make_hub();
    struct ear ear;
    listen_to(hub, "shop", &ear, NULL);
    hub_ended(hub, &cases[i].ended, T0 + 10);
    assert_int_equal(ear.closed, cases[i].ends);
    assert_int_equal(hub_count(hub), cases[i].ends ? 0 : 1);
    end_hub(hub);
    ear_clear(&ear);
  }
}

static void of_many_only_those_meant_end(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct hub_caller with_key = {.asked_ms = T0 - 1, .lasts_ms = 60000, .merchant = "shop"};
  g_strlcpy(with_key.by[ENDED_KEY], KEY, ENDED_ID_SIZE);
  struct ear person, elsewhere, key;
  listen_to(hub, "shop", &person, NULL);
  listen_to(hub, "other", &elsewhere, NULL);
  ear_init(&key);
  hub_listen(hub, &with_key, &key.outlet, NULL, T0);
  hub_ended(hub, &(struct ended){ENDED_USER, USER}, T0 + 10);
  assert_true(person.closed && elsewhere.closed && !key.closed);
  assert_false(person.at_once);
  hub_ended(hub, &(struct ended){ENDED_KEY, KEY}, T0 + 11);
  assert_true(key.closed);
  end_hub(hub);
  ear_clear(&person), ear_clear(&elsewhere), ear_clear(&key);
}

static void what_ends_on_the_way_is_not_admitted(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct hub_caller caller = caller_of("shop");
  hub_ended(hub, &(struct ended){ENDED_USER, USER}, T0);
  caller.asked_ms = T0; /* within the same millisecond the order is not known */
  assert_false(hub_admits(hub, &caller, T0 + 5));
  caller.asked_ms = T0 + 1;
  assert_true(hub_admits(hub, &caller, T0 + 5));
  end_hub(hub);
}

static void more_endings_than_are_kept_admit_nobody_wrongly(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct hub_caller caller = caller_of("shop");
  hub_ended(hub, &(struct ended){ENDED_USER, USER}, T0 + 1);
  for (int i = 0; i < HUB_ENDED_MAX; i++)
    hub_ended(hub, &(struct ended){ENDED_KEY, KEY}, T0 + 2);
  caller.asked_ms = T0 + 1;
  assert_false(hub_admits(hub, &caller, T0 + 5));
  caller.asked_ms = T0 + 3;
  assert_true(hub_admits(hub, &caller, T0 + 5));
  end_hub(hub);
}

static void times_that_cannot_be_are_not_admitted(void **state)
{
  (void)state;
  static const struct {
    int64_t asked_ms, lasts_ms;
    bool admitted;
  } cases[] = {
      {T0, 1, true},      {T0, 0, false},         {T0, -5, false},
      {T0 + 1, 1, false}, {T0 - 900, 1000, true}, {T0 - HUB_ON_THE_WAY_MS, 1000, false},
      {0, 1, false},      {INT64_MIN, 1, false},  {INT64_MAX, 1, false},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct hub *hub = make_hub();
    struct hub_caller caller = caller_of("shop");
    caller.asked_ms = cases[i].asked_ms;
    caller.lasts_ms = cases[i].lasts_ms;
    assert_int_equal(hub_admits(hub, &caller, T0), cases[i].admitted);
    end_hub(hub);
  }
}

/* ---- bounds ---- */

static void no_more_than_so_many_listen(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct hub_caller caller = caller_of("fourth");
  static const char *const merchants[] = {"first", "second", "third"};
  struct ear ears[COUNT(merchants)];
  struct hub_listener *last = NULL;
  for (size_t i = 0; i < COUNT(ears); i++)
    last = listen_to(hub, merchants[i], &ears[i], NULL);
  assert_false(hub_admits(hub, &caller, T0));
  hub_leave(hub, last);
  assert_true(hub_admits(hub, &caller, T0));
  end_hub(hub);
  assert_false(hub_admits(hub = make_hub(), &(struct hub_caller){.merchant = "shop"}, T0));
  hub_stop(hub);
  assert_false(hub_admits(hub, &caller, T0));
  hub_free(hub);
  for (size_t i = 0; i < COUNT(ears); i++)
    ear_clear(&ears[i]);
}

static void a_merchant_does_not_take_the_place_of_another(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct hub_caller crowded = caller_of("crowded"), other = caller_of("other");
  struct ear ears[2];
  struct hub_listener *last = NULL;
  for (size_t i = 0; i < COUNT(ears); i++)
    last = listen_to(hub, "crowded", &ears[i], NULL);
  assert_false(hub_admits(hub, &crowded, T0));
  assert_true(hub_admits(hub, &other, T0));
  hub_leave(hub, last);
  assert_true(hub_admits(hub, &crowded, T0));
  end_hub(hub);
  for (size_t i = 0; i < COUNT(ears); i++)
    ear_clear(&ears[i]);
}

static void who_does_not_read_is_dropped(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct ear slow, quick;
  listen_to(hub, "shop", &slow, NULL);
  listen_to(hub, "shop", &quick, NULL);
  slow.unread = 1000;
  publish(hub, "shop", 1, 100, T0 + 30);
  assert_false(slow.closed);
  slow.unread = 1001;
  publish(hub, "shop", 2, 100, T0 + 60);
  assert_true(slow.closed && slow.at_once);
  assert_false(quick.closed);
  assert_int_equal(hub_count(hub), 1);
  end_hub(hub);
  ear_clear(&slow), ear_clear(&quick);
}

static void who_reads_nothing_for_long_is_dropped(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct ear ear;
  listen_to(hub, "shop", &ear, NULL);
  ear.unread = 1;
  for (int i = 1; i < HUB_UNREAD_TICKS; i++)
    hub_tick(hub, true, T0 + i);
  ear.unread = 0;
  hub_tick(hub, true, T0 + 100);
  ear.unread = 1;
  for (int i = 1; i < HUB_UNREAD_TICKS; i++)
    hub_tick(hub, true, T0 + 100 + i);
  assert_false(ear.closed);
  hub_tick(hub, true, T0 + 200);
  assert_true(ear.closed && ear.at_once);
  end_hub(hub);
  ear_clear(&ear);
}

static void a_stream_ends_by_age(void **state)
{
  (void)state;
  struct hub *hub = make_hub();
  struct ear ear, brief;
  struct hub_caller caller = caller_of("shop");
  caller.lasts_ms = 5000;
  listen_to(hub, "shop", &ear, NULL);
  ear_init(&brief);
  hub_listen(hub, &caller, &brief.outlet, NULL, T0);
  hub_tick(hub, true, T0 + 4999);
  assert_false(brief.closed);
  hub_tick(hub, true, T0 + 5000);
  assert_true(brief.closed && !brief.at_once);
  hub_tick(hub, true, T0 + 53999);
  assert_false(ear.closed);
  hub_tick(hub, true, T0 + 60000);
  assert_true(ear.closed);
  end_hub(hub);
  ear_clear(&ear), ear_clear(&brief);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_merchant_is_told_of_its_own),
      cmocka_unit_test(changes_close_together_become_one_event),
      cmocka_unit_test(a_pending_hint_outlives_its_listeners),
      cmocka_unit_test(who_has_the_newest_is_not_told_to_look),
      cmocka_unit_test(a_position_that_came_twice_is_nobodys_newest),
      cmocka_unit_test(what_was_told_in_a_gap_is_not_forgotten_behind_it),
      cmocka_unit_test(not_all_are_told_to_come_again_at_one_moment),
      cmocka_unit_test(without_the_feed_there_is_no_heartbeat),
      cmocka_unit_test(a_stream_ends_with_what_let_it_in),
      cmocka_unit_test(of_many_only_those_meant_end),
      cmocka_unit_test(what_ends_on_the_way_is_not_admitted),
      cmocka_unit_test(more_endings_than_are_kept_admit_nobody_wrongly),
      cmocka_unit_test(times_that_cannot_be_are_not_admitted),
      cmocka_unit_test(no_more_than_so_many_listen),
      cmocka_unit_test(a_merchant_does_not_take_the_place_of_another),
      cmocka_unit_test(who_does_not_read_is_dropped),
      cmocka_unit_test(who_reads_nothing_for_long_is_dropped),
      cmocka_unit_test(a_stream_ends_by_age),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
