#include "base/exit_status.h"

#include "tests/unit/unit.h"

/* The numbers that the manual pages list. */
static void results_end_programs_by_sysexits(void **state)
{
  (void)state;
  static const struct {
    enum result result;
    int starting, running;
  } cases[] = {
      {RESULT_OK, 0, 0},         {RESULT_INVALID, 78, 65},      {RESULT_NOT_FOUND, 78, 66},
      {RESULT_CONFLICT, 75, 73}, {RESULT_UNAVAILABLE, 69, 69},  {RESULT_TOO_LONG, 69, 69},
      {RESULT_STALE, 75, 75},    {RESULT_OUT_OF_RANGE, 78, 65}, {RESULT_CORRUPT, 70, 70},
      {RESULT_INTERNAL, 71, 70}, {RESULT_INTERNAL + 1, 70, 70},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(exit_status(cases[i].result, EXIT_STARTING), cases[i].starting);
    assert_int_equal(exit_status(cases[i].result, EXIT_RUNNING), cases[i].running);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(results_end_programs_by_sysexits)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
