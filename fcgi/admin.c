#include "fcgi/admin.h"

#include "fcgi/document_order.h"
#include "translation/order_json.h"
#include "translation/people_json.h"

bool admin_body_read(struct admin_body *body, struct exchange *x, const struct field_table *table,
                     void *record)
{
  *body = (struct admin_body){.x = x, .table = table, .record = record};
  body->json = order_json_parse_body(x->request.body, x->request.body_length, &x->violations);
  if (body->json == NULL) {
    exchange_refuse_all(x);
    return false;
  }
  people_json_read(body->json, table, record, &x->violations);
  return true;
}

void admin_body_clear(struct admin_body *body)
{
  field_clear(body->table, body->record);
  json_object_put(body->json);
}

void admin_body_complain(struct admin_body *body, size_t field, const char *code, const char *detail)
{
  if (field_faulty(body->table, body->record, field))
    return;
  field_refuse(&body->x->violations, "", body->table->fields[field].name, code, "%s", detail);
  field_mark_faulty(body->table, body->record, field);
}

bool admin_body_good(struct admin_body *body)
{
  if (!violations_any(&body->x->violations))
    return true;
  document_order_sort(&body->x->violations, body->json);
  exchange_refuse_all(body->x);
  return false;
}

struct people_actor admin_actor(const struct exchange *x)
{
  const struct caller *caller = &x->caller;
  return (struct people_actor){.who = caller->kind == CALLER_SESSION ? caller->user.id : caller->key.id,
                               .request_id = x->request.id};
}
