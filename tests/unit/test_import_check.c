#include "cli/import/check.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>

#include "cli/import/bad.h"
#include "cli/import/drafts_ndjson.h"
#include "cli/import/file_prefix.h"

#define NOW INT64_C(1795442400000) /* 2026-11-23T14:00:00Z */
#define IMPORT_ID "01KASM0000000000000000000F"

static const struct merchant shop = {
    .id = "shop", .zone = "Europe/Berlin", .currencies = {"EUR", "JPY"}, .currency_count = 2};

/* The draft of the only line of an NDJSON file. The caller clears it. */
static void read_line(const char *text, const char *row_prefix, struct draft *draft)
{
  FILE *stream = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
  struct drafts *drafts = drafts_ndjson_new(stream, row_prefix);
  bool end = true;
  draft_init(draft);
  assert_int_equal(drafts->next(drafts, draft, &end, NULL), RESULT_OK);
  assert_false(end);
  drafts_free(drafts);
  fclose(stream);
}

static bool check(struct draft *draft, struct entry *entry)
{
  const struct check_terms terms = {.merchant = &shop, .now_ms = NOW, .import_id = IMPORT_ID};
  entry_init(entry, ENTRY_ORDER);
  return check_draft(draft, &terms, entry);
}

#define BODY(more)                                                                                           \
  "{\"currency\":\"EUR\",\"placed_at\":\"1999-12-31T23:30:00Z\",\"reference\":\"r-1\"," more                 \
  "\"lines\":[{\"product_id\":\"t\",\"name\":\"Tea\",\"quantity\":3,\"unit_price\":350,\"tax\":70}]}"

/* 3 x 3.50 + 0.70 tax + 4.90 shipping = 16.10. */
static void a_body_becomes_an_entry(void **state)
{
  (void)state;
  struct draft draft;
  struct entry entry;
  read_line("\n" BODY("\"shipping\":490,") "\n", NULL, &draft);
  assert_int_equal(draft.line, 2);
  assert_true(check(&draft, &entry));
  assert_string_equal(entry.merchant, "shop");
  assert_string_equal(entry.idem, "import/r-1");
  assert_string_equal(entry.import_id, IMPORT_ID);
  assert_string_equal(entry.currency, "EUR");
  assert_int_equal(entry.exponent, 2);
  assert_int_equal(entry.at_ms, INT64_C(946683000000));
  assert_int_equal(entry.recorded_at_ms, NOW);
  assert_true(entry.late);
  assert_int_equal(entry.totals.units, 3);
  assert_int_equal(entry.totals.gross, 1050);
  assert_int_equal(entry.totals.tax, 70);
  assert_int_equal(entry.totals.shipping, 490);
  assert_int_equal(entry.totals.total, 1610);
  entry_clear(&entry);
  draft_clear(&draft);
}

/* Late is what is recorded two hours after its time, or more. */
static void an_order_of_the_last_two_hours_is_not_late(void **state)
{
  (void)state;
  static const struct {
    const char *placed_at;
    bool late;
  } cases[] = {{"2026-11-23T12:00:00Z", true}, {"2026-11-23T12:00:00.001Z", false}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    g_autofree char *line =
        g_strdup_printf("{\"currency\":\"JPY\",\"placed_at\":\"%s\",\"reference\":\"r\",\"lines\":"
                        "[{\"product_id\":\"t\",\"name\":\"T\",\"quantity\":1,\"unit_price\":1}]}",
                        cases[i].placed_at);
    struct draft draft;
    struct entry entry;
    read_line(line, NULL, &draft);
    assert_true(check(&draft, &entry));
    assert_int_equal(entry.exponent, 0);
    assert_int_equal(entry.late, cases[i].late);
    entry_clear(&entry);
    draft_clear(&draft);
  }
}

static void a_line_without_reference_takes_its_number(void **state)
{
  (void)state;
  static const char line[] = "\n\n{\"currency\":\"EUR\",\"placed_at\":\"2020-01-01T00:00:00Z\",\"lines\":"
                             "[{\"product_id\":\"t\",\"name\":\"T\",\"quantity\":1,\"unit_price\":1}]}";
  struct draft draft;
  struct entry entry;
  read_line(line, "0123456789ab", &draft);
  assert_true(check(&draft, &entry));
  assert_string_equal(entry.idem, "import/0123456789ab-3");
  assert_string_equal(entry.order.reference, "0123456789ab-3");
  entry_clear(&entry);
  draft_clear(&draft);
}

