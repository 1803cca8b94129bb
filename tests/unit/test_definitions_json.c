#include "translation/definitions_json.h"

#include <string.h>

#include <json-c/json.h>

#include "domain/entry_row.h"
#include "domain/violations.h"
#include "tests/unit/unit.h"
#include "translation/order_json.h"

#define EXAMPLE_ORDERS 8

/* An order of the example, kept for the refunds that name it. */
struct example_order {
  struct order order;
  struct entry_totals totals;
};

static struct json_object *definitions(void)
{
  g_autoptr(GString) text = g_string_new(NULL);
  definitions_json_write(text);
  struct json_object *answer = json_tokener_parse(text->str);
  assert_non_null(answer);
  return answer;
}

static const char *text_of(struct json_object *object, const char *member)
{
  return json_object_get_string(json_object_object_get(object, member));
}

static int64_t number_of(struct json_object *object, const char *member)
{
  return json_object_get_int64(json_object_object_get(object, member));
}

static void test_members(void **state)
{
  (void)state;
  struct json_object *answer = definitions(), *data = json_object_object_get(answer, "data");
  assert_int_equal(json_object_array_length(data), METRIC_ALL);
  for (size_t i = 0; i < METRIC_ALL; i++) {
    struct json_object *definition = json_object_array_get_idx(data, i);
    const struct metric *metric = &metric_table[i];
    assert_int_equal(json_object_object_length(definition), 8);
    assert_string_equal(text_of(definition, "name"), metric->name);
    assert_string_equal(text_of(definition, "label"), metric->label);
    assert_string_equal(text_of(definition, "unit"), metric->unit == METRIC_COUNT ? "count" : "money");
    assert_string_equal(text_of(definition, "formula"), metric->formula);
    assert_string_equal(text_of(definition, "date_basis"), metric->date_basis);
    assert_int_equal(json_object_get_boolean(json_object_object_get(definition, "additive")),
                     metric->additive);
    assert_int_equal(number_of(definition, "version"), METRIC_DEFINITIONS_VERSION);
    assert_true(json_object_object_get_ex(definition, "example", NULL));
  }
  struct json_object *meta = json_object_object_get(answer, "meta");
  assert_int_equal(number_of(meta, "definitions_version"), METRIC_DEFINITIONS_VERSION);
  json_object_put(answer);
}

static void add_order(struct json_object *body, struct example_order *example, struct row *row)
{
  static const char currencies[][4] = {"EUR"};
  const struct order_terms terms = {.currencies = currencies, .currency_count = 1, .now_ms = 1795442400000};
  struct violations violations;
  violations_init(&violations);
  order_init(&example->order);
  assert_true(order_json_read(body, &example->order, &violations));
  assert_true(order_check(&example->order, &terms, &example->totals, &violations));
  assert_int_equal(entry_row_add(ENTRY_ORDER, &example->totals, row, NULL), RESULT_OK);
  violations_clear(&violations);
}

static void add_refund(struct json_object *body, const struct example_order *of, struct row *row)
{
  const struct refund_terms terms = {.now_ms = 1795446000000, .placed_at_ms = of->order.placed_at_ms};
  struct violations violations;
  struct refund refund;
  struct refund_rest rest;
  struct entry_totals totals;
  violations_init(&violations);
  refund_init(&refund);
  refund_rest_init(&rest, &of->order, &of->totals);
  assert_true(refund_json_read(body, &refund, &violations));
  assert_true(refund_check(&refund, &of->order, &rest, &terms, &totals, &violations));
  assert_int_equal(entry_row_add(ENTRY_REFUND, &totals, row, NULL), RESULT_OK);
  refund_rest_clear(&rest);
  refund_clear(&refund);
  violations_clear(&violations);
}

/* Takes the example's entries as the product would and sums them up. */
static struct row run_entries(struct json_object *entries)
{
  struct example_order orders[EXAMPLE_ORDERS];
  size_t count = json_object_array_length(entries), order_count = 0;
  struct row row = row_zero(0);
  for (size_t i = 0; i < count; i++) {
    struct json_object *entry = json_object_array_get_idx(entries, i), *body;
    if (json_object_object_get_ex(entry, "order", &body)) {
      assert_true(order_count < EXAMPLE_ORDERS && order_count == i); /* "of" is a place in the whole list */
      add_order(body, &orders[order_count++], &row);
    } else {
      int64_t of = number_of(entry, "of");
      assert_in_range(of, 0, order_count - 1);
      add_refund(json_object_object_get(entry, "refund"), &orders[of], &row);
    }
  }
  for (size_t i = 0; i < order_count; i++)
    order_clear(&orders[i].order);
  return row;
}

static void check_value(size_t metric, const struct row *row, struct json_object *value)
{
  int64_t net;
  struct metric_ratio ratio;
  if (metric < METRIC_ADDITIVE) {
    assert_int_equal(json_object_get_int64(value), row->columns[metric]);
  } else if (metric == METRIC_net_sales) {
    assert_int_equal(metric_net_sales(row->columns, &net, NULL), RESULT_OK);
    assert_int_equal(json_object_get_int64(value), net);
  } else {
    assert_int_equal(metric_average_order_value(row->columns, &ratio, NULL), RESULT_OK);
    assert_int_equal(number_of(value, "value"), ratio.value);
    assert_int_equal(number_of(value, "numerator"), ratio.numerator);
    assert_int_equal(number_of(value, "denominator"), ratio.denominator);
  }
}

/* Every example's entries come to the value beside them, which was worked out by hand. */
static void test_examples(void **state)
{
  (void)state;
  struct json_object *answer = definitions(), *data = json_object_object_get(answer, "data");
  size_t examples = 0;
  for (size_t i = 0; i < METRIC_ALL; i++) {
    struct json_object *example = json_object_object_get(json_object_array_get_idx(data, i), "example");
    if (example == NULL)
      continue;
    struct row row = run_entries(json_object_object_get(example, "entries"));
    assert_int_equal(row_check(&row, NULL), RESULT_OK);
    check_value(i, &row, json_object_object_get(example, "value"));
    examples++;
  }
  assert_int_equal(examples, 13); /* all but what a test build adds */
  json_object_put(answer);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_members),
      cmocka_unit_test(test_examples),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
