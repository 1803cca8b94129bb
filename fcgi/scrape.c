#include "fcgi/scrape.h"

#include <inttypes.h>

#include "base/counters_read.h"
#include "base/log.h"
#include "domain/metric.h"
#include "stores/keys.h"
#include "translation/head.h"

#define TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* What a scrape found out. */
struct found {
  bool counters;           /* sum is there */
  struct counters_sum sum; /* owned */
  bool mongodb, redis;
  struct head head; /* empty: not known */
  int64_t now_ms;
};

/* ---- finding out ---- */

static void tell_failure(const struct exchange *x, const char *doing, enum result r, const struct err *e)
{
  char why[sizeof e->text + 2];
  if (r != RESULT_OK)
    log_event(LOG_LEVEL_WARN, "scrape_incomplete", "request_id=%s doing=%s result=%s why=%s", x->request.id,
              doing, result_name(r), log_quote(why, sizeof why, e->text));
}

/* Redis is up when it answers, whatever is in the head. */
static void find_head(struct exchange *x, struct found *found)
{
  const char *keys[] = {KEY_HEAD};
  kv_value value = NULL;
  struct err e = ERR_NONE;
  enum result r = x->context->kv->get(x->context->kv, keys, 1, &value, &e);
  found->redis = r == RESULT_OK;
  if (r == RESULT_OK && value != NULL)
    r = head_decode(value, &found->head, &e);
  tell_failure(x, "head_read", r, &e);
  kv_values_clear(&value, 1);
}

static void find_out(struct exchange *x, struct found *found)
{
  const struct service *service = x->context->service;
  struct err counters = ERR_NONE, mongodb = ERR_NONE;
  *found = (struct found){.now_ms = context_now_ms(x->context)};
  head_init(&found->head);
  enum result r = counters_read(service->conf->metrics_directory, &service->routes, &found->sum, &counters);
  found->counters = r == RESULT_OK;
  tell_failure(x, "counters_read", r, &counters);
  r = mongo_ping(service->mongo, &mongodb);
  found->mongodb = r == RESULT_OK;
  tell_failure(x, "mongodb_ping", r, &mongodb);
  find_head(x, found);
}

static void found_clear(struct found *found)
{
  head_clear(&found->head);
  counters_sum_clear(&found->sum);
}

/* ---- the text ---- */

/* Whole, with as many digits behind the point as the unit has. */
static void write_number(GString *out, int64_t amount, int64_t unit)
{
  if (unit <= 1) {
    g_string_append_printf(out, "%" PRId64 "\n", amount);
    return;
  }
  int digits = 0;
  for (int64_t u = unit; u > 1; u /= 10)
    digits++;
  uint64_t size = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
  g_string_append_printf(out, "%s%" PRIu64 ".%0*" PRIu64 "\n", amount < 0 ? "-" : "", size / (uint64_t)unit,
                         digits, size % (uint64_t)unit);
}

/* "name{labels} " or "name " */
static void write_series(GString *out, const char *name, const char *suffix, const char *labels)
{
  g_string_append_printf(out, "%s%s", name, suffix);
  if (labels[0] != '\0')
    g_string_append_printf(out, "{%s}", labels);
  g_string_append_c(out, ' ');
}

static void write_head(GString *out, const struct counter_family *family)
{
  static const char *const types[] = {[COUNTER_TOTAL] = "counter",
                                      [COUNTER_HISTOGRAM] = "histogram",
                                      [COUNTER_LIVE] = "gauge",
                                      [COUNTER_LAST] = "gauge",
                                      [COUNTER_ASKED] = "gauge"};
  g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
                         types[family->type]);
}

/* As short as it can be said: 0.0025, 5. 0 stands for no bound. */
static void write_bound(GString *out, int64_t bound, int64_t unit)
{
  if (bound == 0) {
    g_string_append(out, "+Inf");
    return;
  }
  g_string_append_printf(out, "%" PRId64, bound / unit);
  for (int64_t rest = bound % unit, step = unit / 10; rest > 0; rest %= step, step /= 10)
    g_string_append_printf(out, "%s%" PRId64, step == unit / 10 ? "." : "", rest / step);
}

static void write_histogram(GString *out, const struct counter_family *family, const char *labels,
                            const int64_t *slots)
{
  size_t buckets = counter_bucket_count(family);
  const char *comma = labels[0] != '\0' ? "," : "";
  int64_t count = 0;
  for (size_t i = 0; i < buckets; i++) {
    count += slots[i];
    g_string_append_printf(out, "%s_bucket{%s%sle=\"", family->name, labels, comma);
    write_bound(out, family->bounds[i], family->unit);
    g_string_append_printf(out, "\"} %" PRId64 "\n", count);
  }
  write_series(out, family->name, "_sum", labels);
  write_number(out, slots[buckets], family->unit);
  write_series(out, family->name, "_count", labels);
  write_number(out, count, 1);
}

