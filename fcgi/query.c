#include "fcgi/query.h"

#include <stdbool.h>
#include <string.h>

#include "base/mutant.h"
#include "fcgi/percent.h"

#define SHOWN_NAME_MAX 64

static void clear_parameter(gpointer item)
{
  struct query_parameter *parameter = item;
  g_free(parameter->name);
  g_free(parameter->value);
}

void query_init(struct query *query)
{
  query->items = g_array_new(FALSE, FALSE, sizeof(struct query_parameter));
  g_array_set_clear_func(query->items, clear_parameter);
}

void query_clear(struct query *query)
{
  g_clear_pointer(&query->items, g_array_unref);
}

MUST_CHECK static enum result parse_part(struct query *query, const char *part, size_t length, struct err *e)
{
  const char *equals = memchr(part, '=', length);
  if (equals == NULL || equals == part)
    return err_set(e, RESULT_INVALID, "each part of the query must be name=value");
  size_t name_length = (size_t)(equals - part);
  g_autofree char *name = percent_decode(part, name_length);
  g_autofree char *value = percent_decode(equals + 1, length - name_length - 1);
  if (name == NULL || value == NULL)
    return err_set(e, RESULT_INVALID, "the query has a bad escape or is not UTF-8");
  struct query_parameter parameter = {.name = g_steal_pointer(&name), .value = g_steal_pointer(&value)};
  g_array_append_val(query->items, parameter);
  return RESULT_OK;
}

enum result query_parse(struct query *query, const char *text, struct err *e)
{
  if (text == NULL || *text == '\0')
    return RESULT_OK;
  for (const char *part = text; part != NULL;) {
    const char *end = strchr(part, '&');
    enum result r = parse_part(query, part, end != NULL ? (size_t)(end - part) : strlen(part), e);
    if (r != RESULT_OK)
      return r;
    part = end != NULL ? end + 1 : NULL;
  }
  return RESULT_OK;
}

static const struct query_parameter *item(const struct query *query, guint i)
{
  return &g_array_index(query->items, struct query_parameter, i);
}

const char *query_get(const struct query *query, const char *name)
{
  for (guint i = 0; i < query->items->len; i++)
    if (strcmp(item(query, i)->name, name) == 0)
      return item(query, i)->value;
  return NULL;
}

/* A name that came from outside, made fit to be shown: only what names of parameters are made of. */
static char *shown_name(const char *name)
{
  char *shown = g_strndup(name, SHOWN_NAME_MAX);
  for (char *p = shown; *p != '\0'; p++)
    if (!g_ascii_isalnum(*p) && strchr("_.-", *p) == NULL)
      *p = '?';
  return shown;
}

static bool came_before(const struct query *query, guint i)
{
  for (guint before = 0; before < i; before++)
    if (strcmp(item(query, before)->name, item(query, i)->name) == 0)
      return true;
  return false;
}

void query_check(const struct query *query, const char *const *allowed, struct violations *violations)
{
  for (guint i = 0; i < query->items->len; i++) {
    g_autofree char *name = shown_name(item(query, i)->name);
    if (allowed == NULL || !g_strv_contains(allowed, item(query, i)->name))
      violations_add(violations, VIOLATION_PARAMETER, "unknown_parameter", name,
                     "this route has no such parameter");
    else if (came_before(query, i) && !MUTANT("query-takes-the-first"))
      violations_add(violations, VIOLATION_PARAMETER, "duplicate_parameter", name,
                     "the parameter is given more than once");
  }
}
