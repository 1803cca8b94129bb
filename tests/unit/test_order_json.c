#include "translation/order_json.h"

#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "tests/unit/unit.h"

#define NOW_MS INT64_C(1795442337123) /* 2026-11-23T13:58:57.123Z */

static const char merchant_currencies[][4] = {"EUR"};
static const struct order_terms live = {
    .currencies = merchant_currencies, .currency_count = 1, .now_ms = NOW_MS, .may_import = false};

#define LINE "{\"product_id\":\"SKU-1\",\"name\":\"Blüte\",\"quantity\":3,\"unit_price\":500}"

static int compare_texts(const void *left, const void *right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static char *join_sorted(char **texts)
{
  qsort(texts, g_strv_length(texts), sizeof *texts, compare_texts);
  return g_strjoinv("; ", texts);
}

/* As "code pointer; code pointer", so that a case is one line; their order is not this module's matter. */
static void expect(const char *body, const struct violations *violations, const char *expected)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  for (size_t i = 0; i < violations->count; i++) {
    g_autofree char *text = g_strdup_printf("%s %s", violations->items[i].code, violations->items[i].where);
    g_strv_builder_add(builder, text);
  }
  g_auto(GStrv) got_texts = g_strv_builder_end(builder);
  g_auto(GStrv) expected_texts = g_strsplit(expected, "; ", -1);
  g_autofree char *got = join_sorted(got_texts);
  g_autofree char *wanted = join_sorted(expected_texts);
  if (strcmp(got, wanted) != 0)
    fail_msg("%s\n  gives    %s\n  expected %s", body, got, wanted);
}

struct reading {
  const char *body;
  const char *expected;
};

static void bodies_that_are_no_object_are_malformed(void **state)
{
  (void)state;
  static const struct reading readings[] = {
      {"", "malformed_json "},
      {"null", "malformed_json "},
      {"[]", "malformed_json "},
      {"\"x\"", "malformed_json "},
      {"1", "malformed_json "},
      {"{\"a\":1,}", "malformed_json "},
      {"{}{}", "malformed_json "},
      {"{'a':1}", "malformed_json "},
      {"{\"a\":NaN}", "malformed_json "},
      {"{\"a\":1,\"a\":1}", "duplicate_member "},
  };
  for (size_t i = 0; i < COUNT(readings); i++) {
    struct violations violations;
    violations_init(&violations);
    assert_null(order_json_parse_body(readings[i].body, strlen(readings[i].body), &violations));
    expect(readings[i].body, &violations, readings[i].expected);
    violations_clear(&violations);
  }
}

/* As deep as the scanner lets through, and empty. */
static void whatever_the_scanner_passes_is_parsed(void **state)
{
  (void)state;
  static const char *const bodies[] = {"{}", " {} ", "{\"a\":[[[[[[[1]]]]]]]}", "{\"a\":1e400}",
                                       "{\"a\":99999999999999999999999999999999999999}"};
  for (size_t i = 0; i < COUNT(bodies); i++) {
    struct violations violations;
    violations_init(&violations);
    struct json_object *body = order_json_parse_body(bodies[i], strlen(bodies[i]), &violations);
    assert_non_null(body);
    json_object_put(body);
  }
}

