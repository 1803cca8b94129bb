#include "translation/hint.h"

#include <string.h>

#include "tests/unit/unit.h"

#define P "{\"position\":\"p1_6b0967b800000003\","

static void what_the_batch_writes_is_read(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool all, more;
    size_t count;
    int64_t last;
  } cases[] = {
      {P "\"hours\":[1795777200],\"more\":false}", false, false, 1, 1795777200},
      {P "\"hours\":[0,900,253402300799],\"more\":true}", false, true, 3, INT64_C(253402300799)},
      {P "\"all\":true}", true, false, 0, 0},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct hint hint;
    assert_true(hint_parse(cases[i].text, strlen(cases[i].text), &hint));
    assert_true(hint.has_position);
    assert_int_equal(hint.position, UINT64_C(0x6b0967b800000003));
    assert_int_equal(hint.all, cases[i].all);
    assert_int_equal(hint.more, cases[i].more);
    assert_int_equal(hint.count, cases[i].count);
    if (hint.count > 0)
      assert_int_equal(hint.hours[hint.count - 1], cases[i].last);
  }
}

static void nothing_else_is(void **state)
{
  (void)state;
  static const char *const texts[] = {
      "",
      "{",
      "null",
      "all",
      P,
      P "}",
      P "\"all\":false}",
      P "\"all\":true} ",
      P "\"all\":true}\n\nevent: changed\ndata: {}",
      P "\"all\": true}",
      P "\"all\":true,\"more\":true}",
      P "\"hours\":[],\"more\":false}",
      P "\"hours\":[1,],\"more\":false}",
      P "\"hours\":[,1],\"more\":false}",
      P "\"hours\":[-1],\"more\":false}",
      P "\"hours\":[+1],\"more\":false}",
      P "\"hours\":[01],\"more\":false}",
      P "\"hours\":[1.5],\"more\":false}",
      P "\"hours\":[1e3],\"more\":false}",
      P "\"hours\":[253402300800],\"more\":false}",
      P "\"hours\":[9999999999999],\"more\":false}",
      P "\"hours\":[18446744073709551617],\"more\":false}",
      P "\"hours\":[\"1\"],\"more\":false}",
      P "\"hours\":[1],\"more\":1}",
      P "\"hours\":[1]}",
      P "\"hours\":[1],\"more\":false,\"x\":1}",
      "{\"position\":\"p1_6B0967B800000003\",\"all\":true}",
      "{\"position\":\"p1_6b0967b80000000\",\"all\":true}",
      "{\"position\":\"p1_6b0967b8000000030\",\"all\":true}",
      "{\"position\":\"p2_6b0967b800000003\",\"all\":true}",
      "{\"position\":null,\"all\":true}",
      "{\"position\":\"p1_6b09\n7b800000003\",\"all\":true}",
      "{\"position\":\"p1_<script>.....\",\"all\":true}",
      " " P "\"all\":true}",
  };
  for (size_t i = 0; i < COUNT(texts); i++) {
    struct hint hint;
    if (hint_parse(texts[i], strlen(texts[i]), &hint))
      fail_msg("read: %s", texts[i]);
  }
}

static void every_prefix_of_a_message_is_refused(void **state)
{
  (void)state;
  static const char text[] = P "\"hours\":[1795777200,1795780800],\"more\":true}";
  struct hint hint;
  for (size_t length = 0; length < strlen(text); length++) {
    g_autofree char *alone = g_memdup2(text, length + 1); /* so that a sanitizer sees a step beyond */
    assert_false(hint_parse(alone, length, &hint));
  }
  static const char nul[] = P "\"all\":true}\0";
  assert_false(hint_parse(nul, sizeof nul - 1, &hint));
}

static void a_message_names_so_many_hours_and_no_more(void **state)
{
  (void)state;
  for (int count = HINT_HOURS_MAX; count <= HINT_HOURS_MAX + 1; count++) {
    g_autoptr(GString) text = g_string_new(P "\"hours\":[");
    for (int i = 0; i < count; i++)
      g_string_append_printf(text, "%s%d", i > 0 ? "," : "", i);
    g_string_append(text, "],\"more\":false}");
    struct hint hint;
    assert_int_equal(hint_parse(text->str, text->len, &hint), count == HINT_HOURS_MAX);
  }
}

static struct hint of_hours(cluster_time position, size_t count, int64_t first)
{
  struct hint hint = {.has_position = true, .position = position, .count = count};
  for (size_t i = 0; i < count; i++)
    hint.hours[i] = first + (int64_t)i;
  return hint;
}

static void assert_event(const struct hint *hint, const char *expected)
{
  g_autoptr(GString) text = g_string_new(NULL);
  hint_write_event(hint, text);
  assert_string_equal(text->str, expected);
}

static void hints_add_up(void **state)
{
  (void)state;
  struct hint sum = {.count = 0}, later = of_hours(1, 2, 10);
  hint_merge(&sum, &later, 3);
  later = of_hours(2, 2, 11); /* 11 is there already */
  hint_merge(&sum, &later, 3);
  assert_event(&sum, "event: changed\nid: p1_0000000000000002\n"
                     "data: {\"position\":\"p1_0000000000000002\",\"hours\":[10,11,12],\"more\":false}\n\n");
  later = of_hours(3, 1, 13);
  hint_merge(&sum, &later, 3);
  assert_event(&sum, "event: changed\nid: p1_0000000000000003\n"
                     "data: {\"position\":\"p1_0000000000000003\",\"hours\":[10,11,12],\"more\":true}\n\n");
  later = (struct hint){.has_position = true, .position = 4, .all = true};
  hint_merge(&sum, &later, 3);
  later = of_hours(5, 1, 14);
  hint_merge(&sum, &later, 3);
  assert_event(&sum, "event: changed\nid: p1_0000000000000005\n"
                     "data: {\"position\":\"p1_0000000000000005\",\"all\":true}\n\n");
  hint_set_all(&sum);
  assert_int_equal(sum.position, 0);
  assert_event(&sum, "event: changed\ndata: {\"position\":null,\"all\":true}\n\n");
}

static void a_sum_never_outgrows_its_room(void **state)
{
  (void)state;
  struct hint sum = {.count = 0};
  for (int i = 0; i < 5; i++) {
    struct hint later = of_hours((cluster_time)i, HINT_HOURS_MAX, i * HINT_HOURS_MAX);
    hint_merge(&sum, &later, 100 * HINT_HOURS_MAX);
  }
  assert_int_equal(sum.count, HINT_HOURS_MAX);
  assert_true(sum.more);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_the_batch_writes_is_read),
      cmocka_unit_test(nothing_else_is),
      cmocka_unit_test(every_prefix_of_a_message_is_refused),
      cmocka_unit_test(a_message_names_so_many_hours_and_no_more),
      cmocka_unit_test(hints_add_up),
      cmocka_unit_test(a_sum_never_outgrows_its_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
