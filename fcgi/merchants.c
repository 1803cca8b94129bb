#include "fcgi/merchants.h"

#include <string.h>

#include "domain/money.h"
#include "fcgi/json_out.h"
#include "stores/view.h"

/* What a key's answer says where a person's says the role. */
#define ROLE_OF_KEYS "key"

MUST_CHECK static enum result read_card(struct exchange *x, const char *id, struct merchant *out,
                                        struct err *e)
{
  struct view_stamp stamp;
  enum result r = view_read_stamp(x->context->kv, id, &stamp, e);
  if (r != RESULT_OK)
    return r;
  *out = (struct merchant){.currency_count = stamp.card.currency_count};
  g_strlcpy(out->id, id, sizeof out->id);
  g_strlcpy(out->name, id, sizeof out->name);
  g_strlcpy(out->zone, stamp.card.zone, sizeof out->zone);
  memcpy(out->currencies, stamp.card.currencies, sizeof out->currencies);
  view_stamp_clear(&stamp);
  return RESULT_OK;
}

/* While MongoDB is away what is needed of a merchant stands in his card: neither name nor locale, which are
 * how things look. *away is remembered for the
 * merchants that follow: asking again for each would take the time of as many time-outs. */
MUST_CHECK static enum result read_merchant(struct exchange *x, const char *id, bool *away,
                                            struct merchant *out, struct err *e)
{
  struct err why = ERR_NONE;
  if (*away)
    return read_card(x, id, out, e);
  enum result r = people_merchant_terms(&x->context->people, id, out, &why);
  *away = r == RESULT_UNAVAILABLE;
  if (*away)
    return read_card(x, id, out, e);
  return r == RESULT_OK ? r : err_set(e, r, "%s", why.text);
}

void merchants_write_one(const struct merchant *merchant, const char *role, GString *out)
{
  g_string_append(out, "{\"id\":");
  json_out_string(out, merchant->id);
  g_string_append(out, ",\"name\":");
  json_out_string(out, merchant->name);
  if (role != NULL) {
    g_string_append(out, ",\"role\":");
    json_out_string(out, role);
  }
  g_string_append(out, ",\"timezone\":");
  json_out_string(out, merchant->zone);
  g_string_append(out, ",\"currencies\":[");
  for (size_t i = 0; i < merchant->currency_count; i++)
    g_string_append_printf(out, "%s\"%s\"", i > 0 ? "," : "", merchant->currencies[i]);
  g_string_append(out, "],\"exponents\":{");
  for (size_t i = 0; i < merchant->currency_count; i++) {
    const struct currency *currency = currency_find(merchant->currencies[i]);
    g_string_append_printf(out, "%s\"%s\":%d", i > 0 ? "," : "", merchant->currencies[i],
                           currency != NULL ? currency->exponent : 0);
  }
  g_string_append(out, "},\"locale\":");
  if (merchant->locale[0] != '\0')
    json_out_string(out, merchant->locale);
  else
    g_string_append(out, "null");
  g_string_append_c(out, '}');
}

MUST_CHECK static enum result write_one(struct exchange *x, const char *id, const char *role, bool *away,
                                        GString *out, struct err *e)
{
  struct merchant merchant;
  enum result r = read_merchant(x, id, away, &merchant, e);
  if (r == RESULT_OK)
    merchants_write_one(&merchant, role, out);
  return r;
}

MUST_CHECK static enum result write_all(struct exchange *x, GString *out, struct err *e)
{
  const struct caller *caller = &x->caller;
  bool away = false;
  if (caller->kind == CALLER_KEY)
    return write_one(x, caller->key.merchant, ROLE_OF_KEYS, &away, out, e);
  for (guint i = 0; i < caller->user.memberships->len; i++) {
    const struct membership *membership = &g_array_index(caller->user.memberships, struct membership, i);
    if (i > 0)
      g_string_append_c(out, ',');
    enum result r = write_one(x, membership->merchant, membership->role, &away, out, e);
    if (r != RESULT_OK)
      return r;
  }
  return RESULT_OK;
}

enum result merchants_write(struct exchange *x, GString *out, struct err *e)
{
  g_string_append_c(out, '[');
  enum result r = write_all(x, out, e);
  g_string_append_c(out, ']');
  return r;
}

void merchants_list(struct exchange *x)
{
  struct err e = ERR_NONE;
  GString *out = response_json(&x->response, 200);
  g_string_append(out, "{\"data\":");
  enum result r = merchants_write(x, out, &e);
  g_string_append(out, "}\n");
  if (r != RESULT_OK)
    exchange_fail(x, "merchants_list", r, &e);
}