static const struct reading orders[] = {
    {"{\"currency\":\"EUR\",\"lines\":[" LINE "]}", ""},
    {"{\"currency\":\"EUR\",\"lines\":[" LINE
     "],\"total\":1500,\"note\":\"\",\"placed_at\":\"2026-11-23T14:58:57+01:00\"}",
     ""},
    {"{}", "invalid_currency /currency; invalid_field /lines"},
    {"{\"currency\":\"eur\",\"lines\":[]}", "invalid_currency /currency; invalid_field /lines"},
    {"{\"currency\":\"EURO\",\"lines\":{}}", "invalid_currency /currency; invalid_field /lines"},
    {"{\"currency\":\"XXX\",\"lines\":null}", "invalid_currency /currency; invalid_field /lines"},
    {"{\"currency\":\"USD\",\"lines\":[1,[],\"x\"]}",
     "invalid_currency /currency; invalid_field /lines/0; invalid_field /lines/1; invalid_field /lines/2"},
    {"{\"currency\":978,\"lines\":[{}]}",
     "invalid_currency /currency; invalid_field /lines/0/product_id; invalid_field /lines/0/name; "
     "invalid_field /lines/0/quantity; invalid_field /lines/0/unit_price"},
    /* whatever the order of the members */
    {"{\"placed_at\":\"2026-11-23 13:00:00Z\",\"shipping\":-1,\"lines\":[" LINE "],\"merchant_id\":\"x\"}",
     "invalid_timestamp /placed_at; out_of_range /shipping; unknown_field /merchant_id; invalid_currency "
     "/currency"},
    {"{\"total\":1,\"placed_at\":\"2026-11-23T14:04:00Z\",\"currency\":\"JPY\",\"lines\":[" LINE "]}",
     "amount_mismatch /total; timestamp_in_future /placed_at; invalid_currency /currency"},
    {"{\"status\":1,\"currency\":\"EUR\",\"_id\":1,\"lines\":[{\"x\":1,"
     "\"unit_price\":-5,\"quantity\":0,\"name\":\"n\",\"product_id\":\"p\"}]}",
     "unknown_field /status; unknown_field /_id; unknown_field /lines/0/x; out_of_range /lines/0/unit_price; "
     "out_of_range /lines/0/quantity"},
    /* odd names are never repeated */
    {"{\"currency\":\"EUR\",\"lines\":[" LINE "],\"<script>\":1,\"a/b\":2,\"\":3}",
     "unknown_field ; unknown_field ; unknown_field "},
    /* rules go on where fields were refused */
    {"{\"currency\":\"EUR\",\"note\":5,\"placed_at\":\"1999-01-01T00:00:00Z\",\"lines\":[" LINE
     "],\"total\":1}",
     "invalid_field /note; timestamp_too_old /placed_at; amount_mismatch /total"},
    {"{\"currency\":\"EUR\",\"lines\":[" LINE
     ",{\"product_id\":\"p\",\"name\":\"n\",\"quantity\":1.0,\"unit_price\":7}],"
     "\"total\":1}",
     "invalid_field /lines/1/quantity"},
    {"{\"currency\":\"EUR\",\"lines\":[" LINE
     "],\"reference\":\"\",\"channel\":\"a b\",\"customer_id\":null}",
     "invalid_field /reference; invalid_field /channel; invalid_field /customer_id"},
    {"{\"currency\":\"EUR\",\"lines\":[" LINE "],\"placed_at\":1795442337}", "invalid_timestamp /placed_at"},
    {"{\"currency\":\"EUR\",\"lines\":[" LINE "],\"placed_at\":\"2026-11-23T13:00:00\"}",
     "invalid_timestamp /placed_at"},
    {"{\"currency\":\"EUR\",\"lines\":[" LINE "],\"placed_at\":\"2026-11-23T13:00:60Z\"}",
     "invalid_timestamp /placed_at"},
    {"{\"currency\":\"EUR\",\"lines\":[" LINE "],\"placed_at\":null}", "invalid_timestamp /placed_at"},
};

static void orders_are_refused_with_all_that_is_wrong(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(orders); i++) {
    struct order order;
    struct entry_totals totals;
    struct violations violations;
    order_init(&order);
    violations_init(&violations);
    struct json_object *body = order_json_parse_body(orders[i].body, strlen(orders[i].body), &violations);
    assert_non_null(body);
    bool good = order_json_read(body, &order, &violations);
    assert_int_equal(good, violations.count == 0);
    good &= order_check(&order, &live, &totals, &violations);
    expect(orders[i].body, &violations, orders[i].expected);
    assert_int_equal(good, violations.count == 0);
    json_object_put(body);
    order_clear(&order);
    violations_clear(&violations);
  }
}

