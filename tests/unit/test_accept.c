#include "fcgi/accept.h"

#include "tests/unit/unit.h"

static void json_is_acceptable(void **state)
{
  (void)state;
  const struct {
    const char *accept;
    bool allowed;
  } cases[] = {
      {"*/*", true},
      {"application/json", true},
      {"APPLICATION/JSON", true},
      {"application/*;q=0.1", true},
      {"text/html, application/json;q=0.9, */*;q=0.8", true},
      {"text/html,*/*;q=0.001", true},
      {"image/png", false},
      {"text/*", false},
      {"application/problem+json", false},
      {"application/json;q=0", false},
      {"application/json;q=0, */*", false},
      {"*/*;q=0, application/json", true},
      {"application/json;q=2", false},
      {"application/json;q=x", false},
      {",", false},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    if (accept_allows(cases[i].accept, "application/json") != cases[i].allowed)
      fail_msg("%s", cases[i].accept);
}

static void csv_is_acceptable(void **state)
{
  (void)state;
  const struct {
    const char *accept;
    bool allowed;
  } cases[] = {
      {"*/*", true},
      {"text/csv", true},
      {"Text/CSV;header=present", true},
      {"text/*;q=0.1", true},
      {"application/json, */*;q=0.8", true},
      {"application/json", false},
      {"application/*", false},
      {"text/csvx", false},
      {"text/cs", false},
      {"text/html", false},
      {"text/csv;q=0, */*", false},
      {"text/", false},
      {"t", false},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    if (accept_allows(cases[i].accept, "text/csv") != cases[i].allowed)
      fail_msg("%s", cases[i].accept);
}

static void a_body_is_json_in_utf_8(void **state)
{
  (void)state;
  const struct {
    const char *type;
    bool json;
  } cases[] = {
      {"application/json", true},
      {"Application/JSON ; Charset=UTF-8", true},
      {"application/json; charset=\"utf-8\"", true},
      {"application/json;", true},
      {NULL, false},
      {"", false},
      {"application/json; charset=latin1", false},
      {"application/json; boundary=x", false},
      {"application/jsonx", false},
      {"text/json", false},
      {"application/x-www-form-urlencoded", false},
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    if (accept_is_type(cases[i].type, "application/json") != cases[i].json)
      fail_msg("%s", cases[i].type != NULL ? cases[i].type : "(none)");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_is_acceptable),
      cmocka_unit_test(csv_is_acceptable),
      cmocka_unit_test(a_body_is_json_in_utf_8),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
