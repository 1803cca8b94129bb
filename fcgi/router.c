#include "fcgi/router.h"

#include <string.h>

#include "base/log.h"
#include "fcgi/accept.h"
#include "fcgi/audit.h"
#include "fcgi/health.h"
#include "fcgi/keys.h"
#include "fcgi/live.h"
#include "fcgi/me_password.h"
#include "fcgi/members.h"
#include "fcgi/merchants.h"
#include "fcgi/metrics.h"
#include "fcgi/metrics_export.h"
#include "fcgi/metrics_trace.h"
#include "fcgi/orders.h"
#include "fcgi/orders_batch.h"
#include "fcgi/posting.h"
#include "fcgi/quarantine.h"
#include "fcgi/refunds.h"
#include "fcgi/restatements.h"
#include "fcgi/scrape.h"
#include "fcgi/searching.h"
#include "fcgi/session.h"
#include "fcgi/sessions.h"
#include "fcgi/settings.h"
#include "fcgi/status.h"

#define MERCHANT "/v1/merchants/{merchant}"

static const char *const dry_run[] = {"dry_run", NULL};
static const char *const listing[] = {"from",  "to",     "currency", "reference", "idempotency_key",
                                      "limit", "cursor", NULL};
static const char *const pages[] = {"limit", "cursor", NULL};
static const char *const restatements[] = {"from", "to", "limit", "cursor", NULL};
static const char *const summary[] = {"from",     "to",      "range", "compare",       "match",
                                      "currency", "metrics", "after", "max_staleness", NULL};
static const char *const series[] = {"from",     "to",      "range", "interval",      "compare", "match",
                                     "currency", "metrics", "after", "max_staleness", NULL};

static const char *const exporting[] = {"from",     "to",    "range",         "interval", "metrics",
                                        "currency", "after", "max_staleness", NULL};
static const char *const tracing[] = {"from",   "to",     "range", "currency",      "metric", "limit",
                                      "cursor", "format", "after", "max_staleness", NULL};

