#include "translation/json_scan.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "tests/unit/unit.h"

/* A literal with its length, so that NUL bytes count. */
#define TEXT(literal) literal, sizeof(literal) - 1

struct text {
  const char *bytes;
  size_t length;
};

static void json_passes(void **state)
{
  (void)state;
  static const struct text texts[] = {
      {TEXT("{}")},
      {TEXT("[]")},
      {TEXT("null")},
      {TEXT("true")},
      {TEXT("false")},
      {TEXT("\"\"")},
      {TEXT("0")},
      {TEXT("-0")},
      {TEXT("-12.50e+07")},
      {TEXT("1E-2")},
      {TEXT("0.0")},
      {TEXT("123456789012345678901234567890")},
      {TEXT(" \t\r\n{ \"a\" : [ 1 , 2 , { } ] , \"b\" : null } \n")},
      {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83C\\uDF37\"")},
      {TEXT("\"\\u0001\"")},
      {TEXT("\"\x7f\"")},
      {TEXT("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf"
            "\xbf\"")},
      {TEXT("{\"\":1,\" \":2}")},
      {TEXT("{\"a\":1,\"A\":2}")},
      {TEXT("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}")},
      {TEXT("[[[[[[[[1]]]]]]]]")},
      {TEXT("{\"a\":[{\"a\":[{\"a\":[{\"a\":[]}]}]}]}")},
      {TEXT("{\"/*\":\"//\",\"x\":\"'\"}")},
  };
  for (size_t i = 0; i < COUNT(texts); i++) {
    size_t offset = 0;
    if (json_scan(texts[i].bytes, texts[i].length, &offset) != JSON_SCAN_OK)
      fail_msg("%s: refused at %zu", texts[i].bytes, offset);
  }
}

struct fault {
  const char *bytes;
  size_t length;
  size_t offset; /* where it stops being JSON */
};

static void what_is_not_json_is_refused_where_it_stops(void **state)
{
  (void)state;
  static const struct fault faults[] = {
      /* nothing, or not all of it */
      {TEXT(""), 0},
      {TEXT(" \n"), 2},
      {TEXT("{"), 1},
      {TEXT("["), 1},
      {TEXT("[1"), 2},
      {TEXT("[1,"), 3},
      {TEXT("{\"a\""), 4},
      {TEXT("{\"a\":"), 5},
      {TEXT("{\"a\":1"), 6},
      {TEXT("{\"a\":1,"), 7},
      {TEXT("\"abc"), 4},
      {TEXT("\""), 1},
      {TEXT("\"\\"), 2},
      {TEXT("\"\\u00"), 5},
      {TEXT("nul"), 0},
      {TEXT("-"), 1},
      {TEXT("1."), 2},
      {TEXT("1e"), 2},
      {TEXT("1e+"), 3},
      /* too much */
      {TEXT("{}{}"), 2},
      {TEXT("{} x"), 3},
      {TEXT("{}\0"), 2},
      {TEXT("1 2"), 2},
      {TEXT("[]]"), 2},
      {TEXT("nullx"), 4},
      {TEXT("\xef\xbb\xbf{}"), 0},
      /* other languages */
      {TEXT("{'a':1}"), 1},
      {TEXT("['a']"), 1},
      {TEXT("{a:1}"), 1},
      {TEXT("{\"a\":1,}"), 7},
      {TEXT("[1,]"), 3},
      {TEXT("[,1]"), 1},
      {TEXT("[1,,2]"), 3},
      {TEXT("[1 2]"), 3},
      {TEXT("{\"a\" 1}"), 5},
      {TEXT("{\"a\":1 \"b\":2}"), 7},
      {TEXT("{\"a\"}"), 4},
      {TEXT("{1:2}"), 1},
      {TEXT("{null:2}"), 1},
      {TEXT("{\"a\":1]"), 6},
      {TEXT("[1}"), 2},
      {TEXT("/**/1"), 0},
      {TEXT("1//"), 1},
      {TEXT("#\n1"), 0},
      {TEXT("TRUE"), 0},
      {TEXT("True"), 0},
      {TEXT("NaN"), 0},
      {TEXT("Infinity"), 0},
      {TEXT("-Infinity"), 1},
      {TEXT("undefined"), 0},
      {TEXT("\f1"), 0},
      {TEXT("\xc2\xa0"
            "1"),
       0},
      /* numbers */
      {TEXT("+1"), 0},
      {TEXT("01"), 1},
      {TEXT("-01"), 2},
      {TEXT("00"), 1},
      {TEXT(".5"), 0},
      {TEXT("-.5"), 1},
      {TEXT("1.e2"), 2},
      {TEXT("1e2.5"), 3},
      {TEXT("0x10"), 1},
      {TEXT("1_000"), 1},
      {TEXT("--1"), 1},
      {TEXT("1-1"), 1},
      {TEXT("\xef\xbc\x91"), 0},
      /* strings */
      {TEXT("\"\t\""), 1},
      {TEXT("\"a\nb\""), 2},
      {TEXT("\"\x1f\""), 1},
      {TEXT("\"a\0b\""), 2},
      {TEXT("\"\\x41\""), 2},
      {TEXT("\"\\'\""), 2},
      {TEXT("\"\\U0041\""), 2},
      {TEXT("\"\\0\""), 2},
      {TEXT("\"\\u00zz\""), 5},
      {TEXT("\"\\u 041\""), 3},
      {TEXT("\"\\u0000\""), 7},
      {TEXT("{\"a\\u0000b\":1}"), 9},
      {TEXT("\"\\uD83C\""), 7},
      {TEXT("\"\\uD83Cx\""), 7},
      {TEXT("\"\\uD83C\\u0041\""), 13},
      {TEXT("\"\\uD83C\\uD83C\""), 13},
      {TEXT("\"\\uDF37\""), 7},
      /* UTF-8 that is none */
      {TEXT("\"\x80\""), 1},
      {TEXT("\"\xff\xfe\""), 1},
      {TEXT("\"\xc0\xaf\""), 1},
      {TEXT("\"\xc1\xbf\""), 1},
      {TEXT("\"\xe0\x80\xaf\""), 1},
      {TEXT("\"\xe0\x9f\xbf\""), 1},
      {TEXT("\"\xf0\x80\x80\xaf\""), 1},
      {TEXT("\"\xed\xa0\x80\""), 1},
      {TEXT("\"\xed\xbf\xbf\""), 1},
      {TEXT("\"\xf4\x90\x80\x80\""), 1},
      {TEXT("\"\xf8\x88\x80\x80\x80\""), 1},
      {TEXT("\"\xc3\""), 1},
      {TEXT("\"\xc3"), 1},
      {TEXT("\"\xe2\x82\""), 1},
      {TEXT("\"\xc3(\""), 1},
      {TEXT("{\"\xfc\":1}"), 2},
      /* too deep */
      {TEXT("[[[[[[[[[1]]]]]]]]]"), 8},
      {TEXT("{\"a\":[{\"a\":[{\"a\":[{\"a\":[{}]}]}]}]}"), 24},
  };
  for (size_t i = 0; i < COUNT(faults); i++) {
    size_t offset = SIZE_MAX;
    /* A copy without anything behind it, so that reading past the end would be seen by the sanitizer. */
    g_autofree char *copy = g_memdup2(faults[i].bytes, faults[i].length);
    enum json_scan_result result = json_scan(copy, faults[i].length, &offset);
    if (result != JSON_SCAN_MALFORMED || offset != faults[i].offset)
      fail_msg("case %zu, %s: result %d at %zu", i, faults[i].bytes, (int)result, offset);
  }
}

