#include "fcgi/request.h"

#include <string.h>

#include "tests/unit/unit.h"

#define PARAMS(...)                                                                                          \
  (const char *[])                                                                                           \
  {                                                                                                          \
    "REQUEST_METHOD=GET", "REQUEST_URI=/v1/merchants", __VA_ARGS__, NULL                                     \
  }

static enum result parse(const char *const *params, struct request *request)
{
  struct err e = ERR_NONE;
  request_init(request, params);
  return request_parse(request, &e);
}

static void a_request_is_read(void **state)
{
  (void)state;
  const char *params[] = {"REQUEST_METHOD=POST",
                          "REQUEST_URI=/v1/merchants/sh%6fp/orders?dry_run=true",
                          "QUERY_STRING=dry_run=true",
                          "CONTENT_LENGTH=12",
                          "REQUEST_ID=0123456789abcdef",
                          "HTTP_ORIGIN=https://shop.example",
                          "HTTP_EMPTY=",
                          NULL};
  struct request request;
  assert_int_equal(parse(params, &request), RESULT_OK);
  assert_int_equal(request.method, METHOD_POST);
  assert_string_equal(request.id, "0123456789abcdef");
  assert_string_equal(request.path[0], "v1");
  assert_string_equal(request.path[2], "shop");
  assert_string_equal(request.path[3], "orders");
  assert_null(request.path[4]);
  assert_string_equal(query_get(&request.query, "dry_run"), "true");
  assert_true(request.has_length);
  assert_int_equal(request.content_length, 12);
  assert_string_equal(request_header(&request, "HTTP_ORIGIN"), "https://shop.example");
  assert_null(request_header(&request, "HTTP_EMPTY"));
  assert_null(request_header(&request, "HTTP_ORIGI"));
  request_clear(&request);
}

