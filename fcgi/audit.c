#include "fcgi/audit.h"

#include "fcgi/json_out.h"
#include "fcgi/list_query.h"
#include "stores/audit.h"
#include "stores/members.h"

_Static_assert(AUDIT_ID_SIZE == LIST_ID_SIZE, "records have ids as lists know them");

struct page {
  struct list_page list;
  GArray *entries; /* of struct audit_entry */
  bool more;
  GHashTable *emails; /* of the users among who: by id */
};

static bool is_user(const char *who)
{
  return g_str_has_prefix(who, "usr_");
}

MUST_CHECK static enum result read_page(struct exchange *x, struct page *page, struct err *e)
{
  struct people *people = &x->context->people;
  const char *before = page->list.has_before ? page->list.before : NULL;
  enum result r = audit_list(people, x->merchant, before, page->list.limit, page->entries, &page->more, e);
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
  list_query_write_end(&page->list, last, out);
}

void audit_get(struct exchange *x)
{
  struct err e = ERR_NONE;
  struct page page = {.entries = g_array_new(FALSE, FALSE, sizeof(struct audit_entry)),
                      .emails = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
  if (list_query_page(x, "aud_", &page.list)) {
    enum result r = read_page(x, &page, &e);
    if (r == RESULT_OK)
      answer(x, &page);
    else
      exchange_fail(x, "audit_list", r, &e);
  }
  g_hash_table_unref(page.emails);
  g_array_unref(page.entries);
}
