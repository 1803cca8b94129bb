/* Ranges of a fold: joined, and searched by halves. */
#include "unit.h"

#include "stores/fold_ranges.h"

static struct fold_range range_of(const char *merchant, int64_t from, int64_t to)
{
  struct fold_range range = {.from = from, .to = to};
  g_strlcpy(range.merchant, merchant, sizeof range.merchant);
  return range;
}

static void neighbours_and_overlaps_are_joined(void **state)
{
  const struct fold_range asked[] = {
      range_of("b", 0, 60),    range_of("a", 120, 180), range_of("a", 60, 120), range_of("a", 240, 300),
      range_of("a", 250, 260), range_of("a", 500, 500), range_of("b", 30, 90),
  };
  struct fold_ranges ranges;
  (void)state;
  fold_ranges_init(&ranges, asked, G_N_ELEMENTS(asked));
  static const struct fold_range wanted[] = {{"a", 60, 180}, {"a", 240, 300}, {"b", 0, 90}};
  assert_int_equal(ranges.items->len, G_N_ELEMENTS(wanted));
  for (guint i = 0; i < ranges.items->len; i++) {
    const struct fold_range *got = &g_array_index(ranges.items, struct fold_range, i);
    assert_string_equal(got->merchant, wanted[i].merchant);
    assert_int_equal(got->from, wanted[i].from);
    assert_int_equal(got->to, wanted[i].to);
  }
  assert_null(fold_ranges_merchant(&ranges));
  fold_ranges_clear(&ranges);
}

static void one_merchant_is_named(void **state)
{
  const struct fold_range asked[] = {range_of("a", 0, 60), range_of("a", 120, 180)};
  struct fold_ranges ranges;
  (void)state;
  fold_ranges_init(&ranges, asked, 2);
  assert_string_equal(fold_ranges_merchant(&ranges), "a");
  fold_ranges_clear(&ranges);
  fold_ranges_init(&ranges, asked, 0);
  assert_null(fold_ranges_merchant(&ranges));
  assert_false(fold_ranges_touch(&ranges, "a", 0, 60));
  fold_ranges_clear(&ranges);
}

static void steps_are_looked_up(void **state)
{
  const struct fold_range asked[] = {range_of("a", 60, 180), range_of("a", 240, 300), range_of("c", 90, 100)};
  static const struct {
    const char *merchant;
    int64_t start;
    int step;
    bool touched;
  } cases[] = {
      {"a", 0, 60, false},  {"a", 60, 60, true},   {"a", 120, 60, true}, {"a", 180, 60, false},
      {"a", 240, 60, true}, {"a", 300, 60, false}, {"a", 0, 900, true},  {"a", 900, 900, false},
      {"b", 60, 60, false}, {"c", 60, 60, true},   {"c", 0, 60, false},  {"c", 120, 60, false},
      {"d", 60, 60, false}, {"", 60, 60, false},
  };
  struct fold_ranges ranges;
  (void)state;
  fold_ranges_init(&ranges, asked, G_N_ELEMENTS(asked));
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
    if (fold_ranges_touch(&ranges, cases[i].merchant, cases[i].start, cases[i].step) != cases[i].touched)
      fail_msg("case %zu", i);
  fold_ranges_clear(&ranges);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(neighbours_and_overlaps_are_joined),
      cmocka_unit_test(one_merchant_is_named),
      cmocka_unit_test(steps_are_looked_up),
  };
  return cmocka_run_group_tests_name("fold_ranges", tests, NULL, NULL);
}
