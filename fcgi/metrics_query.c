#include "fcgi/metrics_query.h"

#include "domain/money.h"
#include "fcgi/json_out.h"

static const char *const kind_names[] = {
    [COMPARISON_PREVIOUS_PERIOD] = "previous_period", [COMPARISON_PREVIOUS_YEAR] = "previous_year"};
static const char *const match_names[] = {[COMPARISON_BY_WEEKDAY] = "weekday", [COMPARISON_BY_DATE] = "date"};

static void read_metrics(struct metrics_query *query, const char *list)
{
  query->all = list == NULL;
  if (query->all) {
    for (int i = 0; i < METRIC_ALL; i++)
      query->wanted[i] = true;
    return;
  }
  g_auto(GStrv) names = g_strsplit(list, ",", -1);
  bool good = names[0] != NULL;
  for (char **name = names; *name != NULL; name++) {
    const struct metric *metric = metric_find(*name);
    good = good && metric != NULL && !query->wanted[metric - metric_table];
    if (metric != NULL)
      query->wanted[metric - metric_table] = true;
  }
  if (!good)
    exchange_complain(query->x, "invalid_field", "metrics", "names of metrics joined by commas, each once");
}

static void read_interval(struct metrics_query *query)
{
  const char *name = query_get(&query->x->request.query, "interval");
  query->has_interval = name != NULL;
  if (name != NULL && !range_interval_find(name, &query->interval))
    exchange_complain(query->x, "invalid_field", "interval", "hour, day, week or month");
}

/* The index of a name in a table; the table's length when it has none of that name. */
static size_t find_name(const char *const *names, size_t count, const char *name)
{
  size_t i = 0;
  while (i < count && g_strcmp0(names[i], name) != 0)
    i++;
  return i;
}

static void read_comparison(struct metrics_query *query)
{
  const char *compare = query_get(&query->x->request.query, "compare");
  const char *match = query_get(&query->x->request.query, "match");
  if (compare != NULL) {
    size_t kind = find_name(kind_names, G_N_ELEMENTS(kind_names), compare);
    if (kind < G_N_ELEMENTS(kind_names))
      query->comparison.kind = (enum comparison_kind)kind;
    else
      exchange_complain(query->x, "invalid_field", "compare", "previous_period or previous_year");
  }
  if (match != NULL) {
    size_t by = find_name(match_names, G_N_ELEMENTS(match_names), match);
    if (by < G_N_ELEMENTS(match_names) && query->comparison.kind == COMPARISON_PREVIOUS_YEAR)
      query->comparison.match = (enum comparison_match)by;
    else
      exchange_complain(query->x, "invalid_field", "match", "weekday or date, with compare=previous_year");
  }
}

static void read_currency(struct metrics_query *query)
{
  query->currency = query_get(&query->x->request.query, "currency");
  if (query->currency != NULL && currency_find(query->currency) == NULL)
    exchange_complain(query->x, "invalid_currency", "currency", "a currency's code of ISO 4217");
}

void metrics_query_read(struct metrics_query *query, struct exchange *x)
{
  *query = (struct metrics_query){.x = x};
  read_interval(query);
  read_comparison(query);
  read_metrics(query, query_get(&x->request.query, "metrics"));
  read_currency(query);
  freshness_read(x, &query->freshness);
}

/* ---- the range ---- */

static bool refuse(struct metrics_query *query, const char *code, const char *parameter, const char *detail)
{
  query->refusal = (struct range_refusal){code, parameter, detail};
  return false;
}

void metrics_query_add_refusal(const struct metrics_query *query)
{
  const struct range_refusal *refusal = &query->refusal;
  if (refusal->code != NULL)
    exchange_complain(query->x, refusal->code, refusal->parameter, refusal->detail);
}

static bool read_preset(struct metrics_query *query, const char *name, const struct zone *zone,
                        struct range *range)
{
  enum range_preset preset = range_preset_find(name);
  if (preset == RANGE_NONE)
    return refuse(query, "invalid_field", "range", range_preset_names());
  range_of_preset(preset, zone, context_now_ms(query->x->context) / 1000, range);
  return true;
}