/* clang-format off */
const struct route router_table[] = {
  {METHOD_GET,    "/healthz",                       0, ROUTE_PUBLIC, NULL, health_live},
  {METHOD_GET,    "/readyz",                        0, ROUTE_PUBLIC, NULL, health_ready},
  {METHOD_GET,    "/version",                       0, ROUTE_PUBLIC, NULL, health_version},
  {METHOD_GET,    "/metrics",                       0, ROUTE_PUBLIC | ROUTE_LOCAL, NULL, scrape_get},
  {METHOD_POST,   "/v1/session",                    0, ROUTE_PUBLIC | ROUTE_BODY | ROUTE_ORIGIN, NULL, session_post},
  {METHOD_GET,    "/v1/session",                    0, ROUTE_SESSION, NULL, session_get},
  {METHOD_DELETE, "/v1/session",                    0, ROUTE_SESSION | ROUTE_CSRF, NULL, session_delete},
  {METHOD_DELETE, "/v1/sessions",                   0, ROUTE_SESSION | ROUTE_CSRF, NULL, sessions_delete},
  {METHOD_PUT,    "/v1/me/password",                0, ROUTE_SESSION | ROUTE_BODY | ROUTE_CSRF, NULL, me_password_put},
  {METHOD_GET,    "/v1/merchants",                  0, 0, NULL, merchants_list},
  {METHOD_POST,   MERCHANT "/orders",               SCOPE_ORDERS_WRITE, ROUTE_BODY | ROUTE_IDEMPOTENT | ROUTE_CSRF, dry_run, orders_post},
  {METHOD_GET,    MERCHANT "/orders",               SCOPE_ORDERS_READ, 0, listing, orders_list},
  {METHOD_POST,   MERCHANT "/orders/batch",         SCOPE_ORDERS_WRITE, ROUTE_BODY | ROUTE_NDJSON | ROUTE_CSRF, dry_run, orders_batch_post},
  {METHOD_GET,    MERCHANT "/orders/{id}",          SCOPE_ORDERS_READ, 0, NULL, orders_get},
  {METHOD_POST,   MERCHANT "/orders/{id}/refunds",  SCOPE_REFUNDS_WRITE, ROUTE_BODY | ROUTE_IDEMPOTENT | ROUTE_CSRF, dry_run, refunds_post},
  {METHOD_GET,    MERCHANT "/metrics/summary",      SCOPE_METRICS_READ, 0, summary, metrics_summary},
  {METHOD_GET,    MERCHANT "/metrics/series",       SCOPE_METRICS_READ, 0, series, metrics_series},
  {METHOD_GET,    MERCHANT "/metrics/export.csv",   SCOPE_METRICS_READ, ROUTE_CSV, exporting, metrics_export},
  {METHOD_GET,    MERCHANT "/metrics/trace",        SCOPE_ORDERS_READ, ROUTE_FORMAT | ROUTE_SEARCH, tracing, metrics_trace},
  {METHOD_GET,    MERCHANT "/metrics/definitions",  SCOPE_METRICS_READ, 0, NULL, metrics_definitions},
  {METHOD_GET,    MERCHANT "/restatements",         SCOPE_METRICS_READ, ROUTE_SEARCH, restatements, restatements_list},
  {METHOD_GET,    MERCHANT "/status",               SCOPE_METRICS_READ, 0, NULL, status_get},
  {METHOD_GET,    MERCHANT "/live",                 SCOPE_METRICS_READ, ROUTE_EVENTS, NULL, live_get},
  {METHOD_GET,    MERCHANT "/keys",                 SCOPE_ADMIN, 0, pages, keys_list},
  {METHOD_POST,   MERCHANT "/keys",                 SCOPE_ADMIN, ROUTE_BODY | ROUTE_CSRF, NULL, keys_post},
  {METHOD_DELETE, MERCHANT "/keys/{id}",            SCOPE_ADMIN, ROUTE_CSRF, NULL, keys_delete},
  {METHOD_GET,    MERCHANT "/members",              SCOPE_ADMIN, 0, pages, members_get},
  {METHOD_POST,   MERCHANT "/members",              SCOPE_ADMIN, ROUTE_BODY | ROUTE_CSRF, NULL, members_post},
  {METHOD_PATCH,  MERCHANT "/members/{id}",         SCOPE_ADMIN, ROUTE_BODY | ROUTE_CSRF, NULL, members_patch},
  {METHOD_DELETE, MERCHANT "/members/{id}",         SCOPE_ADMIN, ROUTE_CSRF, NULL, members_delete},
  {METHOD_GET,    MERCHANT "/settings",             SCOPE_ADMIN, 0, NULL, settings_get},
  {METHOD_PATCH,  MERCHANT "/settings",             SCOPE_ADMIN, ROUTE_BODY | ROUTE_CSRF, NULL, settings_patch},
  {METHOD_GET,    MERCHANT "/audit",                SCOPE_ADMIN, 0, pages, audit_get},
  {METHOD_GET,    MERCHANT "/quarantine",           SCOPE_ADMIN, 0, pages, quarantine_get},
  {METHOD_POST,   MERCHANT "/quarantine/{id}/retry", SCOPE_ADMIN, ROUTE_CSRF, NULL, quarantine_post_retry},
};
/* clang-format on */
const size_t router_count = G_N_ELEMENTS(router_table);

/* ---- the table as labels ---- */

void router_routes_make(struct counters_routes *out)
{
  char **labels = g_new0(char *, router_count + 2);
  for (size_t i = 0; i < router_count; i++)
    labels[i] = g_strdup_printf("method=\"%s\",route=\"%s\"",
                                request_method_name(&(struct request){.method = router_table[i].method}),
                                router_table[i].pattern);
  labels[router_count] = g_strdup("method=\"other\",route=\"other\"");
  *out = (struct counters_routes){.labels = (const char *const *)labels, .count = router_count + 1};
}

void router_routes_clear(struct counters_routes *routes)
{
  g_strfreev((char **)(void *)routes->labels);
  *routes = (struct counters_routes){.labels = NULL};
}

/* ---- path and method ---- */

/* nginx says so for the listener of its own that it has for this; a caller's headers come as HTTP_... */
static bool came_locally(const struct exchange *x)
{
  const char *local = request_header(&x->request, "TAKINGS_LOCAL");
  return local != NULL && strcmp(local, "1") == 0;
}

