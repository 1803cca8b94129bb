#include "fcgi/describe.h"

#include "fcgi/json_out.h"
#include "fcgi/problem.h"
#include "fcgi/router.h"

static const struct {
  unsigned flag;
  const char *name;
} flag_names[] = {
    {ROUTE_PUBLIC, "public"}, {ROUTE_BODY, "body"},     {ROUTE_IDEMPOTENT, "idempotent"},
    {ROUTE_CSRF, "csrf"},     {ROUTE_ORIGIN, "origin"}, {ROUTE_SESSION, "session"},
    {ROUTE_NDJSON, "ndjson"}, {ROUTE_FORMAT, "format"}, {ROUTE_LOCAL, "local"},
    {ROUTE_CSV, "csv"},       {ROUTE_SEARCH, "search"}, {ROUTE_EVENTS, "events"},
};

/* Flags without a name show as a number, which nobody who reads this expects. */
static void write_flags(unsigned flags, GString *out)
{
  const char *comma = "";
  for (size_t i = 0; i < G_N_ELEMENTS(flag_names); i++)
    if ((flags & flag_names[i].flag) != 0) {
      g_string_append_printf(out, "%s\"%s\"", comma, flag_names[i].name);
      flags &= ~flag_names[i].flag;
      comma = ",";
    }
  if (flags != 0)
    g_string_append_printf(out, "%s%u", comma, flags);
}

static void write_member(const char *name, const char *value, GString *out)
{
  g_string_append_printf(out, ",\"%s\":", name);
  json_out_string(out, value);
}

static void write_route(const struct route *route, GString *out)
{
  g_string_append_printf(out, "{\"method\":\"%s\"",
                         request_method_name(&(struct request){.method = route->method}));
  write_member("pattern", route->pattern, out);
  write_member("scope", route->scope != 0 ? scope_name(route->scope) : NULL, out);
  g_string_append(out, ",\"flags\":[");
  write_flags(route->flags, out);
  g_string_append(out, "],\"parameters\":[");
  for (const char *const *name = route->parameters; name != NULL && *name != NULL; name++) {
    if (name != route->parameters)
      g_string_append_c(out, ',');
    json_out_string(out, *name);
  }
  g_string_append(out, "]}");
}

void describe_routes(GString *out)
{
  for (size_t i = 0; i < router_count; i++) {
    g_string_append(out, i > 0 ? ",\n" : "[");
    write_route(&router_table[i], out);
  }
  g_string_append(out, "]\n");
}

void describe_problems(GString *out)
{
  for (size_t i = 0; i < problem_count; i++) {
    const struct problem *problem = &problem_table[i];
    g_string_append_printf(out, "%s{\"code\":\"%s\",\"status\":%d", i > 0 ? ",\n" : "[", problem->code,
                           problem->status);
    write_member("title", problem->title, out);
    write_member("meaning", problem->meaning, out);
    write_member("remedy", problem->remedy, out);
    g_string_append_c(out, '}');
  }
  g_string_append(out, "]\n");
}