/* ---- what processes counted ---- */

static bool any_count(const int64_t *slots, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (slots[i] != 0)
      return true;
  return false;
}

/* One value of the label. */
static void write_counted(GString *out, const struct counter_family *family, const char *labels,
                          const int64_t *slots)
{
  if (family->sparse && !any_count(slots, counters_width(family)))
    return;
  if (family->type == COUNTER_LAST && slots[1] == 0)
    return;
  if (family->type == COUNTER_HISTOGRAM) {
    write_histogram(out, family, labels, slots);
    return;
  }
  write_series(out, family->name, "", labels);
  write_number(out, slots[0], family->unit);
}

static char *labels_of(const struct counter_family *family, enum counter_program program, const char *route,
                       size_t value)
{
  g_autoptr(GString) labels = g_string_new(route);
  if (family->by_program)
    g_string_append_printf(labels, "%sprogram=\"%s\"", labels->len > 0 ? "," : "",
                           counter_program_name(program));
  if (family->label != NULL)
    g_string_append_printf(labels, "%s%s=\"%s\"", labels->len > 0 ? "," : "", family->label,
                           family->values[value]);
  return g_strdup(labels->str);
}

static void write_program(GString *out, const struct found *found, enum counter counter,
                          enum counter_program program, const struct counters_routes *routes)
{
  const struct counter_family *family = &counter_table[counter];
  const int64_t *slots = found->sum.slots[program] + found->sum.layout[program].first[counter];
  size_t values = counter_value_count(family);
  size_t series = (family->by_route ? routes->count : 1) * values;
  for (size_t i = 0; i < series; i++) {
    const char *route = family->by_route ? routes->labels[i / values] : "";
    g_autofree char *labels = labels_of(family, program, route, i % values);
    write_counted(out, family, labels, slots + i * counters_width(family));
  }
}

/* ---- what is asked now ---- */

static void write_flag(GString *out, enum counter counter, bool flag)
{
  write_series(out, counter_table[counter].name, "", "");
  write_number(out, flag, 1);
}

static void write_ms(GString *out, enum counter counter, int64_t ms)
{
  write_series(out, counter_table[counter].name, "", "");
  write_number(out, ms, 1000);
}

static void write_build(GString *out)
{
  g_autofree char *labels = g_strdup_printf("version=\"%s\",definitions_version=\"%d\"", PACKAGE_VERSION,
                                            METRIC_DEFINITIONS_VERSION);
  write_series(out, counter_table[COUNTER_BUILD_INFO].name, "", labels);
  write_number(out, 1, 1);
}

static void write_processes(GString *out, const struct found *found)
{
  const struct counter_family *family = &counter_table[COUNTER_PROCESSES];
  for (int i = 0; found->counters && i < COUNTERS_PROGRAMS; i++) {
    g_autofree char *labels = labels_of(family, (enum counter_program)i, "", (size_t)i);
    write_series(out, family->name, "", labels);
    write_number(out, found->sum.processes[i], 1);
  }
}

static void write_asked(GString *out, const struct found *found, enum counter counter)
{
  const struct head *head = &found->head;
  bool known = head->epoch[0] != '\0';
  if (counter == COUNTER_BUILD_INFO)
    write_build(out);
  else if (counter == COUNTER_PROCESSES)
    write_processes(out, found);
  else if (counter == COUNTER_COUNTERS_UP)
    write_flag(out, counter, found->counters);
  else if (counter == COUNTER_MONGODB_UP)
    write_flag(out, counter, found->mongodb);
  else if (counter == COUNTER_REDIS_UP)
    write_flag(out, counter, found->redis);
  else if (counter == COUNTER_REBUILDING && known)
    write_flag(out, counter, head->has_mark);
  else if (counter == COUNTER_AS_OF && known && head->has_ck)
    write_ms(out, counter, head->ck_wall_ms);
  else if (counter == COUNTER_LAG && known && head->has_ck)
    write_ms(out, counter, MAX(0, found->now_ms - head->ck_wall_ms));
}

/* ---- the whole ---- */

static void write_family(GString *out, const struct found *found, enum counter counter,
                         const struct counters_routes *routes)
{
  const struct counter_family *family = &counter_table[counter];
  write_head(out, family);
  if (family->type == COUNTER_ASKED)
    write_asked(out, found, counter);
  for (int i = 0; found->counters && i < COUNTERS_PROGRAMS; i++)
    if ((family->programs & 1U << i) != 0)
      write_program(out, found, counter, (enum counter_program)i, routes);
}

void scrape_get(struct exchange *x)
{
  struct found found;
  find_out(x, &found);
  GString *out = response_json(&x->response, 200);
  x->response.content_type = TEXT_TYPE;
  for (int i = 0; i < COUNTERS; i++)
    write_family(out, &found, (enum counter)i, &x->context->service->routes);
  found_clear(&found);
}
