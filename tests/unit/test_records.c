/* The text records in Redis: head, card, parked list, proof: each survives its own text form, and no other
 * text is taken. */
#include <string.h>

#include "domain/metric.h"
#include "tests/unit/unit.h"
#include "translation/card.h"
#include "translation/head.h"
#include "translation/parked.h"
#include "translation/proof.h"

#define EPOCH "0123456789abcdef"
#define PREFIX "00000000000000ff"
#define TABLE "1111222233334444"
#define COLUMNS "1:orders,total_sales"

static GBytes *bytes_of(const char *text)
{
  return g_bytes_new(text, strlen(text));
}

static const char *const good_heads[] = {
    "h1 " EPOCH " - - - - - -",
    "h1 " EPOCH " 6b04553300000001 1795446067946 8265a0 00000000000000aa - -",
    "h1 " EPOCH
    " 6b04553300000001 1795446067946 8265a0 00000000000000aa 6b04553400000002 at:6b04553400000002",
    "h1 " EPOCH " - - - 00000000000000aa 6b04553400000002 at:6b04553400000002",
};

static const char *const bad_heads[] = {
    "",
    "h1",
    "h2 " EPOCH " - - - - - -",
    "h1 " EPOCH " - - - - - - ",
    "h1 " EPOCH " - - - - -",
    "h1  " EPOCH " - - - - - -",
    "h1 0123456789ABCDEF - - - - - -",
    "h1 0123 - - - - - -",
    "h1 " EPOCH " 6b04553300000001 - 8265a0 00000000000000aa - -",
    "h1 " EPOCH " 6b04553300000001 1 - 00000000000000aa - -",
    "h1 " EPOCH " 6b04553300000001 1x 8265a0 00000000000000aa - -",
    "h1 " EPOCH " - 1 - - - -",
    "h1 " EPOCH " - - - - 6b04553400000002 -",
    "h1 " EPOCH " - - - - - at:6b04553400000002",
    "h1 " EPOCH " 6b04553300000001 253402300800000 8265a0 00000000000000aa - -", /* 10000-01-01 */
    "h1 " EPOCH " 6b04553300000001 -62167219200001 8265a0 00000000000000aa - -", /* before the year 0000 */
    "h1 " EPOCH " 6b04553300000001 1795446067946 8265a0\x7f 00000000000000aa - -",
    "h1 " EPOCH " 6b04553300000001 1795446067946 \xc3\xa9 00000000000000aa - -",
};

static void heads(void **state)
{
  (void)state;
  struct head head;
  head_init(&head);
  for (size_t i = 0; i < COUNT(good_heads); i++) {
    g_autoptr(GBytes) bytes = bytes_of(good_heads[i]);
    assert_int_equal(head_decode(bytes, &head, NULL), RESULT_OK);
    g_autofree char *again = head_encode(&head);
    assert_string_equal(again, good_heads[i]);
  }
  assert_false(head.has_ck);
  assert_true(head.has_mark);
  assert_int_equal(head.mark, UINT64_C(0x6b04553400000002));
  for (size_t i = 0; i < COUNT(bad_heads); i++) {
    g_autoptr(GBytes) bytes = bytes_of(bad_heads[i]);
    assert_int_equal(head_decode(bytes, &head, NULL), RESULT_CORRUPT);
    assert_string_equal(head.epoch, "");
  }
  g_autoptr(GBytes) with_nul = g_bytes_new("h1 " EPOCH "\0- - - - - -", 31);
  assert_int_equal(head_decode(with_nul, &head, NULL), RESULT_CORRUPT);
  head_clear(&head);
}

#define CARD(zone, currencies, recut, cut)                                                                   \
  "c1 " EPOCH " " PREFIX " 6b04553300000001 " zone " " EPOCH " " TABLE " " COLUMNS " " currencies " " recut  \
  " " cut

static const char *const good_cards[] = {
    CARD("Europe/Berlin", "EUR,USD", "0", "cut"),
    CARD("Mars/Olympus", "JPY", "12", "uncut"),
};

