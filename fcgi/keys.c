#include "fcgi/keys.h"

#include <string.h>

#include <sodium.h>

#include "fcgi/admin.h"
#include "fcgi/json_out.h"
#include "fcgi/list_query.h"
#include "translation/people_json.h"

#define EXPIRY_MOST_MS (INT64_C(3653) * 24 * 60 * 60 * 1000) /* ten years */

/* ---- answering ---- */

static void write_instant(GString *out, const char *name, bool given, int64_t ms)
{
  g_string_append_printf(out, ",\"%s\":", name);
  if (given)
    json_out_instant_ms(out, ms);
  else
    g_string_append(out, "null");
}

static void write_key(const struct api_key *key, GString *out)
{
  bool first = true;
  g_string_append_printf(out, "{\"id\":\"%s\",\"name\":", key->id);
  json_out_string(out, key->name[0] != '\0' ? key->name : NULL);
  g_string_append(out, ",\"scopes\":[");
  for (unsigned bit = 1; bit <= SCOPE_ADMIN; bit <<= 1) {
    if ((key->scopes & bit) == 0)
      continue;
    g_string_append_printf(out, "%s\"%s\"", first ? "" : ",", scope_name((enum scope)bit));
    first = false;
  }
  g_string_append_c(out, ']');
  write_instant(out, "created_at", true, key->created_ms);
  write_instant(out, "expires_at", key->expires_ms != 0, key->expires_ms);
  write_instant(out, "last_used_at", key->last_used_ms != 0, key->last_used_ms);
  write_instant(out, "revoked_at", key->revoked, key->revoked_ms);
  g_string_append_c(out, '}');
}

void keys_list(struct exchange *x)
{
  struct people *people = &x->context->people;
  struct err e = ERR_NONE;
  struct list_page page;
  bool more = false;
  if (!list_query_page(x, "key_", &page))
    return;
  g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(struct api_key));
  enum result r = people_page_keys(people, x->merchant, page.has_before ? page.before : NULL, page.limit,
                                   keys, &more, &e);
  if (r == RESULT_OK)
    r = people_read_key_uses(people, keys, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "keys_list", r, &e);
    return;
  }
  GString *out = response_json(&x->response, 200);
  g_string_append(out, "{\"data\":[");
  for (guint i = 0; i < keys->len; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    write_key(&g_array_index(keys, struct api_key, i), out);
  }
  list_query_write_end(&page, more ? g_array_index(keys, struct api_key, keys->len - 1).id : NULL, out);
}

/* ---- making ---- */

static void complain_of_scope(struct exchange *x, size_t index, const char *detail)
{
  g_autofree char *pointer = g_strdup_printf("/scopes/%zu", index);
  violations_add(&x->violations, VIOLATION_POINTER, "invalid_field", pointer, "%s", detail);
}

static unsigned read_scopes(struct exchange *x, const struct key_body *body)
{
  unsigned all = 0;
  for (size_t i = 0; i < body->scope_count; i++) {
    const struct text_item *item = &body->scopes[i];
    unsigned scope = item->faults == 0 ? scopes_parse(item->text) : 0;
    if (item->faults == 0 && scope == 0)
      complain_of_scope(x, i,
                        "must be orders:write, orders:read, orders:import, refunds:write or metrics:read");
    else if ((all & scope) != 0)
      complain_of_scope(x, i, "is there already");
    all |= scope;
  }
  return all;
}

static void read_wanted(struct admin_body *body, const struct key_body *given, struct api_key *wanted)
{
  struct exchange *x = body->x;
  int64_t now_ms = context_now_ms(x->context);
  *wanted = (struct api_key){.scopes = read_scopes(x, given)};
  g_strlcpy(wanted->merchant, x->merchant, sizeof wanted->merchant);
  if (given->name != NULL)
    g_strlcpy(wanted->name, given->name, sizeof wanted->name);
  if (!given->has_expires_at)
    return;
  wanted->expires_ms = given->expires_at_ms;
  if (wanted->expires_ms <= now_ms || wanted->expires_ms > now_ms + EXPIRY_MOST_MS)
    admin_body_complain(body, KEY_BODY_EXPIRES_AT, "invalid_timestamp",
                        "must lie ahead, by ten years at most");
}

static void answer_made(struct exchange *x, const struct api_key *key, const char *secret)
{
  GString *out = response_json(&x->response, 201);
  x->response.secret = true;
  g_string_append(out, "{\"key\":");
  write_key(key, out);
  g_string_append_printf(out, ",\"secret\":\"%s\"}\n", secret);
  g_autofree char *location = g_strdup_printf("/v1/merchants/%s/keys/%s", key->merchant, key->id);
  response_header(&x->response, "Location", location);
}

/* False after it has answered. */
static bool has_room(struct exchange *x)
{
  bool full = false;
  struct err e = ERR_NONE;
  enum result r = people_keys_full(&x->context->people, x->merchant, context_now_ms(x->context), &full, &e);
  if (r != RESULT_OK)
    exchange_fail(x, "keys_count", r, &e);
  else if (full)
    exchange_refuse(x, "too_many_items", "A merchant has 100 keys at most: revoke one first.");
  return r == RESULT_OK && !full;
}

static void make(struct exchange *x, const struct api_key *wanted)
{
  struct people_actor actor = admin_actor(x);
  struct api_key key;
  struct err e = ERR_NONE;
  char *secret = NULL;
  enum result r = people_add_key(&x->context->people, &actor, wanted, &key, &secret, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "key_add", r, &e);
    return;
  }
  answer_made(x, &key, secret);
  sodium_memzero(secret, strlen(secret));
  g_free(secret);
}

void keys_post(struct exchange *x)
{
  struct key_body given = {.name = NULL};
  struct admin_body body;
  if (admin_body_read(&body, x, &key_body_table, &given)) {
    struct api_key wanted;
    read_wanted(&body, &given, &wanted);
    if (admin_body_good(&body) && has_room(x))
      make(x, &wanted);
  }
  admin_body_clear(&body);
}

/* ---- ending ---- */

void keys_delete(struct exchange *x)
{
  struct people_actor actor = admin_actor(x);
  struct err e = ERR_NONE;
  enum result r = people_revoke_key(&x->context->people, &actor, x->merchant, x->id_segment, &e);
  if (r == RESULT_OK)
    x->response.status = 204;
  else
    exchange_fail(x, "key_revoke", r, &e);
}