/* Every way to write a number, in one field with the limits 0 .. 10^12. */
static void integers_are_written_as_integers(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    const char *code;
    int64_t value;
  } numbers[] = {
      {"0", NULL, 0},
      {"-0", NULL, 0},
      {"1000000000000", NULL, INT64_C(1000000000000)},
      {"1000000000001", "out_of_range", 0},
      {"-1", "out_of_range", 0},
      {"9223372036854775807", "out_of_range", 0},
      {"9223372036854775808", "out_of_range", 0},
      {"18446744073709551615", "out_of_range", 0},
      {"18446744073709551616", "out_of_range", 0},
      {"18446744073709551626", "out_of_range", 0}, /* 10 modulo 2^64 */
      {"99999999999999999999999999999999", "out_of_range", 0},
      {"-9223372036854775808", "out_of_range", 0},
      {"-9223372036854775809", "out_of_range", 0},
      {"-99999999999999999999999999999999", "out_of_range", 0},
      {"1.0", "invalid_field", 0},
      {"12.5", "invalid_field", 0},
      {"1e2", "invalid_field", 0},
      {"1E2", "invalid_field", 0},
      {"1e-2", "invalid_field", 0},
      {"0.0", "invalid_field", 0},
      {"-0.0", "invalid_field", 0},
      {"1e400", "invalid_field", 0},
      {"\"12\"", "invalid_field", 0},
      {"\"12.50\"", "invalid_field", 0},
      {"true", "invalid_field", 0},
      {"null", "invalid_field", 0},
      {"[]", "invalid_field", 0},
      {"{}", "invalid_field", 0},
  };
  for (size_t i = 0; i < COUNT(numbers); i++) {
    g_autofree char *text = g_strdup_printf("{\"goods\":%s}", numbers[i].text);
    struct refund refund;
    struct violations violations;
    refund_init(&refund);
    violations_init(&violations);
    struct json_object *body = order_json_parse_body(text, strlen(text), &violations);
    bool good = refund_json_read(body, &refund, &violations);
    if (good != (numbers[i].code == NULL))
      fail_msg("%s: %d", numbers[i].text, good);
    if (good)
      assert_int_equal(refund.goods, numbers[i].value);
    else
      assert_string_equal(violations.items[0].code, numbers[i].code);
    json_object_put(body);
    refund_clear(&refund);
    violations_clear(&violations);
  }
}

static void expect_reason(const char *written, const char *meant)
{
  g_autofree char *text = g_strdup_printf("{\"reason\":\"%s\"}", written);
  struct violations violations;
  violations_init(&violations);
  struct json_object *body = order_json_parse_body(text, strlen(text), &violations);
  const char *reason = json_object_get_string(json_object_object_get(body, "reason"));
  if (g_strcmp0(reason, meant) != 0)
    fail_msg("%s was read as %s", text, reason);
  json_object_put(body);
  violations_clear(&violations);
}

/* json-c by itself loses those whose lower 16 bits look like a surrogate. */
static void every_pair_of_surrogates_is_its_character(void **state)
{
  (void)state;
  for (gunichar character = 0x10000; character <= 0x10ffff; character += 0x55) {
    gunichar above = character - 0x10000;
    char meant[7] = "", written[13];
    g_unichar_to_utf8(character, meant);
    g_snprintf(written, sizeof written, "\\u%04x\\u%04x", 0xd800 + (above >> 10), 0xdc00 + (above & 0x3ff));
    expect_reason(written, meant);
  }
  expect_reason("\\ud836\\udcd8\\\\ud836\\udbff\\udfff\\u00e9",
                "\xf0\x9d\xa3\x98\\ud836\xf4\x8f\xbf\xbf\xc3\xa9");
}

