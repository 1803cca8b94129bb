#include "fcgi/restatements.h"

#include "domain/money.h"
#include "fcgi/cursor.h"
#include "fcgi/json_out.h"
#include "fcgi/list_query.h"
#include "stores/ledger_restatements.h"

/* Of a cause that a cursor goes on behind; those that our programs write have 59 bytes at most. */
#define KEY_SIZE 1024

/* Where a page ended, as its cursor holds it; the key's bytes end it. */
struct place {
  int64_t recorded_at_ms;
  char key[KEY_SIZE];
};

struct question {
  struct merchant merchant;
  struct list_bounds bounds;
  size_t limit;
  uint8_t hash[CURSOR_HASH_SIZE];
  bool has_place;
  struct place place; /* the key ends with NUL */
};

/* ---- the question ---- */

static void read_cursor(struct exchange *x, struct question *question)
{
  static const char *const choosing[] = {"from", "to", NULL};
  struct place *place = &question->place;
  size_t least = offsetof(struct place, key) + 1;
  size_t length = 0;
  cursor_hash(x, choosing, question->hash);
  if (!cursor_read(x, question->hash, place, least, sizeof *place - 1, &length))
    return;
  size_t key_length = length - offsetof(struct place, key);
  question->has_place = place->recorded_at_ms >= 0 && place->recorded_at_ms <= ULID_MS_MAX &&
                        g_utf8_validate(place->key, (gssize)key_length, NULL);
  if (!question->has_place)
    cursor_refuse(x);
}

/* Returns false after it has answered. */
static bool read_question(struct exchange *x, struct question *question)
{
  const struct zone *zone = NULL;
  *question = (struct question){.limit = 0};
  if (!list_query_terms(x, &question->merchant, &zone))
    return false;
  list_query_bounds(x, zone, &question->bounds);
  question->limit = list_query_limit(x);
  read_cursor(x, question);
  if (!violations_any(&x->violations))
    return true;
  exchange_refuse_query(x);
  return false;
}

static struct restatement_filter filter_of(const struct question *question)
{
  struct restatement_filter filter = {.from_ms = question->bounds.from_ms,
                                      .to_ms = question->bounds.to_ms,
                                      .before_ms = question->place.recorded_at_ms,
                                      .before_key = question->has_place ? question->place.key : NULL,
                                      .limit = question->limit};
  if (question->bounds.has_to && filter.to_ms == 0)
    filter.to_ms = -1; /* 0 would be no bound, and nothing was recorded before 1970 either */
  return filter;
}

/* ---- the answer ---- */

static void write_metrics(const struct restatement_change *change, GString *out)
{
  int64_t net_sales = 0;
  struct err unsaid = ERR_NONE;
  if (!change->known || metric_net_sales(change->columns, &net_sales, &unsaid) != RESULT_OK) {
    g_string_append(out, "null");
    return;
  }
  g_string_append_c(out, '{');
  for (size_t id = 0; id < METRIC_ADDITIVE; id++)
    g_string_append_printf(out, "\"%s\":%" G_GINT64_FORMAT ",", metric_table[id].name, change->columns[id]);
  g_string_append_printf(out, "\"%s\":%" G_GINT64_FORMAT "}", metric_table[METRIC_net_sales].name, net_sales);
}

static void write_change(const struct restatement_change *change, GString *out)
{
  const struct currency *currency = currency_find(change->currency);
  if (currency != NULL)
    g_string_append_printf(out, "{\"currency\":\"%s\",\"exponent\":%d", currency->code, currency->exponent);
  else
    g_string_append(out, "{\"currency\":null,\"exponent\":null");
  g_string_append(out, ",\"metrics\":");
  write_metrics(change, out);
  g_string_append_c(out, '}');
}

static void write_item(const struct restatement *item, GString *out)
{
  static const char *const causes[] = {
      [RESTATEMENT_ORDER] = "order", [RESTATEMENT_REFUND] = "refund", [RESTATEMENT_IMPORT] = "import"};
  g_string_append(out, "{\"id\":");
  json_out_string(out, item->id);
  g_string_append_printf(out, ",\"cause\":\"%s\",\"entries\":%" G_GINT64_FORMAT ",\"first_at\":",
                         causes[item->cause], item->entries);
  json_out_instant_ms(out, item->first_ms);
  g_string_append(out, ",\"last_at\":");
  json_out_instant_ms(out, item->last_ms);
  g_string_append(out, ",\"recorded_at\":");
  json_out_instant_ms(out, item->recorded_at_ms);
  g_string_append(out, ",\"changes\":[");
  for (size_t i = 0; i < item->change_count; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    write_change(&item->changes[i], out);
  }
  g_string_append(out, "]}");
}

static void write_cursor(const struct question *question, const struct restatement_page *page, GString *out)
{
  if (!page->has_more) {
    cursor_write_more(question->hash, NULL, 0, out);
    return;
  }
  const struct restatement *last = &page->items[page->count - 1];
  g_autoptr(GString) place =
      g_string_new_len((const char *)&last->recorded_at_ms, sizeof last->recorded_at_ms);
  g_string_append(place, last->key);
  cursor_write_more(question->hash, place->str, place->len, out);
}

static void write_page(const struct question *question, const struct restatement_page *page, GString *out)
{
  g_string_append(out, "{\"data\":[");
  for (size_t i = 0; i < page->count; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    write_item(&page->items[i], out);
  }
  g_string_append(out, "],");
  write_cursor(question, page, out);
  g_string_append_printf(out, ",\"query\":{\"limit\":%zu", question->limit);
  list_query_write_bounds(&question->bounds, out);
  g_string_append(out, "},\"meta\":{\"timezone\":");
  json_out_string(out, question->merchant.zone);
  g_string_append(out, "}}\n");
}

void restatements_list(struct exchange *x)
{
  struct question question;
  if (!read_question(x, &question))
    return;
  struct restatement_filter filter = filter_of(&question);
  struct restatement_page page = {.items = NULL};
  struct err e = ERR_NONE;
  enum result r = ledger_list_restatements(x->context->service->ledger, x->merchant, &filter, &page, &e);
  if (r == RESULT_OK)
    write_page(&question, &page, response_json(&x->response, 200));
  else
    exchange_fail(x, "restatements_list", r, &e);
  restatement_page_clear(&page);
}
