#include "cli/import/drafts_rows.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "domain/zone.h"

/* Reads CSV (its first row the header) as the import does, in Europe/Berlin and EUR. Every order is one line
 * of what is returned: its body, or "LINE field code" for each fault; what ends the reading early is the
 * last. Caller owns it. */
struct setting {
  const char *map; /* --map, or NULL */
  const char *set; /* --set, or NULL */
  const char *row_prefix;
  const char *currency;
};

static void append_draft(GString *out, const struct draft *draft)
{
  for (guint i = 0; i < draft->faults->len; i++) {
    const struct fault *fault = &g_array_index(draft->faults, struct fault, i);
    g_string_append_printf(out, "%s%zu %s %s", i > 0 ? "; " : "", fault->line, fault->field, fault->code);
  }
  if (draft->faults->len == 0)
    g_string_append(out, json_object_to_json_string_ext(draft->body, JSON_C_TO_STRING_PLAIN));
  g_string_append_c(out, '\n');
}

static void bind(struct mapping *mapping, const struct setting *setting, struct cells_reader *reader,
                 size_t *width)
{
  g_autoptr(GPtrArray) unused = g_ptr_array_new_with_free_func(g_free);
  struct cells header;
  bool end = false;
  mapping_init(mapping);
  if (setting->map != NULL)
    assert_int_equal(mapping_add(mapping, setting->map, NULL), RESULT_OK);
  if (setting->set != NULL)
    assert_int_equal(mapping_add_constant(mapping, setting->set, NULL), RESULT_OK);
  assert_int_equal(reader->next(reader, &header, &end, NULL), RESULT_OK);
  *width = header.count;
  assert_int_equal(mapping_bind(mapping, &header, unused, NULL), RESULT_OK);
}

static struct scattered *scan(const char *text, const struct mapping *mapping)
{
  FILE *stream = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
  struct cells_reader *reader = cells_csv_new(stream);
  struct scattered *scattered = scattered_scan(reader, mapping);
  cells_reader_free(reader);
  fclose(stream);
  return scattered;
}

static char *read_orders(const struct setting *setting, const char *text)
{
  struct mapping mapping;
  struct zone *zone = NULL;
  FILE *stream = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
  struct cells_reader *reader = cells_csv_new(stream);
  struct rows_terms terms = {
      .mapping = &mapping, .currency = setting->currency, .row_prefix = setting->row_prefix};
  bind(&mapping, setting, reader, &terms.header_width);
  struct scattered *scattered = scan(text, &mapping);
  assert_int_equal(zone_open("Europe/Berlin", &zone, NULL), RESULT_OK);
  terms.scattered = scattered;
  terms.times = times_new(zone);
  struct drafts *drafts = drafts_rows_new(reader, &terms);
  GString *out = g_string_new(NULL);
  struct err e = ERR_NONE;
  for (bool end = false; e.code == RESULT_OK && !end;) {
    struct draft draft;
    draft_init(&draft);
    enum result r = drafts->next(drafts, &draft, &end, &e);
    assert_int_equal(r, e.code);
    if (r != RESULT_OK)
      g_string_append_printf(out, "%s: %s\n", result_name(r), e.text);
    else if (!end)
      append_draft(out, &draft);
    draft_clear(&draft);
  }
  drafts_free(drafts);
  times_free(terms.times);
  zone_free(zone);
  scattered_free(scattered);
  mapping_clear(&mapping);
  fclose(stream);
  return g_string_free(out, FALSE);
}

static void assert_orders(const struct setting *setting, const char *text, const char *orders)
{
  g_autofree char *found = read_orders(setting, text);
  assert_string_equal(found, orders);
}

static const struct setting plain = {.currency = "EUR"};

#define HEADER "reference,placed_at,product_id,quantity,unit_price\n"