static void a_list_that_is_too_long_is_not_read(void **state)
{
  (void)state;
  for (int count = 200; count <= 201; count++) {
    g_autoptr(GString) text = g_string_new("{\"currency\":\"EUR\",\"lines\":[");
    for (int i = 0; i < count; i++)
      g_string_append_printf(text, "%s%s", i > 0 ? "," : "", LINE);
    g_string_append(text, "]}");
    struct order order;
    struct violations violations;
    order_init(&order);
    violations_init(&violations);
    struct json_object *body = order_json_parse_body(text->str, text->len, &violations);
    assert_int_equal(order_json_read(body, &order, &violations), count == 200);
    expect(text->str, &violations, count == 200 ? "" : "too_many_items /lines");
    assert_int_equal(order.line_count, count == 200 ? 200 : 0);
    json_object_put(body);
    order_clear(&order);
    violations_clear(&violations);
  }
}

static void refunds_are_refused_with_all_that_is_wrong(void **state)
{
  (void)state;
  static const struct reading refunds[] = {
      {"{}", ""},
      {"{\"lines\":[{\"line\":1,\"quantity\":2}],\"shipping\":490,\"reason\":\"void\"}", ""},
      {"{\"lines\":[{\"line\":1,\"quantity\":2,\"goods\":0,\"tax\":0}],\"tax\":1,\"refunded_at\":\"2026-11-"
       "23T13:00:00Z\"}",
       ""},
      {"{\"lines\":[],\"reason\":\"\",\"total\":5}",
       "invalid_field /lines; invalid_field /reason; unknown_field /total"},
      {"{\"lines\":[{\"line\":0},{\"quantity\":0,\"goods\":-1,\"name\":\"x\"}]}",
       "out_of_range /lines/0/line; invalid_field /lines/0/quantity; out_of_range /lines/1/quantity; "
       "out_of_range /lines/1/goods; unknown_field /lines/1/name; invalid_field /lines/1/line"},
      {"{\"refunded_at\":\"yesterday\",\"goods\":\"1\"}",
       "invalid_timestamp /refunded_at; invalid_field /goods"},
  };
  for (size_t i = 0; i < COUNT(refunds); i++) {
    struct refund refund;
    struct violations violations;
    refund_init(&refund);
    violations_init(&violations);
    struct json_object *body = order_json_parse_body(refunds[i].body, strlen(refunds[i].body), &violations);
    refund_json_read(body, &refund, &violations);
    expect(refunds[i].body, &violations, refunds[i].expected);
    json_object_put(body);
    refund_clear(&refund);
    violations_clear(&violations);
  }
}

static void read_order(const char *text, struct order *order)
{
  struct entry_totals totals;
  struct violations violations;
  order_init(order);
  violations_init(&violations);
  struct json_object *body = order_json_parse_body(text, strlen(text), &violations);
  assert_true(order_json_read(body, order, &violations));
  assert_true(order_check(order, &live, &totals, &violations));
  json_object_put(body);
}

static char *hex(const uint8_t hash[ENTRY_HASH_SIZE])
{
  GString *out = g_string_new(NULL);
  for (size_t i = 0; i < ENTRY_HASH_SIZE; i++)
    g_string_append_printf(out, "%02x", hash[i]);
  return g_string_free(out, FALSE);
}