static const char *const bad_cards[] = {
    CARD("Europe/Berlin", "EUR,", "0", "cut"),     CARD("Europe/Berlin", "EURUSD", "0", "cut"),
    CARD("Europe/Berlin", "eur", "0", "cut"),      CARD("Europe/Berlin", "EUR;USD", "0", "cut"),
    CARD("Europe/Berlin", "EUR", "-", "cut"),      CARD("Europe/Berlin", "EUR", "0", "maybe"),
    CARD("Europe/Berlin", "EUR", "0", "cut more"), "c2" CARD("UTC", "EUR", "0", "cut"),
    CARD("Europe/\xff", "EUR", "0", "uncut"),
};

static void cards(void **state)
{
  (void)state;
  struct card card;
  for (size_t i = 0; i < COUNT(good_cards); i++) {
    g_autoptr(GBytes) bytes = bytes_of(good_cards[i]);
    assert_int_equal(card_decode(bytes, &card, NULL), RESULT_OK);
    g_autofree char *again = card_encode(&card);
    assert_string_equal(again, good_cards[i]);
  }
  assert_int_equal(card.currency_count, 1);
  assert_int_equal(card.recut, 12);
  for (size_t i = 0; i < COUNT(bad_cards); i++) {
    g_autoptr(GBytes) bytes = bytes_of(bad_cards[i]);
    assert_int_equal(card_decode(bytes, &card, NULL), RESULT_CORRUPT);
  }
}

static struct card berlin(void)
{
  struct card card = {.currencies = {"EUR", "USD"}, .currency_count = 2, .recut = 3, .cut = true};
  g_strlcpy(card.zone, "Europe/Berlin", sizeof card.zone);
  g_strlcpy(card.zone_rules, EPOCH, sizeof card.zone_rules);
  g_strlcpy(card.metric_table, metric_table_hash(), sizeof card.metric_table);
  return card;
}

/* Anything that would make other rows asks for a re-cut; nothing else does. */
static void a_card_matches_what_it_was_cut_from(void **state)
{
  (void)state;
  struct card card = berlin();
  struct merchant merchant = {
      .name = "any", .zone = "Europe/Berlin", .currencies = {"EUR", "USD"}, .currency_count = 2, .recut = 3};
  assert_true(card_matches(&card, &merchant, EPOCH));
  assert_false(card_matches(&card, &merchant, PREFIX));
  merchant.recut = 4;
  assert_false(card_matches(&card, &merchant, EPOCH));
  merchant.recut = 3;
  g_strlcpy(merchant.zone, "Europe/Paris", sizeof merchant.zone);
  assert_false(card_matches(&card, &merchant, EPOCH));
  g_strlcpy(merchant.zone, "Europe/Berlin", sizeof merchant.zone);
  merchant.currency_count = 1;
  assert_false(card_matches(&card, &merchant, EPOCH));
  merchant.currency_count = 2;
  g_strlcpy(card.metric_table, TABLE, sizeof card.metric_table);
  assert_false(card_matches(&card, &merchant, EPOCH));
}

static struct parked parked_at(int64_t start, const char *currency)
{
  struct parked item = {.start = start, .end = start + 3600, .at = UINT64_C(0x6b04553300000001)};
  g_strlcpy(item.currency, currency, sizeof item.currency);
  return item;
}

static void a_parked_list_keeps_each_hour_once_in_order(void **state)
{
  (void)state;
  struct parked_list list;
  parked_list_init(&list);
  const struct parked items[] = {parked_at(7200, "USD"), parked_at(3600, "***"), parked_at(7200, "EUR"),
                                 parked_at(7200, "USD")};
  for (size_t i = 0; i < COUNT(items); i++)
    parked_list_put(&list, &items[i]);
  g_autofree char *text = parked_list_encode(&list);
  assert_string_equal(text, "p1 3600:7200:***:6b04553300000001 7200:10800:EUR:6b04553300000001"
                            " 7200:10800:USD:6b04553300000001");
  assert_true(parked_list_has(&list, 3600, "JPY")); /* any currency */
  assert_true(parked_list_has(&list, 7200, "USD"));
  assert_false(parked_list_has(&list, 7200, "JPY"));
  assert_true(parked_list_remove(&list, 7200, "USD"));
  assert_false(parked_list_remove(&list, 7200, "USD"));
  assert_false(parked_list_has(&list, 7200, "USD"));
  parked_list_clear(&list);
}