/* Berlin is an hour ahead of UTC in January: the day begins at 23:00 of the day before. */
static void rows_with_one_reference_are_one_order(void **state)
{
  (void)state;
  assert_orders(
      &plain,
      HEADER "a-1,2026-01-15,tea,2,3.50\na-1,,cup,1,12\nb-2,2026-01-15T10:00:00Z,tea,1,0\n"
             "c-3,2026-01-15T10:00:00Z,tea,1,-0.00\n",
      "{\"reference\":\"a-1\",\"placed_at\":\"2026-01-14T23:00:00.000Z\",\"currency\":\"EUR\",\"lines\":["
      "{\"product_id\":\"tea\",\"name\":\"tea\",\"quantity\":2,\"unit_price\":350},"
      "{\"product_id\":\"cup\",\"name\":\"cup\",\"quantity\":1,\"unit_price\":1200}]}\n"
      "{\"reference\":\"b-2\",\"placed_at\":\"2026-01-15T10:00:00.000Z\",\"currency\":\"EUR\",\"lines\":["
      "{\"product_id\":\"tea\",\"name\":\"tea\",\"quantity\":1,\"unit_price\":0}]}\n"
      "{\"reference\":\"c-3\",\"placed_at\":\"2026-01-15T10:00:00.000Z\",\"currency\":\"EUR\",\"lines\":["
      "{\"product_id\":\"tea\",\"name\":\"tea\",\"quantity\":1,\"unit_price\":0}]}\n");
}

/* 3 for 10.00: two at 3.33 and one at 3.34. */
static void a_line_total_is_split_and_amounts_have_the_currencys_digits(void **state)
{
  (void)state;
  static const struct setting setting = {.map = "placed_at=when,quantity=n,line_total=paid",
                                         .set = "product_id=cd",
                                         .row_prefix = "0123456789ab"};
  assert_orders(
      &setting, "when,n,paid,currency\n20260701,3,10.00,EUR\n20260701,2,1.001,KWD\n20260701,2,7,JPY\n",
      "{\"reference\":\"0123456789ab-2\",\"placed_at\":\"2026-06-30T22:00:00.000Z\",\"currency\":\"EUR\","
      "\"lines\":[{\"product_id\":\"cd\",\"name\":\"cd\",\"quantity\":2,\"unit_price\":333},"
      "{\"product_id\":\"cd\",\"name\":\"cd\",\"quantity\":1,\"unit_price\":334}]}\n"
      "{\"reference\":\"0123456789ab-3\",\"placed_at\":\"2026-06-30T22:00:00.000Z\",\"currency\":\"KWD\","
      "\"lines\":[{\"product_id\":\"cd\",\"name\":\"cd\",\"quantity\":1,\"unit_price\":500},"
      "{\"product_id\":\"cd\",\"name\":\"cd\",\"quantity\":1,\"unit_price\":501}]}\n"
      "{\"reference\":\"0123456789ab-4\",\"placed_at\":\"2026-06-30T22:00:00.000Z\",\"currency\":\"JPY\","
      "\"lines\":[{\"product_id\":\"cd\",\"name\":\"cd\",\"quantity\":1,\"unit_price\":3},"
      "{\"product_id\":\"cd\",\"name\":\"cd\",\"quantity\":1,\"unit_price\":4}]}\n");
}

static void equal_rows_without_reference_are_orders_of_their_own(void **state)
{
  (void)state;
  static const struct setting setting = {.currency = "EUR", .row_prefix = "f"};
  g_autofree char *found =
      read_orders(&setting, "placed_at,product_id,quantity,unit_price\n20260101,a,1,1\n20260101,a,1,1\n");
  assert_non_null(strstr(found, "\"f-2\""));
  assert_non_null(strstr(found, "\"f-3\""));
}

