#include "fcgi/batch_line.h"

#include <string.h>

#include "fcgi/document_order.h"
#include "fcgi/position.h"
#include "fcgi/problem.h"
#include "translation/order_json.h"

#define KEY_NAME "idempotency_key"
#define KEY_POINTER "/" KEY_NAME

/* ---- reading ---- */

/* The object without the key, which no order has. Its members are the same ones. */
static struct json_object *without_key(struct json_object *whole)
{
  struct json_object *order = json_object_new_object();
  struct json_object_iterator end = json_object_iter_end(whole);
  for (struct json_object_iterator at = json_object_iter_begin(whole); !json_object_iter_equal(&at, &end);
       json_object_iter_next(&at)) {
    const char *name = json_object_iter_peek_name(&at);
    if (strcmp(name, KEY_NAME) != 0)
      json_object_object_add(order, name, json_object_get(json_object_iter_peek_value(&at)));
  }
  return order;
}

/* The key as it is stored, or NULL with a violation where one is needed. */
static char *read_key(struct json_object *whole, bool needed, struct violations *violations)
{
  struct json_object *value = NULL;
  if (!json_object_object_get_ex(whole, KEY_NAME, &value)) {
    if (needed)
      violations_add(violations, VIOLATION_POINTER, "idempotency_key_missing", KEY_POINTER,
                     "a key of your own for this order, so that sending it again does nothing twice");
    return NULL;
  }
  if (json_object_is_type(value, json_type_string) && posting_key_valid(json_object_get_string(value)))
    return g_strconcat(ORDERS_KEY_PREFIX "/", json_object_get_string(value), NULL);
  violations_add(violations, VIOLATION_POINTER, "idempotency_key_invalid", KEY_POINTER,
                 "must be 1 to 255 visible ASCII characters");
  return NULL;
}

static void read_order(struct batch_line *line, const struct batch_terms *terms, struct json_object *whole,
                       struct violations *violations)
{
  struct posting_rules rules = posting_rules_of(terms->x, terms->merchant, terms->now_ms);
  char *idem = read_key(whole, !terms->dry_run, violations);
  bool good_key = !violations_any(violations);
  struct json_object *order = without_key(whole);
  posting_fill(terms->x, terms->now_ms, idem, &line->entry);
  line->verdict = posting_read_order(&rules, order, &line->entry, violations);
  if (!good_key)
    line->verdict = POSTING_REFUSED;
  json_object_put(order);
}

static void refuse(struct batch_line *line, const struct batch_terms *terms,
                   const struct violations *violations)
{
  line->problem = g_string_new(NULL);
  line->problem_status = problem_write_violations(line->problem, terms->x->request.id, violations);
}

void batch_line_read(struct batch_line *line, const struct batch_terms *terms, const char *text,
                     size_t length)
{
  *line = (struct batch_line){.verdict = POSTING_REFUSED};
  entry_init(&line->entry, ENTRY_ORDER);
  if (length > REQUEST_BODY_MAX) {
    line->problem = g_string_new(NULL);
    line->problem_status =
        problem_write(line->problem, terms->x->request.id, "payload_too_large", "An order may have 64 KiB.");
    return;
  }
  struct violations violations;
  violations_init(&violations);
  struct json_object *whole = order_json_parse_body(text, length, &violations);
  if (whole != NULL)
    read_order(line, terms, whole, &violations);
  if (violations_any(&violations)) {
    document_order_sort(&violations, whole);
    refuse(line, terms, &violations);
  }
  violations_clear(&violations);
  json_object_put(whole);
}

void batch_line_clear(struct batch_line *line)
{
  entry_clear(&line->entry);
  if (line->problem != NULL)
    g_string_free(line->problem, TRUE);
}

/* ---- the result ---- */

static void begin(GString *out, size_t number, int status)
{
  g_string_append_printf(out, "{\"line\":%zu,\"status\":%d", number, status);
}

