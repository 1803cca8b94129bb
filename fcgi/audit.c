#include "fcgi/audit.h"

#include "fcgi/cursor.h"
#include "fcgi/json_out.h"
#include "fcgi/list_query.h"
#include "stores/audit.h"
#include "stores/members.h"

struct page {
  size_t limit;
  uint8_t hash[CURSOR_HASH_SIZE];
  bool has_before;
  char before[AUDIT_ID_SIZE]; /* of the cursor: the last record of the page before */
  GArray *entries;            /* of struct audit_entry */
  bool more;
  GHashTable *emails; /* of the users among who: by id */
};

static void read_cursor(struct exchange *x, struct page *page)
{
  static const char *const choosing[] = {NULL};
  size_t length = 0;
  cursor_hash(x, choosing, page->hash);
  page->has_before = cursor_read(x, page->hash, page->before, AUDIT_ID_SIZE - 1, AUDIT_ID_SIZE - 1, &length);
  if (page->has_before && !audit_id_valid(page->before))
    cursor_refuse(x);
}

static bool read_query(struct exchange *x, struct page *page)
{
  page->limit = list_query_limit(x);
  read_cursor(x, page);
  if (!violations_any(&x->violations))
    return true;
  exchange_refuse_query(x);
  return false;
}

static bool is_user(const char *who)
{
  return g_str_has_prefix(who, "usr_");
}

MUST_CHECK static enum result read_page(struct exchange *x, struct page *page, struct err *e)
{
  struct people *people = &x->context->people;
  const char *before = page->has_before ? page->before : NULL;
  enum result r = audit_list(people, x->merchant, before, page->limit, page->entries, &page->more, e);
  if (r != RESULT_OK)
    return r;
  g_autoptr(GHashTable) users = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GPtrArray) ids = g_ptr_array_new();
  for (guint i = 0; i < page->entries->len; i++) {
    char *who = g_array_index(page->entries, struct audit_entry, i).who;
    if (is_user(who) && g_hash_table_add(users, who))
      g_ptr_array_add(ids, who);
  }
  return members_emails(people, ids, page->emails, e);
}

static void write_text(GString *out, const char *name, const char *text)
{
  g_string_append_printf(out, ",\"%s\":", name);
  json_out_string(out, text != NULL && text[0] != '\0' ? text : NULL);
}

static void write_entry(const struct page *page, const struct audit_entry *entry, GString *out)
{
  g_string_append(out, "{\"id\":");
  json_out_string(out, entry->id);
  g_string_append(out, ",\"at\":");
  json_out_instant_ms(out, entry->at_ms);
  write_text(out, "who", entry->who);
  write_text(out, "email", g_hash_table_lookup(page->emails, entry->who));
  write_text(out, "action", entry->action);
  write_text(out, "subject", entry->subject);
  write_text(out, "detail", entry->detail);
  write_text(out, "request_id", entry->request_id);
  g_string_append_c(out, '}');
}

static void answer(struct exchange *x, const struct page *page)
{
  const GArray *entries = page->entries;
  GString *out = response_json(&x->response, 200);
  g_string_append(out, "{\"data\":[");
  for (guint i = 0; i < entries->len; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    write_entry(page, &g_array_index(entries, struct audit_entry, i), out);
  }
  const char *last = page->more ? g_array_index(entries, struct audit_entry, entries->len - 1).id : NULL;
  g_string_append(out, "],");
  cursor_write_more(page->hash, last, AUDIT_ID_SIZE - 1, out);
  g_string_append(out, "}\n");
}

void audit_get(struct exchange *x)
{
  struct err e = ERR_NONE;
  struct page page = {.entries = g_array_new(FALSE, FALSE, sizeof(struct audit_entry)),
                      .emails = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
  if (read_query(x, &page)) {
    enum result r = read_page(x, &page, &e);
    if (r == RESULT_OK)
      answer(x, &page);
    else
      exchange_fail(x, "audit_list", r, &e);
  }
  g_hash_table_unref(page.emails);
  g_array_unref(page.entries);
}
