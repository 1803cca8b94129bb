#include "fcgi/meta.h"

#include "domain/metric.h"
#include "domain/money.h"
#include "fcgi/json_out.h"
#include "fcgi/position.h"

#define WARNINGS_MAX 50

static void begin_warning(struct meta *meta, const char *code, const char *detail)
{
  g_string_append_printf(meta->warnings, "%s{\"code\":\"%s\",\"detail\":", meta->warnings->len > 0 ? "," : "",
                         code);
  json_out_string(meta->warnings, detail);
}

void meta_warn(struct meta *meta, const char *code, const char *detail)
{
  begin_warning(meta, code, detail);
  g_string_append_c(meta->warnings, '}');
}

static void warn_parked(struct meta *meta, const struct parked *parked)
{
  char from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
  g_autofree char *detail = g_strdup_printf(
      "figures unknown from %s to %s: an entry cannot be read, or a sum is too large to be exact",
      instant_format_s(parked->start, from), instant_format_s(parked->end, to));
  begin_warning(meta, "parked", detail);
  g_string_append_printf(meta->warnings, ",\"from\":\"%s\",\"to\":\"%s\"}", from, to);
}

static bool overlaps(const struct parked *parked, const struct range *range)
{
  return parked->start < range->to && parked->end > range->from;
}

/* Names each parked hour that the answer has to do with. */
static void warn_parked_in(struct meta *meta, const struct view *view)
{
  int named = 0;
  for (guint i = 0; i < view->parked.items->len && named < WARNINGS_MAX; i++) {
    const struct parked *parked = &g_array_index(view->parked.items, struct parked, i);
    bool asked = false;
    for (size_t p = 0; p < view->part_count; p++)
      asked = asked || parked_list_has(&view->parked, parked->start, view->parts[p].currency);
    if (!asked || !(overlaps(parked, &view->range) || overlaps(parked, &view->comparison.range)))
      continue;
    warn_parked(meta, parked);
    named++;
  }
}

static void fill(struct meta *meta, const struct card *card, cluster_time as_of, int64_t as_of_ms,
                 bool rebuilding, const struct proof *proof, int64_t now_ms)
{
  *meta = (struct meta){
      .known = true,
      .position = as_of,
      .as_of_ms = as_of_ms,
      .lag_ms = MAX(0, now_ms - as_of_ms),
      .verified_through = proof->any ? proof->verified_through : 0,
      .timezone = card->zone,
      .currency = card->currency_count == 1 ? card->currencies[0] : NULL,
      .warnings = g_string_new(NULL),
  };
  if (rebuilding)
    meta_warn(meta, "rebuilding", "all figures are being rebuilt; these are true, but of an earlier time");
}

void meta_of_view(struct meta *meta, const struct view *view, int64_t now_ms)
{
  fill(meta, &view->card, view->as_of, view->as_of_ms, view->rebuilding, &view->proof, now_ms);
  meta->complete = view->complete;
  meta->currency = view->part_count == 1 ? view->parts[0].currency : NULL;
  warn_parked_in(meta, view);
}

void meta_of_stamp(struct meta *meta, const struct view_stamp *stamp, int64_t now_ms)
{
  fill(meta, &stamp->card, stamp->as_of, stamp->as_of_ms, stamp->rebuilding, &stamp->proof, now_ms);
  meta->complete = !stamp->rebuilding && stamp->parked.items->len == 0;
}

void meta_of_nothing(struct meta *meta)
{
  *meta = (struct meta){.known = false, .warnings = g_string_new(NULL)};
}

void meta_put_headers(const struct meta *meta, struct response *response)
{
  char position[POSITION_TEXT_SIZE], as_of[INSTANT_TEXT_SIZE];
  response_header(response, "Takings-As-Of", instant_format_ms(meta->as_of_ms, as_of));
  response_header(response, "Takings-Position", position_format(meta->position, position));
}

void meta_clear(struct meta *meta)
{
  g_string_free(meta->warnings, TRUE);
}

static void write_currency(const struct meta *meta, GString *out)
{
  const struct currency *currency = meta->currency != NULL ? currency_find(meta->currency) : NULL;
  g_string_append(out, ",\"currency\":");
  json_out_string(out, currency != NULL ? currency->code : NULL);
  g_string_append(out, ",\"exponent\":");
  if (currency != NULL)
    json_out_int(out, currency->exponent);
  else
    g_string_append(out, "null");
}

void meta_write_verified(const struct meta *meta, GString *out)
{
  if (meta->verified_through > 0)
    json_out_instant_s(out, meta->verified_through);
  else
    g_string_append(out, "null");
}

void meta_write_lasting(const struct meta *meta, GString *out)
{
  g_string_append(out, "\"complete\":");
  json_out_bool(out, meta->complete);
  g_string_append(out, ",\"verified_through\":");
  meta_write_verified(meta, out);
  g_string_append(out, ",\"timezone\":");
  json_out_string(out, meta->timezone);
  write_currency(meta, out);
  g_string_append_printf(out, ",\"definitions_version\":%d,\"warnings\":[", METRIC_DEFINITIONS_VERSION);
  g_string_append_len(out, meta->warnings->str, (gssize)meta->warnings->len);
  g_string_append_c(out, ']');
}

void meta_write_stamp(const struct meta *meta, GString *out)
{
  char position[POSITION_TEXT_SIZE];
  if (!meta->known) {
    g_string_append(out, "\"as_of\":null,\"lag_ms\":null,\"position\":null");
    return;
  }
  g_string_append(out, "\"as_of\":");
  json_out_instant_ms(out, meta->as_of_ms);
  g_string_append(out, ",\"lag_ms\":");
  json_out_int(out, meta->lag_ms);
  g_string_append_printf(out, ",\"position\":\"%s\"", position_format(meta->position, position));
}

void meta_write(const struct meta *meta, GString *out)
{
  g_string_append_c(out, '{');
  meta_write_stamp(meta, out);
  g_string_append_c(out, ',');
  meta_write_lasting(meta, out);
  g_string_append_c(out, '}');
}