static bool read_from_to(struct metrics_query *query, const char *from, const char *to,
                         const struct zone *zone, struct range *range)
{
  /* its text may hold what was sent */
  struct err unsaid = ERR_NONE;
  if (from == NULL || to == NULL)
    return refuse(query, "invalid_range", from == NULL ? "from" : "to",
                  "from and to go together, or range alone");
  if (range_parse(from, to, zone, range, &unsaid) != RESULT_OK)
    return refuse(query, "invalid_range", "from",
                  "from and to: each a date, or an instant at the start of a local hour; from before to");
  return true;
}

static bool read_range(struct metrics_query *query, const struct zone *zone, struct range *range)
{
  const struct query *parameters = &query->x->request.query;
  const char *preset = query_get(parameters, "range");
  const char *from = query_get(parameters, "from");
  const char *to = query_get(parameters, "to");
  if (preset != NULL && (from != NULL || to != NULL))
    return refuse(query, "invalid_range", "range", "either range, or from and to");
  if (preset == NULL && from == NULL && to == NULL)
    return refuse(query, "invalid_range", "range", "a range is needed: range, or from and to");
  return preset != NULL ? read_preset(query, preset, zone, range)
                        : read_from_to(query, from, to, zone, range);
}

static enum range_interval choose_interval(const struct metrics_query *query, const struct zone *zone,
                                           const struct range *range)
{
  if (query->has_fixed_interval)
    return query->fixed_interval;
  return query->has_interval ? query->interval : range_default_interval(range, zone);
}

/* Whether the range can be shown by the interval, and compared. */
static bool check_range(struct metrics_query *query, const struct zone *zone, struct range *range,
                        enum range_interval interval)
{
  struct err unsaid = ERR_NONE;
  struct range against;
  if (range_check_size(range, zone, interval, &unsaid) != RESULT_OK)
    return refuse(query, "range_too_large", "from",
                  "hours of at most 100 days, days, weeks and months of at most 10 years");
  if (range_fit(range, zone, interval, &unsaid) != RESULT_OK)
    return refuse(query, "invalid_range", "interval",
                  "weeks and months need a range from the start of a local day to the start of another");
  if (query->comparison.kind != COMPARISON_NONE &&
      comparison_range(&query->comparison, range, zone, &against, &unsaid) != RESULT_OK)
    return refuse(query, "invalid_range", "compare", "what it is compared with would begin before 1970");
  return true;
}

enum result metrics_query_range(void *arg, const struct zone *zone, struct range *range,
                                enum range_interval *interval, struct err *e)
{
  struct metrics_query *query = arg;
  query->refusal = (struct range_refusal){.code = NULL};
  bool good = read_range(query, zone, range);
  if (good) {
    *interval = choose_interval(query, zone, range);
    good = check_range(query, zone, range, *interval);
  }
  return good && !violations_any(&query->x->violations) ? RESULT_OK
                                                        : err_set(e, RESULT_INVALID, "the query is refused");
}

/* ---- as understood ---- */

static void write_comparison(const struct comparison *comparison, GString *out)
{
  if (comparison->kind == COMPARISON_NONE)
    return;
  g_string_append_printf(out, ",\"compare\":\"%s\"", kind_names[comparison->kind]);
  if (comparison->kind == COMPARISON_PREVIOUS_YEAR)
    g_string_append_printf(out, ",\"match\":\"%s\"", match_names[comparison->match]);
}

static void write_names(const struct metrics_query *query, GString *out)
{
  const char *comma = "";
  g_string_append(out, ",\"metrics\":[");
  for (int i = 0; i < METRIC_ALL; i++)
    if (query->wanted[i]) {
      g_string_append_printf(out, "%s\"%s\"", comma, metric_table[i].name);
      comma = ",";
    }
  g_string_append_c(out, ']');
}

void metrics_query_write(const struct metrics_query *query, const struct range *range,
                         enum range_interval interval, GString *out)
{
  g_string_append(out, "{\"from\":");
  json_out_instant_s(out, range->from);
  g_string_append(out, ",\"to\":");
  json_out_instant_s(out, range->to);
  if (range->preset != RANGE_NONE)
    g_string_append_printf(out, ",\"range\":\"%s\"", range_preset_name(range->preset));
  if (!query->has_fixed_interval)
    g_string_append_printf(out, ",\"interval\":\"%s\"", range_interval_name(interval));
  write_comparison(&query->comparison, out);
  if (query->currency != NULL)
    g_string_append_printf(out, ",\"currency\":\"%s\"", query->currency);
  if (!query->all)
    write_names(query, out);
  g_string_append_c(out, '}');
}
