#include "fcgi/quarantine.h"

#include <string.h>

#include "fcgi/admin.h"
#include "fcgi/cursor.h"
#include "fcgi/json_out.h"
#include "fcgi/list_query.h"
#include "fcgi/slots.h"
#include "stores/quarantine.h"

#define SHOWN_MAX 100 /* characters of a key, which is any text of any length */

/* Where a page ended, as its cursor holds it. */
struct place {
  int64_t seen_at_ms;
  char id[QUARANTINE_ID_SIZE];
};

struct question {
  size_t limit;
  uint8_t hash[CURSOR_HASH_SIZE];
  bool has_after;
  struct quarantined after;
};

/* ---- the list ---- */

static bool read_question(struct exchange *x, struct question *question)
{
  static const char *const choosing[] = {NULL};
  struct place place;
  size_t length = 0;
  *question = (struct question){.limit = list_query_limit(x)};
  cursor_hash(x, choosing, question->hash);
  question->has_after = cursor_read(x, question->hash, &place, sizeof place, sizeof place, &length);
  if (question->has_after) {
    question->after.seen_at_ms = place.seen_at_ms;
    memcpy(question->after.id, place.id, sizeof place.id);
    question->after.id[sizeof place.id - 1] = '\0';
  }
  if (!violations_any(&x->violations))
    return true;
  exchange_refuse_query(x);
  return false;
}

/* Only visible ASCII as it is; what is cut ends with "...". */
static void write_shown(const char *text, GString *out)
{
  g_autoptr(GString) shown = g_string_new(NULL);
  for (const char *p = text; *p != '\0'; p++) {
    gsize before = shown->len;
    if (g_ascii_isprint(*p) && *p != '\\')
      g_string_append_c(shown, *p);
    else
      g_string_append_printf(shown, "\\x%02x", (unsigned)(unsigned char)*p);
    if (shown->len > SHOWN_MAX) {
      g_string_truncate(shown, MIN(before, SHOWN_MAX - 3));
      g_string_append(shown, "...");
      break;
    }
  }
  json_out_string(out, shown->str);
}

static void write_item(const struct quarantined *item, GString *out)
{
  g_string_append_printf(out, "{\"id\":\"%s\",\"key\":", item->id);
  write_shown(item->key, out);
  g_string_append(out, ",\"reason\":");
  write_shown(item->why, out);
  g_string_append(out, ",\"seen_at\":");
  json_out_instant_ms(out, item->seen_at_ms);
  g_string_append_c(out, '}');
}

static void write_cursor(const struct question *question, const struct quarantined *last, GString *out)
{
  struct place place;
  memset(&place, 0, sizeof place); /* what lies between the members is in the cursor too */
  place.seen_at_ms = last->seen_at_ms;
  memcpy(place.id, last->id, sizeof place.id);
  cursor_write_more(question->hash, &place, sizeof place, out);
}

static void write_page(const struct question *question, const GArray *items, bool more, GString *out)
{
  g_string_append(out, "{\"data\":[");
  for (guint i = 0; i < items->len; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    write_item(&g_array_index(items, struct quarantined, i), out);
  }
  g_string_append(out, "],");
  if (more)
    write_cursor(question, &g_array_index(items, struct quarantined, items->len - 1), out);
  else
    cursor_write_more(question->hash, NULL, 0, out);
  g_string_append(out, "}\n");
}

static void clear_item(gpointer item)
{
  quarantined_clear(item);
}

void quarantine_get(struct exchange *x)
{
  struct question question;
  if (!read_question(x, &question))
    return;
  g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(struct quarantined));
  g_array_set_clear_func(items, clear_item);
  bool more = false;
  struct err e = ERR_NONE;
  enum result r =
      quarantine_list(&x->context->people, x->merchant, question.has_after ? &question.after : NULL,
                      question.limit, items, &more, &e);
  if (r == RESULT_OK)
    write_page(&question, items, more, response_json(&x->response, 200));
  else
    exchange_fail(x, "quarantine_list", r, &e);
}

/* ---- once more ---- */

void quarantine_post_retry(struct exchange *x)
{
  struct err e = ERR_NONE;
  struct people_actor by = admin_actor(x);
  struct people *people = &x->context->people;
  g_autofree char *key = NULL;
  enum result r = quarantine_find(people, x->merchant, x->id_segment, &key, &e);
  if (r == RESULT_OK && !slots_allow_recut(x))
    return;
  if (r == RESULT_OK)
    r = quarantine_retry(people, &by, x->merchant, x->id_segment, key, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "quarantine_retry", r, &e);
    return;
  }
  GString *out = response_json(&x->response, 202);
  g_string_append(out, "{\"retry\":{\"id\":");
  json_out_string(out, x->id_segment);
  g_string_append(out, ",\"state\":\"asked\"}}\n");
}