/* Compares the path with a pattern; what stands for {merchant} and {id} is left in x. */
static bool path_matches(struct exchange *x, const char *pattern)
{
  char *const *segment = x->request.path;
  for (const char *part = pattern + 1; part != NULL; segment++) {
    size_t length = strcspn(part, "/");
    if (*segment == NULL)
      return false;
    if (strncmp(part, "{merchant}", length) == 0)
      x->merchant_segment = *segment;
    else if (strncmp(part, "{id}", length) == 0)
      x->id_segment = *segment;
    else if (strlen(*segment) != length || strncmp(part, *segment, length) != 0)
      return false;
    part = part[length] == '/' ? part + length + 1 : NULL;
  }
  return *segment == NULL;
}

static void add_allowed(GString *allow, enum method method)
{
  static const char *const names[] = {
      [METHOD_GET] = "GET, HEAD", [METHOD_POST] = "POST",     [METHOD_PUT] = "PUT",
      [METHOD_PATCH] = "PATCH",   [METHOD_DELETE] = "DELETE",
  };
  g_string_append_printf(allow, "%s%s", allow->len > 0 ? ", " : "", names[method]);
}

/* The first pattern that fits is the one: a name that stands above {id} hides it. */
static bool gate_route(struct exchange *x)
{
  g_autoptr(GString) allow = g_string_new(NULL);
  const char *pattern = NULL;
  for (size_t i = 0; i < router_count; i++) {
    x->merchant_segment = x->id_segment = NULL;
    if ((router_table[i].flags & ROUTE_LOCAL) != 0 && !came_locally(x))
      continue;
    if ((pattern != NULL && strcmp(pattern, router_table[i].pattern) != 0) ||
        !path_matches(x, router_table[i].pattern))
      continue;
    pattern = router_table[i].pattern;
    if (router_table[i].method == x->request.method) {
      x->route = &router_table[i];
      return true;
    }
    add_allowed(allow, router_table[i].method);
  }
  if (allow->len > 0) {
    response_header(&x->response, "Allow", allow->str);
    exchange_refuse(x, "method_not_allowed", "The header Allow lists the methods of this address.");
  } else {
    exchange_refuse(x, "not_found", "There is nothing here under this address.");
  }
  return false;
}

/* ---- what is sent and what is wanted ---- */

static bool answers_csv(const struct exchange *x)
{
  const char *format = query_get(&x->request.query, "format");
  return (x->route->flags & ROUTE_CSV) != 0 ||
         ((x->route->flags & ROUTE_FORMAT) != 0 && format != NULL && strcmp(format, "csv") == 0);
}

static bool gate_accept(struct exchange *x)
{
  g_autofree char *accept = request_header_all(&x->request, "HTTP_ACCEPT");
  const char *type = answers_csv(x)                          ? "text/csv"
                     : (x->route->flags & ROUTE_EVENTS) != 0 ? "text/event-stream"
                                                             : "application/json";
  if (accept == NULL || (x->route->flags & ROUTE_LOCAL) != 0 || accept_allows(accept, type))
    return true;
  g_autofree char *detail = g_strdup_printf("This answer is %s.", type);
  exchange_refuse(x, "not_acceptable", detail);
  return false;
}

static bool gate_length(struct exchange *x)
{
  if ((x->route->flags & ROUTE_BODY) == 0)
    return true;
  bool lines = (x->route->flags & ROUTE_NDJSON) != 0;
  if (!x->request.has_length)
    exchange_refuse(x, "length_required", "A body is required, with its length.");
  else if (x->request.content_length > (lines ? REQUEST_LINES_MAX : REQUEST_BODY_MAX))
    exchange_refuse(x, "payload_too_large", lines ? "The body may have 1 MiB." : "The body may have 64 KiB.");
  else
    return true;
  return false;
}