static void an_encoded_slash_stays_in_its_segment(void **state)
{
  (void)state;
  const char *params[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/v1/a%2Fb/../c", NULL};
  struct request request;
  assert_int_equal(parse(params, &request), RESULT_OK);
  assert_string_equal(request.path[1], "a/b");
  assert_string_equal(request.path[2], "..");
  request_clear(&request);
}

static void head_is_a_get_without_a_body(void **state)
{
  (void)state;
  const char *params[] = {"REQUEST_METHOD=HEAD", "REQUEST_URI=/healthz", NULL};
  struct request request;
  assert_int_equal(parse(params, &request), RESULT_OK);
  assert_int_equal(request.method, METHOD_GET);
  assert_true(request.head);
  assert_string_equal(request_method_name(&request), "HEAD");
  request_clear(&request);
}

static void methods_are_known_by_name(void **state)
{
  (void)state;
  static const struct {
    const char *param;
    enum method method;
    const char *name;
  } cases[] = {
      {"REQUEST_METHOD=POST", METHOD_POST, "POST"},      {"REQUEST_METHOD=PUT", METHOD_PUT, "PUT"},
      {"REQUEST_METHOD=PATCH", METHOD_PATCH, "PATCH"},   {"REQUEST_METHOD=DELETE", METHOD_DELETE, "DELETE"},
      {"REQUEST_METHOD=OPTIONS", METHOD_OTHER, "other"}, {"REQUEST_METHOD=get", METHOD_OTHER, "other"},
      {"REQUEST_METHOD=other", METHOD_OTHER, "other"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const char *params[] = {cases[i].param, "REQUEST_URI=/healthz", NULL};
    struct request request;
    assert_int_equal(parse(params, &request), RESULT_OK);
    assert_int_equal(request.method, cases[i].method);
    assert_string_equal(request_method_name(&request), cases[i].name);
    request_clear(&request);
  }
}

static void a_request_without_a_good_id_gets_one(void **state)
{
  (void)state;
  const char *const ids[] = {"REQUEST_ID=", "REQUEST_ID=short", "REQUEST_ID=0123456789 abcdef",
                             "REQUEST_ID=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"};
  for (size_t i = 0; i < COUNT(ids); i++) {
    struct request request;
    assert_int_equal(parse(PARAMS(ids[i]), &request), RESULT_OK);
    assert_int_equal(strlen(request.id), 32);
    assert_int_equal(strspn(request.id, "0123456789abcdef"), 32);
    request_clear(&request);
  }
}

static void what_can_be_read_in_two_ways_is_refused(void **state)
{
  (void)state;
  const char *const *cases[] = {
      PARAMS("CONTENT_LENGTH=-1"),
      PARAMS("CONTENT_LENGTH=+5"),
      PARAMS("CONTENT_LENGTH=5x"),
      PARAMS("CONTENT_LENGTH=12345678901234567890"),
      PARAMS("CONTENT_LENGTH=5", "CONTENT_LENGTH=5"),
      PARAMS("HTTP_CONTENT_LENGTH=5", "HTTP_CONTENT_LENGTH=6"),
      PARAMS("HTTP_AUTHORIZATION=a", "HTTP_AUTHORIZATION=b"),
      PARAMS("HTTP_COOKIE=a", "HTTP_COOKIE=b"),
      PARAMS("HTTP_ORIGIN=a", "HTTP_ORIGIN="),
      PARAMS("HTTP_X_CSRF_TOKEN=a", "HTTP_X_CSRF_TOKEN=a"),
      PARAMS("CONTENT_TYPE=a", "CONTENT_TYPE=b"),
      PARAMS("QUERY_STRING=a=%zz"),
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct request request;
    assert_int_equal(parse(cases[i], &request), RESULT_INVALID);
    request_clear(&request);
  }
}

static void paths_that_cannot_be_read_are_refused(void **state)
{
  (void)state;
  const char *const uris[] = {"REQUEST_URI=",     "REQUEST_URI=v1",   "REQUEST_URI=*",      "REQUEST_URI=/%",
                              "REQUEST_URI=/%00", "REQUEST_URI=/%zz", "REQUEST_URI=/%c0%af"};
  for (size_t i = 0; i < COUNT(uris); i++) {
    struct request request;
    const char *params[] = {"REQUEST_METHOD=GET", uris[i], NULL};
    assert_int_equal(parse(params, &request), RESULT_INVALID);
    request_clear(&request);
  }
}

static void headers_that_are_lists_are_joined(void **state)
{
  (void)state;
  struct request request;
  assert_int_equal(parse(PARAMS("HTTP_ACCEPT=a", "HTTP_ACCEPT=", "HTTP_ACCEPT=b"), &request), RESULT_OK);
  char *all = request_header_all(&request, "HTTP_ACCEPT");
  assert_string_equal(all, "a, b");
  assert_true(request_header_repeated(&request, "HTTP_ACCEPT"));
  assert_null(request_header_all(&request, "HTTP_IF_NONE_MATCH"));
  g_free(all);
  request_clear(&request);
}

/* ---- the body ---- */

static size_t read_text(void *arg, char *buffer, size_t size)
{
  const char *text = arg;
  size_t length = strlen(text) < size ? strlen(text) : size;
  memcpy(buffer, text, length);
  return length;
}

static enum result read_body(const char *announced, const char *sent, struct request *request)
{
  struct err e = ERR_NONE;
  assert_int_equal(parse(PARAMS(announced), request), RESULT_OK);
  return request_read_body(request, read_text, (void *)sent, &e);
}

static void a_body_is_as_long_as_announced(void **state)
{
  (void)state;
  struct request request;
  assert_int_equal(read_body("CONTENT_LENGTH=2", "{}", &request), RESULT_OK);
  assert_int_equal(request.body_length, 2);
  assert_string_equal(request.body, "{}");
  request_clear(&request);
  assert_int_equal(read_body("CONTENT_LENGTH=3", "{}", &request), RESULT_INVALID);
  request_clear(&request);
  assert_int_equal(read_body("CONTENT_LENGTH=2", "{}x", &request), RESULT_INVALID);
  request_clear(&request);
  assert_int_equal(read_body("CONTENT_LENGTH=0", "", &request), RESULT_OK);
  assert_int_equal(request.body_length, 0);
  request_clear(&request);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_request_is_read),
      cmocka_unit_test(an_encoded_slash_stays_in_its_segment),
      cmocka_unit_test(head_is_a_get_without_a_body),
      cmocka_unit_test(methods_are_known_by_name),
      cmocka_unit_test(a_request_without_a_good_id_gets_one),
      cmocka_unit_test(what_can_be_read_in_two_ways_is_refused),
      cmocka_unit_test(paths_that_cannot_be_read_are_refused),
      cmocka_unit_test(headers_that_are_lists_are_joined),
      cmocka_unit_test(a_body_is_as_long_as_announced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