static const char *const bad_parked[] = {"p1 -9223372036854775808:0:EUR:6b04553300000001",
                                         "p1 0:253402300800:EUR:6b04553300000001",
                                         "p1 1:2:E\nR:6b04553300000001",
                                         "",
                                         "p2",
                                         "p1 ",
                                         "p1 1:2:EUR",
                                         "p1 1:2",
                                         "p1 1:2:EURO:",
                                         "p1 a:2:EUR:00",
                                         "p1  1:2:EUR:6b04553300000001"};

static void parked_lists_of_another_form_are_refused(void **state)
{
  (void)state;
  struct parked_list list;
  parked_list_init(&list);
  for (size_t i = 0; i < COUNT(bad_parked); i++) {
    g_autoptr(GBytes) bytes = bytes_of(bad_parked[i]);
    assert_int_equal(parked_list_decode(bytes, &list, NULL), RESULT_CORRUPT);
  }
  assert_int_equal(parked_list_decode(NULL, &list, NULL), RESULT_OK);
  assert_int_equal(list.items->len, 0);
  parked_list_clear(&list);
}

static void proofs(void **state)
{
  (void)state;
  const char *text = "v1 1795446067946 6b04553300000001 0 1795446000 0 1795442400 2";
  struct proof proof;
  g_autoptr(GBytes) bytes = bytes_of(text);
  assert_int_equal(proof_decode(bytes, &proof, NULL), RESULT_OK);
  assert_true(proof.any);
  assert_int_equal(proof.verified_through, 1795442400);
  assert_int_equal(proof.drift, 2);
  g_autofree char *again = proof_encode(&proof);
  assert_string_equal(again, text);
  assert_int_equal(proof_decode(NULL, &proof, NULL), RESULT_OK);
  assert_false(proof.any);
  g_autoptr(GBytes) cut = g_bytes_new(text, 20);
  assert_int_equal(proof_decode(cut, &proof, NULL), RESULT_CORRUPT);
  g_autoptr(GBytes) far = bytes_of("v1 1795446067946 6b04553300000001 0 1795446000 0 9223372036854775807 2");
  assert_int_equal(proof_decode(far, &proof, NULL), RESULT_CORRUPT);
}

/* Rows that another build cut: what it kept is read, the rest is not made up. */
static void rows_of_another_metric_table(void **state)
{
  (void)state;
  struct row_layout layout;
  assert_int_equal(row_layout_parse(COLUMNS ",something_new", &layout, NULL), RESULT_OK);
  assert_int_equal(layout.columns, 3);
  assert_int_equal(layout.where[METRIC_orders], 0);
  assert_int_equal(layout.where[METRIC_total_sales], 1);
  assert_int_equal(layout.where[METRIC_taxes], -1);
  const int64_t slots[] = {
      0, 0, 0, 0, GINT64_TO_LE(3600), GINT64_TO_LE(7), GINT64_TO_LE(900), GINT64_TO_LE(5)};
  g_autoptr(GBytes) dense = g_bytes_new(slots, sizeof slots);
  struct row row;
  assert_int_equal(row_codec_read_laid_out(&layout, dense, 1, 3600, &row, NULL), RESULT_OK);
  assert_int_equal(row.columns[METRIC_orders], 7);
  assert_int_equal(row.columns[METRIC_total_sales], 900);
  assert_int_equal(row.columns[METRIC_taxes], 0);
  assert_int_equal(row_layout_parse("999:orders", &layout, NULL), RESULT_STALE);
  assert_int_equal(row_layout_parse("orders", &layout, NULL), RESULT_CORRUPT);
  char own[ROW_LAYOUT_TEXT_SIZE];
  assert_int_equal(row_layout_parse(row_layout_format(own), &layout, NULL), RESULT_OK);
  assert_int_equal(layout.columns, METRIC_ADDITIVE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(heads),
      cmocka_unit_test(cards),
      cmocka_unit_test(a_card_matches_what_it_was_cut_from),
      cmocka_unit_test(a_parked_list_keeps_each_hour_once_in_order),
      cmocka_unit_test(parked_lists_of_another_form_are_refused),
      cmocka_unit_test(proofs),
      cmocka_unit_test(rows_of_another_metric_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