static void repeated_members_are_found_whatever_they_are_written_as(void **state)
{
  (void)state;
  static const struct fault faults[] = {
      {TEXT("{\"a\":1,\"a\":1}"), 7},
      {TEXT("{\"a\":1,\"b\":2,\"\\u0061\":3}"), 13},
      {TEXT("{\"\\/\":1,\"/\":2}"), 8},
      {TEXT("{\"\\uD83C\\uDF37\":1,\"\xf0\x9f\x8c\xb7\":2}"), 18},
      {TEXT("{\"\":1,\"\":2}"), 6},
      {TEXT("{\"a\":{\"b\":1,\"b\":2}}"), 12},
      {TEXT("[{\"b\":1},{\"x\":1,\"x\":2}]"), 16},
      {TEXT("{\"a\":{\"c\":1},\"c\":2,\"a\":3}"), 19},
      {TEXT("{\"b\":1,\"a\":2,\"b\":3,\"a\":4}"), 13}, /* the first of two */
      {TEXT("{\"a\":1,\"a\":{\"x\":1,\"x\":2}}"), 7},  /* the outer one comes first */
      {TEXT("{\"a\":{\"x\":1,\"x\":2},\"a\":1}"), 12}, /* the inner one does */
  };
  for (size_t i = 0; i < COUNT(faults); i++) {
    size_t offset = SIZE_MAX;
    enum json_scan_result result = json_scan(faults[i].bytes, faults[i].length, &offset);
    if (result != JSON_SCAN_DUPLICATE_MEMBER || offset != faults[i].offset)
      fail_msg("%s: result %d at %zu", faults[i].bytes, (int)result, offset);
  }
  size_t offset;
  assert_int_equal(json_scan(TEXT("{\"a\":1,\"a\":1"), &offset), JSON_SCAN_MALFORMED);
}

/* 64 KiB of members, the last one repeated. */
static void many_members_are_no_trouble(void **state)
{
  (void)state;
  g_autoptr(GString) text = g_string_new("{");
  for (int i = 0; i < 8000; i++)
    g_string_append_printf(text, "\"%d\":0,", i);
  g_string_append(text, "\"7999\":0}");
  size_t offset;
  assert_int_equal(json_scan(text->str, text->len, &offset), JSON_SCAN_DUPLICATE_MEMBER);
  assert_int_equal(offset, text->len - strlen("\"7999\":0}"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_passes),
      cmocka_unit_test(what_is_not_json_is_refused_where_it_stops),
      cmocka_unit_test(repeated_members_are_found_whatever_they_are_written_as),
      cmocka_unit_test(many_members_are_no_trouble),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