static void order_fields_come_from_the_first_row(void **state)
{
  (void)state;
  assert_orders(
      &plain,
      "reference,placed_at,product_id,name,quantity,unit_price,discount,tax,order_discount,shipping,note\n"
      "r,2026-01-15T00:00:00Z,a,Tea,1,5.00,0.50,0.95,1.00,4.90,\"two\nlines\"\n"
      "r,,b,,2,1.00,,,,4.90,\n",
      "{\"reference\":\"r\",\"placed_at\":\"2026-01-15T00:00:00.000Z\",\"currency\":\"EUR\","
      "\"note\":\"two\\nlines\",\"discount\":100,\"shipping\":490,\"lines\":["
      "{\"product_id\":\"a\",\"name\":\"Tea\",\"quantity\":1,\"unit_price\":500,\"discount\":50,\"tax\":95},"
      "{\"product_id\":\"b\",\"name\":\"b\",\"quantity\":2,\"unit_price\":100}]}\n");
  assert_orders(&plain,
                "reference,placed_at,product_id,quantity,unit_price,shipping\n"
                "r,20260115,a,1,5.00,4.90\nr,20260116,b,2,1.00,5.90\n",
                "3 placed_at invalid_field; 3 shipping invalid_field\n");
}

static void bad_cells_name_line_and_field(void **state)
{
  (void)state;
  assert_orders(&plain, HEADER "r,20260115,a,x,5.00\n", "2 quantity invalid_field\n");
  assert_orders(&plain, HEADER "r,20260115,a,1,5.001\n", "2 unit_price invalid_field\n");
  assert_orders(&plain, HEADER "r,20260115,a,1,\"5,00\"\n", "2 unit_price invalid_field\n");
  assert_orders(&plain, HEADER "r,15.01.2026,a,1,5\n", "2 placed_at invalid_timestamp\n");
  assert_orders(&plain, HEADER "r,20260230,a,1,5\n", "2 placed_at invalid_timestamp\n");
  assert_orders(&plain, HEADER "r,,,,\n",
                "2 placed_at invalid_timestamp; 2 product_id invalid_field; 2 quantity invalid_field; "
                "2 unit_price invalid_field\n");
  static const struct setting no_currency = {.map = NULL};
  assert_orders(&no_currency, HEADER "r,20260115,a,1,5\n", "2 currency invalid_currency\n");
}

static void a_total_must_agree_with_price_and_quantity(void **state)
{
  (void)state;
  static const char header[] = "reference,placed_at,product_id,quantity,unit_price,line_total\n";
  g_autofree char *right = g_strconcat(header, "r,2026-01-15T00:00:00Z,a,3,5.00,15.00\n", NULL);
  g_autofree char *wrong = g_strconcat(header, "r,2026-01-15T00:00:00Z,a,3,5.00,15.01\n", NULL);
  g_autofree char *none = g_strconcat(header, "r,2026-01-15T00:00:00Z,a,0,,15.01\n", NULL);
  g_autofree char *negative = g_strconcat(header, "r,2026-01-15T00:00:00Z,a,1,,-15.01\n", NULL);
  assert_orders(
      &plain, right,
      "{\"reference\":\"r\",\"placed_at\":\"2026-01-15T00:00:00.000Z\",\"currency\":\"EUR\",\"lines\":["
      "{\"product_id\":\"a\",\"name\":\"a\",\"quantity\":3,\"unit_price\":500}]}\n");
  assert_orders(&plain, wrong, "2 line_total amount_mismatch\n");
  assert_orders(&plain, none, "2 quantity out_of_range\n");
  assert_orders(&plain, negative, "2 line_total out_of_range\n");
}

static void an_order_whose_rows_are_scattered_is_refused_whole(void **state)
{
  (void)state;
  g_autofree char *found =
      read_orders(&plain, HEADER "a,20260115,x,1,1\nb,20260115,x,1,1\na,20260115,y,1,1\n");
  g_auto(GStrv) orders = g_strsplit(found, "\n", -1);
  assert_string_equal(orders[0], "2 reference invalid_field");
  assert_non_null(strstr(orders[1], "\"b\""));
  assert_string_equal(orders[2], "4 reference invalid_field");
}

/* Line 3 may be a line of "a" or of "b": neither is stored with a line missing. */
static void an_unreadable_row_makes_its_neighbours_bad(void **state)
{
  (void)state;
  g_autofree char *found =
      read_orders(&plain, HEADER "a,20260115,x,1,1\n,20260115,y,1\nb,20260115,x,1,1\nc,20260115,x,1,1\n");
  g_auto(GStrv) orders = g_strsplit(found, "\n", -1);
  assert_string_equal(orders[0], "2  invalid_field");
  assert_string_equal(orders[1], "3  invalid_field");
  assert_string_equal(orders[2], "4  invalid_field");
  assert_non_null(strstr(orders[3], "\"c\""));
}

