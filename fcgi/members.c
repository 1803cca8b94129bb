#include "fcgi/members.h"

#include <string.h>

#include <sodium.h>

#include "fcgi/admin.h"
#include "fcgi/json_out.h"
#include "fcgi/list_query.h"
#include "stores/members.h"
#include "stores/password.h"
#include "translation/people_json.h"

#define ROLES "must be owner, analyst or clerk"
#define NOT_YOURS "is known here already, and not only by you: ask whoever runs this server to add them"
#define LAST_OWNER "A merchant keeps an owner: make somebody else one first."

/* ---- answering ---- */

static void write_member(const struct member *member, GString *out)
{
  g_string_append_printf(out, "{\"user\":\"%s\",\"email\":", member->user_id);
  json_out_string(out, member->email);
  g_string_append(out, ",\"role\":");
  json_out_string(out, member->role);
  g_string_append_c(out, '}');
}

void members_get(struct exchange *x)
{
  struct err e = ERR_NONE;
  struct list_page page;
  bool more = false;
  if (!list_query_page(x, "usr_", &page))
    return;
  g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(struct member));
  enum result r = members_list(&x->context->people, x->merchant, page.has_before ? page.before : NULL,
                               page.limit, members, &more, &e);
  if (r != RESULT_OK) {
    exchange_fail(x, "members_list", r, &e);
    return;
  }
  GString *out = response_json(&x->response, 200);
  g_string_append(out, "{\"data\":[");
  for (guint i = 0; i < members->len; i++) {
    if (i > 0)
      g_string_append_c(out, ',');
    write_member(&g_array_index(members, struct member, i), out);
  }
  const char *last = more ? g_array_index(members, struct member, members->len - 1).user_id : NULL;
  list_query_write_end(&page, last, out);
}

/* ---- adding ---- */

static void check_role(struct admin_body *body, size_t field, const char *role)
{
  if (role != NULL && role_scopes(role) == 0)
    admin_body_complain(body, field, "invalid_field", ROLES);
}

static void check_new(struct admin_body *body, const struct member_body *given)
{
  struct err e = ERR_NONE;
  check_role(body, MEMBER_BODY_ROLE, given->role);
  if (given->email != NULL && !people_email_valid(given->email))
    admin_body_complain(body, MEMBER_BODY_EMAIL, "invalid_field", "must be an e-mail address");
  if (given->password != NULL && people_check_new_password(given->password, &e) != RESULT_OK)
    admin_body_complain(body, MEMBER_BODY_PASSWORD, "invalid_field", e.text);
}

static void answer_added(struct exchange *x, const struct member *member, const char *password)
{
  GString *out = response_json(&x->response, 201);
  x->response.secret = password != NULL;
  g_string_append(out, "{\"member\":");
  write_member(member, out);
  g_string_append(out, ",\"password\":");
  json_out_string(out, password);
  g_string_append(out, "}\n");
}

/* `generated`: the password is ours, and to be shown if it became somebody's. */
static void add(struct admin_body *body, const struct member_wanted *wanted, bool generated)
{
  struct exchange *x = body->x;
  struct people_actor actor = admin_actor(x);
  struct member member;
  struct err e = ERR_NONE;
  bool is_new = false;
  enum result r = members_add(&x->context->people, &actor, wanted, &member, &is_new, &e);
  if (r == RESULT_CONFLICT) {
    admin_body_complain(body, MEMBER_BODY_EMAIL, "invalid_field",
                        member.role[0] != '\0' ? "is a member already" : NOT_YOURS);
    exchange_refuse_all(x);
  } else if (r != RESULT_OK) {
    exchange_fail(x, "member_add", r, &e);
  } else {
    answer_added(x, &member, generated && is_new ? wanted->password : NULL);
  }
}

/* False after it has answered. */
static bool has_room(struct exchange *x)
{
  bool full = false;
  struct err e = ERR_NONE;
  enum result r = members_full(&x->context->people, x->merchant, &full, &e);
  if (r != RESULT_OK)
    exchange_fail(x, "members_count", r, &e);
  else if (full)
    exchange_refuse(x, "too_many_items", "A merchant has 100 members at most: remove one first.");
  return r == RESULT_OK && !full;
}

static void add_given(struct admin_body *body, const struct member_body *given)
{
  char *made = given->password == NULL ? password_generate() : NULL;
  struct member_wanted wanted = {.merchant = body->x->merchant,
                                 .email = given->email,
                                 .role = given->role,
                                 .password = made != NULL ? made : given->password};
  add(body, &wanted, made != NULL);
  if (made != NULL)
    sodium_memzero(made, strlen(made));
  g_free(made);
}

void members_post(struct exchange *x)
{
  struct member_body given = {.email = NULL};
  struct admin_body body;
  if (admin_body_read(&body, x, &member_body_table, &given)) {
    check_new(&body, &given);
    if (admin_body_good(&body) && has_room(x))
      add_given(&body, &given);
  }
  admin_body_clear(&body);
}

/* ---- another role ---- */

static void set_role(struct admin_body *body, const char *role)
{
  struct exchange *x = body->x;
  struct people_actor actor = admin_actor(x);
  struct member member;
  struct err e = ERR_NONE;
  enum result r =
      members_set_role(&x->context->people, &actor, x->merchant, x->id_segment, role, &member, &e);
  if (r == RESULT_INVALID) {
    admin_body_complain(body, ROLE_BODY_ROLE, "invalid_field", LAST_OWNER);
    exchange_refuse_all(x);
  } else if (r != RESULT_OK) {
    exchange_fail(x, "member_role", r, &e);
  } else {
    GString *out = response_json(&x->response, 200);
    g_string_append(out, "{\"member\":");
    write_member(&member, out);
    g_string_append(out, "}\n");
  }
}

void members_patch(struct exchange *x)
{
  struct role_body given = {.role = NULL};
  struct admin_body body;
  if (admin_body_read(&body, x, &role_body_table, &given)) {
    check_role(&body, ROLE_BODY_ROLE, given.role);
    if (admin_body_good(&body))
      set_role(&body, given.role);
  }
  admin_body_clear(&body);
}

/* ---- going ---- */

void members_delete(struct exchange *x)
{
  struct people_actor actor = admin_actor(x);
  struct err e = ERR_NONE;
  enum result r = members_remove(&x->context->people, &actor, x->merchant, x->id_segment, &e);
  if (r == RESULT_OK)
    x->response.status = 204;
  else if (r == RESULT_INVALID)
    exchange_refuse(x, "invalid_field", LAST_OWNER);
  else
    exchange_fail(x, "member_remove", r, &e);
}
