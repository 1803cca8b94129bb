#include "fcgi/status.h"

#include <string.h>

#include "base/log.h"
#include "domain/zone_cache.h"
#include "fcgi/json_out.h"
#include "fcgi/meta.h"
#include "fcgi/position.h"
#include "fcgi/searching.h"
#include "stores/ledger_restatements.h"
#include "stores/view.h"

/* What was found out. Each store may be away: what it would have said is then null. */
struct standing {
  enum result read; /* of the stamp */
  struct view_stamp stamp;
  bool has_merchant;
  struct merchant merchant;
  bool has_restated;
  struct restatement_count restated;
  bool has_quarantine;
  int64_t quarantine;
};

/* A part that cannot be had is told as null; the log says why. */
static bool had(const struct exchange *x, const char *doing, enum result r, const struct err *e)
{
  char why[sizeof e->text + 2];
  if (r != RESULT_OK)
    log_event(LOG_LEVEL_WARN, "status_incomplete", "request_id=%s merchant=%s doing=%s result=%s why=%s",
              x->request.id, x->merchant, doing, result_name(r), log_quote(why, sizeof why, e->text));
  return r == RESULT_OK;
}

MUST_CHECK static enum result count_restatements(struct exchange *x, struct restatement_count *out,
                                                 struct err *e)
{
  if (!searching_take(x))
    return err_set(e, RESULT_UNAVAILABLE, "others look through as much just now");
  enum result r = ledger_count_restatements(x->context->service->ledger, x->merchant, out, e);
  searching_leave(x);
  return r;
}

static void find_out(struct exchange *x, struct standing *out)
{
  struct people *people = &x->context->people;
  struct err e[4] = {ERR_NONE, ERR_NONE, ERR_NONE, ERR_NONE};
  *out = (struct standing){.has_merchant = false};
  out->read = view_read_stamp(x->context->kv, x->merchant, &out->stamp, &e[0]);
  had(x, "stamp_read", out->read, &e[0]);
  out->has_merchant =
      had(x, "merchant_get", people_get_merchant(people, x->merchant, &out->merchant, &e[1]), &e[1]);
  /* when one question of MongoDB went unanswered, the next would only wait as long again */
  if (!out->has_merchant)
    return;
  out->has_quarantine = had(x, "quarantine_count",
                            people_count_quarantine(people, x->merchant, &out->quarantine, &e[2]), &e[2]);
  out->has_restated = had(x, "restatement_count", count_restatements(x, &out->restated, &e[3]), &e[3]);
}

static const char *state_name(const struct standing *standing)
{
  if (standing->read == RESULT_OK)
    return standing->stamp.rebuilding ? "rebuilding" : "ok";
  return standing->read == RESULT_STALE ? "rebuilding" : "unavailable";
}

static void write_rebuild(const struct standing *standing, GString *out)
{
  char text[POSITION_TEXT_SIZE];
  if (standing->read == RESULT_OK && standing->stamp.rebuild_mark != 0)
    g_string_append_printf(out, ",\"rebuild\":{\"to\":\"%s\",\"merchant_done\":%s}",
                           position_format(standing->stamp.rebuild_mark, text),
                           standing->stamp.rebuilding ? "false" : "true");
  else
    g_string_append(out, ",\"rebuild\":null");
}

/* A re-cut is under way or due when the card is not what the merchant's document asks for. */
static void write_recuts(const struct standing *standing, GString *out)
{
  const struct zone *zone;
  struct err unsaid = ERR_NONE;
  const struct merchant *merchant = &standing->merchant;
  if (standing->read != RESULT_OK || !standing->has_merchant) {
    g_string_append(out, ",\"recuts\":null");
    return;
  }
  g_string_append(out, ",\"recuts\":[");
  bool known = zone_cache_get(merchant->zone, &zone, &unsaid) == RESULT_OK;
  if (!card_matches(&standing->stamp.card, merchant, known ? zone_rules_hash(zone) : "-")) {
    g_string_append(out, "{\"timezone\":");
    json_out_string(out, merchant->zone);
    g_string_append_c(out, '}');
  }
  g_string_append_c(out, ']');
}

static void write_parked(const struct standing *standing, GString *out)
{
  if (standing->read != RESULT_OK) {
    g_string_append(out, ",\"parked\":null");
    return;
  }
  g_string_append(out, ",\"parked\":[");
  for (guint i = 0; i < standing->stamp.parked.items->len; i++) {
    const struct parked *parked = &g_array_index(standing->stamp.parked.items, struct parked, i);
    g_string_append(out, i > 0 ? ",{\"from\":" : "{\"from\":");
    json_out_instant_s(out, parked->start);
    g_string_append(out, ",\"to\":");
    json_out_instant_s(out, parked->end);
    bool any = strcmp(parked->currency, PARKED_ANY_CURRENCY) == 0;
    g_string_append(out, ",\"currency\":");
    json_out_string(out, any ? NULL : parked->currency);
    g_string_append_c(out, '}');
  }
  g_string_append_c(out, ']');
}

static void write_proof(const struct proof *proof, GString *out)
{
  if (!proof->any) {
    g_string_append(out, ",\"last_verify\":null");
    return;
  }
  g_string_append(out, ",\"last_verify\":{\"at\":");
  json_out_instant_ms(out, proof->at_ms);
  g_string_append(out, ",\"from\":");
  json_out_instant_s(out, proof->from);
  g_string_append(out, ",\"to\":");
  json_out_instant_s(out, proof->to);
  g_string_append_printf(out, ",\"ok\":%s,\"differing\":", proof->differing == 0 ? "true" : "false");
  json_out_int(out, proof->differing);
  g_string_append_c(out, '}');
}

static void write_count(const char *name, bool known, int64_t count, GString *out)
{
  g_string_append_printf(out, ",\"%s\":", name);
  if (known)
    json_out_int(out, count);
  else
    g_string_append(out, "null");
}

static void write_standing(const struct standing *standing, const struct meta *meta, GString *out)
{
  const struct proof none = {.any = false};
  const struct proof *proof = standing->read == RESULT_OK ? &standing->stamp.proof : &none;
  g_string_append_printf(out, "{\"state\":\"%s\",", state_name(standing));
  meta_write_stamp(meta, out);
  write_rebuild(standing, out);
  write_recuts(standing, out);
  write_parked(standing, out);
  write_proof(proof, out);
  g_string_append(out, ",\"verified_through\":");
  meta_write_verified(meta, out);
  write_count("quarantine", standing->has_quarantine, standing->quarantine, out);
  write_count("drift", proof->any, proof->drift, out);
  write_count("restatements", standing->has_restated, standing->restated.restatements, out);
  write_count("late_entries", standing->has_restated, standing->restated.entries, out);
  g_string_append_c(out, '}');
}

void status_get(struct exchange *x)
{
  struct standing standing;
  struct meta meta;
  find_out(x, &standing);
  if (standing.read == RESULT_OK)
    meta_of_stamp(&meta, &standing.stamp, context_now_ms(x->context));
  else
    meta_of_nothing(&meta);
  GString *out = response_json(&x->response, 200);
  g_string_append(out, "{\"data\":");
  write_standing(&standing, &meta, out);
  g_string_append(out, ",\"meta\":");
  meta_write(&meta, out);
  g_string_append(out, "}\n");
  meta_clear(&meta);
  if (standing.read == RESULT_OK)
    view_stamp_clear(&standing.stamp);
}