/* "b" may have a line behind the quote; nobody can tell what stands after it. */
static void a_quote_out_of_place_makes_the_order_before_it_bad(void **state)
{
  (void)state;
  g_autofree char *found = read_orders(
      &plain, HEADER "a,20260115,x,1,1\nb,20260115,x,1,1\nc,20260115,x,1,\"1.0\"0\nd,20260115,x,1,1\n");
  g_auto(GStrv) orders = g_strsplit(found, "\n", -1);
  assert_non_null(strstr(orders[0], "\"a\""));
  assert_string_equal(orders[1], "3  invalid_field");
  assert_string_equal(orders[2], "4  invalid_field");
  assert_string_equal(orders[3], "invalid: line 4: a quote out of place; the rest of the file was not read");
  assert_string_equal(orders[4], "");
}

/* The rules refuse the 201st line; what comes behind it is not kept. */
static void an_order_without_end_is_bounded(void **state)
{
  (void)state;
  GString *text = g_string_new(HEADER);
  for (int i = 0; i < 1000; i++)
    g_string_append(text, "r,20260115,a,1,1\n");
  g_autofree char *found = read_orders(&plain, text->str);
  size_t lines = 0;
  for (const char *p = found; (p = strstr(p, "product_id")) != NULL; p++)
    lines++;
  assert_int_equal(lines, 201);
  g_string_free(text, TRUE);
}

/* Samoa went from 29 to 31 December 2011; Berlin's spring day begins at 23:00 UTC whatever happens at two
 * o'clock. */
static void a_date_is_the_start_of_the_local_day(void **state)
{
  (void)state;
  static const struct {
    const char *zone, *text;
    int64_t ms; /* from Python's zoneinfo; -1: refused */
  } cases[] = {
      {"UTC", "19970101", INT64_C(852076800000)},
      {"America/New_York", "1997-01-01", INT64_C(852094800000)},
      {"Europe/Berlin", "20260329", INT64_C(1774738800000)},
      {"Asia/Kathmandu", "2026-01-01", INT64_C(1767204900000)},
      {"Pacific/Apia", "20111229", INT64_C(1325152800000)},
      {"Pacific/Apia", "20111230", -1},
      {"Pacific/Apia", "20111231", INT64_C(1325239200000)},
      {"UTC", "2026-1-1", -1},
      {"UTC", "2026-01-01 10:00", -1},
      {"UTC", "2026-01-01T10:00:00+02:00", INT64_C(1767254400000)},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct zone *zone = NULL;
    int64_t ms = -1;
    assert_int_equal(zone_open(cases[i].zone, &zone, NULL), RESULT_OK);
    struct times *times = times_new(zone);
    for (int again = 0; again < 2; again++) {
      enum result r = times_parse(times, cases[i].text, &ms, NULL);
      assert_int_equal(r, cases[i].ms == -1 ? RESULT_INVALID : RESULT_OK);
      if (r == RESULT_OK)
        assert_int_equal(ms, cases[i].ms);
    }
    times_free(times);
    zone_free(zone);
  }
}

static void mappings_are_checked(void **state)
{
  (void)state;
  static const char *const refused[] = {"sku=x", "quantity", "quantity=", "quantity=1,quantity=2", "=x", ""};
  struct mapping mapping;
  for (size_t i = 0; i < COUNT(refused); i++) {
    mapping_init(&mapping);
    assert_int_equal(mapping_add(&mapping, refused[i], NULL), RESULT_INVALID);
    mapping_clear(&mapping);
  }
  mapping_init(&mapping);
  assert_int_equal(mapping_add(&mapping, "quantity=1", NULL), RESULT_OK);
  assert_int_equal(mapping_add_constant(&mapping, "quantity=1", NULL), RESULT_INVALID);
  mapping_clear(&mapping);
}

