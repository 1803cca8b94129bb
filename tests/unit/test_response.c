#include "fcgi/response.h"

#include <inttypes.h>
#include <string.h>

#include "fcgi/etag.h"
#include "fcgi/json_out.h"
#include "fcgi/position.h"
#include "tests/unit/unit.h"

static char *written(const struct response *response)
{
  GString *out = g_string_new(NULL);
  response_write_head(response, "id-1", out);
  return g_string_free(out, FALSE);
}

static void an_answer_has_its_headers(void **state)
{
  (void)state;
  struct response response;
  response_init(&response);
  g_string_append(response_json(&response, 201), "{}");
  response_header(&response, "Location", "/x");
  char *head = written(&response);
  assert_string_equal(head, "Status: 201 Created\r\nRequest-Id: id-1\r\nCache-Control: private, no-cache\r\n"
                            "Content-Type: application/json\r\nContent-Length: 2\r\nLocation: /x\r\n\r\n");
  g_free(head);
  response_clear(&response);
}

static void an_answer_without_a_body_has_no_length(void **state)
{
  (void)state;
  struct response response;
  response_init(&response);
  response.status = 204;
  char *whole = written(&response);
  assert_string_equal(
      whole, "Status: 204 No Content\r\nRequest-Id: id-1\r\nCache-Control: private, no-cache\r\n\r\n");
  g_free(whole);
  response_clear(&response);
}

static void a_value_cannot_begin_a_header(void **state)
{
  (void)state;
  struct response response;
  response_init(&response);
  response_header(&response, "Location", "/x\r\nSet-Cookie: a=b");
  assert_string_equal(response.headers->str, "");
  response_clear(&response);
}

static void numbers_and_texts_become_json(void **state)
{
  (void)state;
  GString *out = g_string_new(NULL);
  json_out_int(out, INT64_MIN);
  json_out_int(out, 0);
  json_out_int(out, INT64_MAX);
  json_out_string(out, "a\"\\\n\x7f\xc3\xa9");
  json_out_string(out, NULL);
  json_out_bool(out, true);
  json_out_instant_ms(out, 1500);
  json_out_instant_s(out, 86400);
  assert_string_equal(out->str,
                      "-922337203685477580809223372036854775807\"a\\\"\\\\\\u000a\\u007f\xc3\xa9\"nulltrue"
                      "\"1970-01-01T00:00:01.500Z\"\"1970-01-02T00:00:00Z\"");
  g_string_free(out, TRUE);
}

/* Around every power of ten, where the number of digits changes; the C library says what is right. */
static void numbers_are_written_with_all_their_digits(void **state)
{
  (void)state;
  for (int64_t power = 1; power <= INT64_MAX / 10; power *= 10)
    for (int64_t near = -2; near <= 2; near++)
      for (int sign = -1; sign <= 1; sign += 2) {
        g_autoptr(GString) out = g_string_new(NULL);
        g_autofree char *wanted = g_strdup_printf("%" PRId64, sign * (power + near));
        json_out_int(out, sign * (power + near));
        assert_string_equal(out->str, wanted);
      }
}

static void positions_go_both_ways(void **state)
{
  (void)state;
  char text[POSITION_TEXT_SIZE];
  cluster_time time = 0;
  assert_string_equal(position_format(cluster_time_make(0x6560aa10, 3), text), "p1_6560aa1000000003");
  assert_true(position_parse("p1_6560aa1000000003", &time));
  assert_true(time == cluster_time_make(0x6560aa10, 3));
  const char *const bad[] = {"",
                             "p1_",
                             "p2_6560aa1000000003",
                             "p1_6560AA1000000003",
                             "p1_6560aa100000000",
                             "p1_6560aa10000000033",
                             "p1_6560aa100000000g"};
  for (size_t i = 0; i < COUNT(bad); i++)
    assert_false(position_parse(bad[i], &time));
}

static void tags_are_weak_and_change_with_figures_and_flags(void **state)
{
  (void)state;
  GString *flags = g_string_new("complete");
  char *one = etag_make("abc", 3, flags), *same = etag_make("abc", 3, flags),
       *other = etag_make("abd", 3, flags);
  g_string_append_c(flags, '!');
  char *flagged = etag_make("abc", 3, flags);
  assert_string_equal(one, same);
  assert_string_not_equal(one, other);
  assert_string_not_equal(one, flagged);
  assert_int_equal(strncmp(one, "W/\"", 3), 0);
  char *list = g_strdup_printf("\"x\", %s", one);
  assert_true(etag_matches(list, one));
  assert_true(etag_matches(one + 2, one));
  assert_true(etag_matches("*", one));
  assert_false(etag_matches("\"x\"", one));
  assert_false(etag_matches(other, one));
  g_free(list);
  g_free(flagged);
  g_free(other);
  g_free(same);
  g_free(one);
  g_string_free(flags, TRUE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_answer_has_its_headers),
      cmocka_unit_test(an_answer_without_a_body_has_no_length),
      cmocka_unit_test(a_value_cannot_begin_a_header),
      cmocka_unit_test(numbers_and_texts_become_json),
      cmocka_unit_test(numbers_are_written_with_all_their_digits),
      cmocka_unit_test(positions_go_both_ways),
      cmocka_unit_test(tags_are_weak_and_change_with_figures_and_flags),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