static bool gate_content_type(struct exchange *x)
{
  const char *given = request_header(&x->request, "CONTENT_TYPE");
  bool lines = (x->route->flags & ROUTE_NDJSON) != 0;
  if ((x->route->flags & ROUTE_BODY) == 0 ||
      accept_is_type(given, lines ? "application/x-ndjson" : "application/json"))
    return true;
  exchange_refuse(x, "unsupported_media_type",
                  lines ? "The body must be application/x-ndjson, in UTF-8."
                        : "The body must be application/json, in UTF-8.");
  return false;
}

/* Packed bodies are for nobody to unpack: what would be counted against the limit is not what would be read.
 */
static bool gate_content_encoding(struct exchange *x)
{
  const char *encoding = request_header(&x->request, "HTTP_CONTENT_ENCODING");
  if ((x->route->flags & ROUTE_BODY) == 0 || encoding == NULL ||
      g_ascii_strcasecmp(encoding, "identity") == 0)
    return true;
  exchange_refuse(x, "unsupported_media_type", "The body must come as it is, without a content encoding.");
  return false;
}

static bool gate_parameters(struct exchange *x)
{
  query_check(&x->request.query, x->route->parameters, &x->violations);
  if (!violations_any(&x->violations))
    return true;
  exchange_refuse_all(x);
  return false;
}

/* ---- who ---- */

static bool gate_caller(struct exchange *x)
{
  if ((x->route->flags & ROUTE_PUBLIC) != 0)
    return (x->route->flags & ROUTE_ORIGIN) == 0 || auth_check_origin(x, false);
  if (!auth_identify(x))
    return false;
  if ((x->route->flags & ROUTE_SESSION) == 0 || x->caller.kind == CALLER_SESSION)
    return true;
  exchange_refuse(x, "forbidden", "This is for people who are logged in, not for keys.");
  return false;
}

static bool gate_merchant(struct exchange *x)
{
  return x->merchant_segment == NULL || auth_enter_merchant(x);
}

static bool gate_scope(struct exchange *x)
{
  return auth_may(x, x->route->scope);
}

static bool gate_csrf(struct exchange *x)
{
  return (x->route->flags & ROUTE_CSRF) == 0 || auth_check_csrf(x);
}

/* ---- the write's own ---- */

static bool gate_idempotency(struct exchange *x)
{
  if ((x->route->flags & ROUTE_IDEMPOTENT) == 0)
    return true;
  const char *key = request_header(&x->request, "HTTP_IDEMPOTENCY_KEY");
  const char *dry = query_get(&x->request.query, "dry_run");
  if (key == NULL && (dry == NULL || strcmp(dry, "true") != 0))
    violations_add(&x->violations, VIOLATION_HEADER, "idempotency_key_missing", "Idempotency-Key",
                   "a key of your own for this request, so that sending it again does nothing twice");
  else if (key != NULL &&
           (!posting_key_valid(key) || request_header_repeated(&x->request, "HTTP_IDEMPOTENCY_KEY")))
    violations_add(&x->violations, VIOLATION_HEADER, "idempotency_key_invalid", "Idempotency-Key",
                   "one key of 1 to 255 visible ASCII characters");
  else
    return true;
  exchange_refuse_all(x);
  return false;
}

static bool gate_body(struct exchange *x, request_read_fn read, void *arg)
{
  struct err e = ERR_NONE;
  if ((x->route->flags & ROUTE_BODY) == 0 || request_read_body(&x->request, read, arg, &e) == RESULT_OK)
    return true;
  exchange_refuse(x, "truncated_body", e.text);
  return false;
}

static void handle(struct exchange *x)
{
  bool searches = (x->route->flags & ROUTE_SEARCH) != 0;
  if (searches && !searching_enter(x))
    return;
  x->route->handler(x);
  if (searches)
    searching_leave(x);
}

void router_serve(struct exchange *x, request_read_fn read, void *arg)
{
  static bool (*const gates[])(struct exchange *) = {
      gate_route,  gate_accept,   gate_length, gate_content_type, gate_content_encoding, gate_parameters,
      gate_caller, gate_merchant, gate_scope,  gate_csrf,         gate_idempotency,
  };
  for (size_t i = 0; i < G_N_ELEMENTS(gates); i++)
    if (!gates[i](x))
      return;
  if (gate_body(x, read, arg))
    handle(x);
}