static void a_header_is_seen(void **state)
{
  (void)state;
  char *names[] = {(char[]){"date"}, (char[]){"n1"}};
  char *values[] = {(char[]){"19970101"}, (char[]){"1"}};
  const struct cells header = {.line = 1, .cell = names, .count = COUNT(names)};
  const struct cells row = {.line = 1, .cell = values, .count = COUNT(values)};
  static const struct {
    const char *map;
    bool in_names, in_values;
  } cases[] = {
      {"placed_at=1,quantity=2", true, false},
      {"placed_at=2", false, false}, /* "n1" has a digit */
      {"placed_at=date", true, true},
      {"quantity=2", true, true}, /* then only a header tells placed_at */
      {"placed_at=1,quantity=n1", true, true},
      {"placed_at=3", false, false},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct mapping mapping;
    mapping_init(&mapping);
    assert_int_equal(mapping_add(&mapping, cases[i].map, NULL), RESULT_OK);
    assert_int_equal(mapping_sees_header(&mapping, &header), cases[i].in_names);
    assert_int_equal(mapping_sees_header(&mapping, &row), cases[i].in_values);
    mapping_clear(&mapping);
  }
}

static void columns_are_found_by_name_then_by_number(void **state)
{
  (void)state;
  char *names[] = {(char[]){"qty"}, (char[]){"unit_price"}, (char[]){"1"}, (char[]){"qty2"},
                   (char[]){"qty2"}};
  const struct cells header = {.line = 1, .cell = names, .count = COUNT(names)};
  g_autoptr(GPtrArray) unused = g_ptr_array_new_with_free_func(g_free);
  struct mapping mapping;
  mapping_init(&mapping);
  assert_int_equal(mapping_add(&mapping, "quantity=qty,tax=1,discount=4", NULL), RESULT_OK);
  assert_int_equal(mapping_bind(&mapping, &header, unused, NULL), RESULT_OK);
  assert_int_equal(mapping.column[ROW_FIELD_QUANTITY], 0);
  assert_int_equal(mapping.column[ROW_FIELD_UNIT_PRICE], 1);
  assert_int_equal(mapping.column[ROW_FIELD_TAX], 2);
  assert_int_equal(mapping.column[ROW_FIELD_DISCOUNT], 3);
  assert_int_equal(unused->len, 1);
  assert_string_equal(unused->pdata[0], "qty2");
  assert_int_equal(mapping_check(&mapping, true, NULL), RESULT_INVALID);
  mapping_clear(&mapping);

  static const char *const refused[] = {"name=qty2", "name=none", "name=6", "name=0"};
  for (size_t i = 0; i < COUNT(refused); i++) {
    mapping_init(&mapping);
    assert_int_equal(mapping_add(&mapping, refused[i], NULL), RESULT_OK);
    assert_int_equal(mapping_bind(&mapping, &header, unused, NULL), RESULT_INVALID);
    mapping_clear(&mapping);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_with_one_reference_are_one_order),
      cmocka_unit_test(a_line_total_is_split_and_amounts_have_the_currencys_digits),
      cmocka_unit_test(equal_rows_without_reference_are_orders_of_their_own),
      cmocka_unit_test(order_fields_come_from_the_first_row),
      cmocka_unit_test(bad_cells_name_line_and_field),
      cmocka_unit_test(a_total_must_agree_with_price_and_quantity),
      cmocka_unit_test(an_order_whose_rows_are_scattered_is_refused_whole),
      cmocka_unit_test(an_unreadable_row_makes_its_neighbours_bad),
      cmocka_unit_test(a_quote_out_of_place_makes_the_order_before_it_bad),
      cmocka_unit_test(an_order_without_end_is_bounded),
      cmocka_unit_test(a_date_is_the_start_of_the_local_day),
      cmocka_unit_test(mappings_are_checked),
      cmocka_unit_test(a_header_is_seen),
      cmocka_unit_test(columns_are_found_by_name_then_by_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