/* Expected values: Python's hashlib over the lines of docs/data.md, "Body hash", written by hand. */
static void the_hash_is_over_what_was_said(void **state)
{
  (void)state;
  static const char *const plain = "da9970aac2b26fb337d71ba6f5fa8bf2804157b7feb63af529c504b3ae193901";
  static const struct {
    const char *body, *expected;
  } cases[] = {
      {"{\"currency\":\"EUR\",\"lines\":[" LINE "],\"shipping\":490,\"reference\":\"R-7\"}", plain},
      /* another order of members, other blanks and escapes, defaults said aloud: the same order */
      {"{ \"reference\":\"R\\u002d7\", \"shipping\":490, \"tax\":0, \"discount\":0, \"lines\":[" LINE "],"
       "\"currency\":\"\\u0045UR\" }",
       plain},
      {"{\"currency\":\"EUR\",\"lines\":[" LINE "],\"shipping\":490,\"reference\":\"R-7\","
       "\"placed_at\":\"2026-11-23T13:58:57.123Z\"}",
       "45c2e12e77b322eb1bbed051a50a3f0fd0117c33ab297029892b83241cd7e6de"},
      {"{\"currency\":\"EUR\",\"lines\":[" LINE "],\"shipping\":490,\"reference\":\"R-7\","
       "\"placed_at\":\"2026-11-23T15:58:57.1239+02:00\"}",
       "45c2e12e77b322eb1bbed051a50a3f0fd0117c33ab297029892b83241cd7e6de"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct order order;
    uint8_t hash[ENTRY_HASH_SIZE];
    read_order(cases[i].body, &order);
    order_json_hash(&order, hash);
    g_autofree char *got = hex(hash);
    assert_string_equal(got, cases[i].expected);
    order_clear(&order);
  }
}

/* The defaults that a check fills in are not what the merchant said. */
static void the_hash_of_a_refund_names_its_order(void **state)
{
  (void)state;
  struct ulid order_id;
  struct refund_line line = {.line = 1, .quantity = 2, .goods = 924, .tax = 133};
  struct refund refund = {
      .lines = &line, .line_count = 1, .shipping = 490, .reason = (char[]){"void"}, .refunded_at_ms = NOW_MS};
  uint8_t hash[ENTRY_HASH_SIZE];
  assert_true(ulid_parse("01ARZ3NDEKTSV4RRFFQ69G5FAV", 26, &order_id));
  refund_json_hash(&refund, &order_id, hash);
  g_autofree char *got = hex(hash);
  assert_string_equal(got, "6fc92869a9f57723e29631c5dd774646d91b5e14af62b96162fca67aec74009a");
}

static void expect_json(struct json_object *got, const char *expected)
{
  assert_string_equal(
      json_object_to_json_string_ext(got, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE), expected);
  json_object_put(got);
}

/* An order of 3 x 5.00 with 2.00 tax and 0.90 shipping, of which one unit came back. */
struct sale {
  struct order_line order_line;
  struct refund_line refund_line;
  struct entry order, refund;
  struct refund_rest rest;
};

static void sell(struct sale *sale)
{
  static char sku[] = "SKU-1", name[] = "<b>", channel[] = "web", note[] = "a \"b\"", reason[] = "void";
  *sale = (struct sale){
      .order_line = {.product_id = sku, .name = name, .quantity = 3, .unit_price = 500, .tax = 200},
      .refund_line = {.line = 1, .quantity = 1, .goods = 500, .tax = 66},
  };
  sale->order = (struct entry){
      .kind = ENTRY_ORDER,
      .at_ms = NOW_MS,
      .recorded_at_ms = NOW_MS + 1,
      .request_id = "00112233445566778899aabbccddeeff",
      .currency = "EUR",
      .exponent = 2,
      .totals = {.units = 3, .gross = 1500, .goods = 1500, .tax = 200, .shipping = 90, .total = 1790},
      .order = {.currency = "EUR",
                .lines = &sale->order_line,
                .line_count = 1,
                .shipping = 90,
                .channel = channel,
                .note = note},
  };
  sale->refund = (struct entry){
      .kind = ENTRY_REFUND,
      .at_ms = NOW_MS + 1000,
      .recorded_at_ms = NOW_MS + 1001,
      .late = true,
      .currency = "EUR",
      .exponent = 2,
      .totals = {.units = 1, .goods = 500, .tax = 66, .total = 566},
      .refund = {.lines = &sale->refund_line, .line_count = 1, .reason = reason},
      .refund_number = 1,
  };
  assert_true(ulid_parse("01ARZ3NDEKTSV4RRFFQ69G5FAV", 26, &sale->order.id));
  assert_true(ulid_parse("01ARYZ6S41TSV4RRFFQ69G5FAV", 26, &sale->refund.id));
  sale->refund.refund_of = sale->order.id;
  refund_rest_init(&sale->rest, &sale->order.order, &sale->order.totals);
  assert_int_equal(refund_rest_take(&sale->rest, &sale->refund.refund, &sale->refund.totals, NULL),
                   RESULT_OK);
}

#define ORDER_TAIL                                                                                           \
  "\"late\":false,\"currency\":\"EUR\",\"exponent\":2,\"lines\":[{\"line\":1,\"product_id\":\"SKU-1\","      \
  "\"name\":\"<b>\",\"quantity\":3,\"unit_price\":500,\"discount\":0,\"tax\":200}],\"discount\":0,"          \
  "\"shipping\":90,"                                                                                         \
  "\"tax\":0,\"channel\":\"web\",\"note\":\"a "                                                              \
  "\\\"b\\\"\",\"totals\":{\"units\":3,\"gross\":1500,\"discounts\":0,"                                      \
  "\"tax\":200,\"shipping\":90,\"total\":1790}"
#define ORDER_HEAD                                                                                           \
  "\"id\":\"ord_01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"placed_at\":\"2026-11-23T13:58:57.123Z\","                    \
  "\"recorded_at\":\"2026-11-23T13:58:57.124Z\",\"request_id\":\"00112233445566778899aabbccddeeff\","
#define REFUND_TAIL                                                                                          \
  "\"late\":true,\"currency\":\"EUR\",\"exponent\":2,\"lines\":[{\"line\":1,\"quantity\":1,\"goods\":500,"   \
  "\"tax\":66}],"                                                                                            \
  "\"reason\":\"void\",\"totals\":{\"units\":1,\"goods\":500,\"tax\":66,\"shipping\":0,\"total\":566}"
#define REFUND                                                                                               \
  "{\"id\":\"rfd_01ARYZ6S41TSV4RRFFQ69G5FAV\",\"order_id\":\"ord_01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"number\":1," \
  "\"refunded_at\":\"2026-11-23T13:58:58.123Z\",\"recorded_at\":\"2026-11-23T13:58:58.124Z\"," REFUND_TAIL   \
  "}"

static void entries_are_written_in_their_public_form(void **state)
{
  (void)state;
  struct sale sale;
  sell(&sale);
  expect_json(order_json_write(&sale.order, true), "{" ORDER_HEAD ORDER_TAIL "}");
  expect_json(order_json_write(&sale.order, false),
              "{\"placed_at\":\"2026-11-23T13:58:57.123Z\"," ORDER_TAIL "}");
  expect_json(refund_json_write(&sale.refund, true), REFUND);
  expect_json(refund_json_write(&sale.refund, false),
              "{\"order_id\":\"ord_01ARZ3NDEKTSV4RRFFQ69G5FAV\","
              "\"refunded_at\":\"2026-11-23T13:58:58.123Z\"," REFUND_TAIL "}");
  refund_rest_clear(&sale.rest);
}

static void an_order_shows_its_refunds_and_what_is_left(void **state)
{
  (void)state;
  struct sale sale;
  sell(&sale);
  const struct entry *refunds[] = {&sale.refund};
  expect_json(order_json_write_full(&sale.order, refunds, 1, &sale.rest),
              "{" ORDER_HEAD ORDER_TAIL ",\"refunds\":[" REFUND
              "],\"remaining\":{\"units\":2,\"goods\":1000,\"tax\":134,"
              "\"shipping\":90,\"lines\":[{\"line\":1,\"quantity\":2,\"goods\":1000,\"tax\":134}]}}");
  refund_rest_clear(&sale.rest);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bodies_that_are_no_object_are_malformed),
      cmocka_unit_test(whatever_the_scanner_passes_is_parsed),
      cmocka_unit_test(orders_are_refused_with_all_that_is_wrong),
      cmocka_unit_test(integers_are_written_as_integers),
      cmocka_unit_test(every_pair_of_surrogates_is_its_character),
      cmocka_unit_test(a_list_that_is_too_long_is_not_read),
      cmocka_unit_test(refunds_are_refused_with_all_that_is_wrong),
      cmocka_unit_test(the_hash_is_over_what_was_said),
      cmocka_unit_test(the_hash_of_a_refund_names_its_order),
      cmocka_unit_test(entries_are_written_in_their_public_form),
      cmocka_unit_test(an_order_shows_its_refunds_and_what_is_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