static enum batch_outcome write_problem(const struct batch_line *line, size_t number, GString *out)
{
  begin(out, number, line->problem_status);
  g_string_append_printf(out, ",\"problem\":%s}", line->problem->str);
  return BATCH_FAILED;
}

static enum batch_outcome write_reused(const struct batch_terms *terms, size_t number, GString *out)
{
  struct violations violations;
  violations_init(&violations);
  violations_add(&violations, VIOLATION_POINTER, "idempotency_key_reused", KEY_POINTER,
                 "the key was used before, with another body");
  begin(out, number, problem_find("idempotency_key_reused")->status);
  g_string_append(out, ",\"problem\":");
  problem_write_violations(out, terms->x->request.id, &violations);
  g_string_append_c(out, '}');
  violations_clear(&violations);
  return BATCH_FAILED;
}

static enum batch_outcome write_failure(enum result result, const struct batch_terms *terms, size_t number,
                                        GString *out)
{
  const char *code = problem_of_result(result);
  begin(out, number, problem_find(code)->status);
  g_string_append(out, ",\"problem\":");
  problem_write(out, terms->x->request.id, code, exchange_public_detail(result));
  g_string_append_c(out, '}');
  return BATCH_FAILED;
}

static void write_order(const struct entry *entry, bool with_id, GString *out)
{
  char id[ENTRY_PUBLIC_ID_SIZE];
  g_string_append(out, ",\"order\":{");
  if (with_id)
    g_string_append_printf(out, "\"id\":\"%s\",", entry_public_id(ENTRY_ORDER, &entry->id, id));
  g_string_append_printf(out, "\"total\":%" G_GINT64_FORMAT ",\"currency\":\"%s\",\"exponent\":%d}",
                         entry->totals.total, entry->currency, entry->exponent);
}

static enum batch_outcome write_receipt(const struct batch_line *leader, bool replayed,
                                        const struct batch_terms *terms, size_t number, GString *out)
{
  char text[POSITION_TEXT_SIZE];
  begin(out, number, 201);
  g_string_append_printf(out, ",\"replayed\":%s", replayed ? "true" : "false");
  write_order(&leader->entry, true, out);
  g_string_append_printf(out, ",\"position\":\"%s\"", position_format(leader->position, text));
  posting_write_bucket(terms->merchant, &leader->entry, out);
  g_string_append_c(out, '}');
  return replayed ? BATCH_REPLAYED : BATCH_STORED;
}

static enum batch_outcome write_dry_run(const struct batch_line *line, const struct batch_terms *terms,
                                        size_t number, GString *out)
{
  begin(out, number, 200);
  write_order(&line->entry, false, out);
  posting_write_bucket(terms->merchant, &line->entry, out);
  g_string_append_c(out, '}');
  return BATCH_TRIED;
}

enum batch_outcome batch_line_write(const struct batch_line *line, const struct batch_line *leader,
                                    const struct batch_terms *terms, size_t number, GString *out)
{
  if (leader == NULL)
    return line->problem != NULL ? write_problem(line, number, out) : write_dry_run(line, terms, number, out);
  enum result result = leader->put.result;
  if (result != RESULT_OK && result != RESULT_NOT_FOUND)
    return write_failure(result, terms, number, out);
  /* what is stored under the key is in the leader's entry, whoever put it there */
  bool same =
      result == RESULT_OK &&
      (line == leader ? leader->put.outcome != LEDGER_KEY_REUSED
                      : leader->entry.kind == ENTRY_ORDER &&
                            memcmp(line->entry.body_hash, leader->entry.body_hash, ENTRY_HASH_SIZE) == 0);
  if (same)
    return write_receipt(leader, line != leader || leader->put.outcome == LEDGER_REPLAYED, terms, number,
                         out);
  return line->problem != NULL ? write_problem(line, number, out) : write_reused(terms, number, out);
}