static void assert_fault(const char *line, const char *field, const char *code)
{
  struct draft draft;
  struct entry entry;
  read_line(line, NULL, &draft);
  assert_false(check(&draft, &entry));
  assert_int_equal(draft.faults->len, 1);
  const struct fault *fault = &g_array_index(draft.faults, struct fault, 0);
  assert_int_equal(fault->line, 1);
  assert_string_equal(fault->field, field);
  assert_string_equal(fault->code, code);
  entry_clear(&entry);
  draft_clear(&draft);
}

static void what_is_wrong_with_a_body_is_told_by_its_pointer(void **state)
{
  (void)state;
  assert_fault("{\"a\":1", "", "malformed_json");
  assert_fault("{\"a\":1,\"a\":1}", "", "duplicate_member");
  assert_fault("[]", "", "malformed_json");
  assert_fault(BODY("\"colour\":\"red\","), "/colour", "unknown_field");
  assert_fault(BODY("\"total\":1121,"), "/total", "amount_mismatch");
  assert_fault("{\"currency\":\"EUR\",\"placed_at\":\"2020-01-01T00:00:00Z\",\"lines\":"
               "[{\"product_id\":\"t\",\"name\":\"T\",\"quantity\":1,\"unit_price\":1}]}",
               "/reference", "invalid_field");
}

static void equal_bodies_have_one_hash_whatever_their_order(void **state)
{
  (void)state;
  static const char swapped[] =
      "{ \"lines\":[{\"tax\":70,\"unit_price\":350,\"quantity\":3,\"name\":\"Tea\",\"product_id\":\"t\"}],"
      "\"reference\":\"r-1\",\"placed_at\":\"2000-01-01T00:30:00+01:00\",\"currency\":\"EUR\"}";
  struct draft a, b, c;
  struct entry first, second, third;
  read_line(BODY(""), NULL, &a);
  read_line(swapped, NULL, &b);
  read_line(BODY("\"shipping\":1,"), NULL, &c);
  assert_true(check(&a, &first) && check(&b, &second) && check(&c, &third));
  assert_memory_equal(first.body_hash, second.body_hash, ENTRY_HASH_SIZE);
  assert_memory_not_equal(first.body_hash, third.body_hash, ENTRY_HASH_SIZE);
  entry_clear(&first);
  entry_clear(&second);
  entry_clear(&third);
  draft_clear(&a);
  draft_clear(&b);
  draft_clear(&c);
}

/* SHA-256 of "abc" begins with ba7816bf 8f01 (FIPS 180-4). */
static void a_file_is_named_by_its_sha_256(void **state)
{
  (void)state;
  char text[] = "abc";
  FILE *stream = fmemopen(text, 3, "r");
  g_autofree char *prefix = NULL;
  assert_int_equal(file_prefix(stream, &prefix, NULL), RESULT_OK);
  assert_string_equal(prefix, "ba7816bf8f01");
  assert_int_equal(fgetc(stream), 'a');
  fclose(stream);
}

static void bad_rows_are_csv_and_none_leave_no_file(void **state)
{
  (void)state;
  g_autofree char *folder = g_dir_make_tmp("takings-bad-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "file.bad", NULL);
  g_autofree char *text = NULL;
  struct bad *bad = NULL;
  assert_int_equal(bad_open(path, &bad, NULL), RESULT_OK);
  bad_add_fault(bad, 7, "note", "invalid_field", "one \"word\", another");
  assert_int_equal(bad_close(bad, NULL), RESULT_OK);
  assert_true(g_file_get_contents(path, &text, NULL, NULL));
  assert_string_equal(text,
                      "line,field,code,reason\n7,\"note\",invalid_field,\"one \"\"word\"\", another\"\n");

  assert_int_equal(bad_open(path, &bad, NULL), RESULT_OK);
  assert_int_equal(bad_close(bad, NULL), RESULT_OK);
  assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
  assert_int_equal(g_rmdir(folder), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_body_becomes_an_entry),
      cmocka_unit_test(an_order_of_the_last_two_hours_is_not_late),
      cmocka_unit_test(a_line_without_reference_takes_its_number),
      cmocka_unit_test(what_is_wrong_with_a_body_is_told_by_its_pointer),
      cmocka_unit_test(equal_bodies_have_one_hash_whatever_their_order),
      cmocka_unit_test(a_file_is_named_by_its_sha_256),
      cmocka_unit_test(bad_rows_are_csv_and_none_leave_no_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
