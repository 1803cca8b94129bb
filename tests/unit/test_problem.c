#include "fcgi/problem.h"

#include <string.h>

#include "tests/unit/unit.h"

static void a_problem_is_a_document_of_five_parts_and_its_errors(void **state)
{
  (void)state;
  struct response response;
  response_init(&response);
  problem_answer(&response, "id-1", "not_found", "Nothing \"here\".");
  assert_int_equal(response.status, 404);
  assert_string_equal(response.content_type, "application/problem+json");
  assert_string_equal(response.body->str,
                      "{\"type\":\"/problems/not_found\",\"title\":\"Not found\",\"status\":404,"
                      "\"detail\":\"Nothing \\\"here\\\".\",\"code\":\"not_found\",\"request_id\":\"id-1\","
                      "\"errors\":[]}\n");
  assert_null(strstr(response.headers->str, "Retry-After"));
  response_clear(&response);
}

static void all_violations_are_told_and_the_first_names_the_problem(void **state)
{
  (void)state;
  struct response response;
  struct violations violations;
  response_init(&response);
  violations_init(&violations);
  violations_add(&violations, VIOLATION_POINTER, "out_of_range", "/lines/0/quantity", "1 to 9");
  violations_add(&violations, VIOLATION_PARAMETER, "unknown_parameter", "form", "unknown");
  violations_add(&violations, VIOLATION_HEADER, "idempotency_key_invalid", "Idempotency-Key", "ASCII");
  problem_answer_violations(&response, "id-1", &violations);
  assert_int_equal(response.status, 422);
  assert_non_null(strstr(response.body->str, "\"detail\":\"1 to 9\",\"code\":\"out_of_range\""));
  assert_non_null(strstr(
      response.body->str,
      "\"errors\":[{\"pointer\":\"/lines/0/quantity\",\"code\":\"out_of_range\",\"detail\":\"1 to 9\"},"
      "{\"parameter\":\"form\",\"code\":\"unknown_parameter\",\"detail\":\"unknown\"},"
      "{\"header\":\"Idempotency-Key\",\"code\":\"idempotency_key_invalid\",\"detail\":\"ASCII\"}]}"));
  violations_clear(&violations);
  response_clear(&response);
}

static void a_503_says_when_to_try_again(void **state)
{
  (void)state;
  struct response response;
  response_init(&response);
  problem_answer(&response, "id-1", problem_of_result(RESULT_UNAVAILABLE), "Later.");
  assert_int_equal(response.status, 503);
  assert_non_null(strstr(response.headers->str, "Retry-After: 1\r\n"));
  response_clear(&response);
}

static void each_result_has_its_status(void **state)
{
  (void)state;
  const struct {
    enum result result;
    int status;
  } cases[] = {{RESULT_NOT_FOUND, 404},    {RESULT_CONFLICT, 503}, {RESULT_UNAVAILABLE, 503},
               {RESULT_TOO_LONG, 503},     {RESULT_STALE, 503},    {RESULT_CORRUPT, 500},
               {RESULT_OUT_OF_RANGE, 500}, {RESULT_INTERNAL, 500}};
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_int_equal(problem_find(problem_of_result(cases[i].result))->status, cases[i].status);
}

static void a_code_that_is_not_ours_is_an_internal_error(void **state)
{
  (void)state;
  assert_string_equal(problem_find("no_such_code")->code, "internal");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_problem_is_a_document_of_five_parts_and_its_errors),
      cmocka_unit_test(all_violations_are_told_and_the_first_names_the_problem),
      cmocka_unit_test(a_503_says_when_to_try_again),
      cmocka_unit_test(each_result_has_its_status),
      cmocka_unit_test(a_code_that_is_not_ours_is_an_internal_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
