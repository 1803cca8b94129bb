#include "domain/violations.h"

#include <stdarg.h>

#include <glib.h>

void violations_init(struct violations *v)
{
  *v = (struct violations){.items = NULL};
}

void violations_clear(struct violations *v)
{
  for (size_t i = 0; i < v->count; i++) {
    g_free(v->items[i].where);
    g_free(v->items[i].detail);
  }
  g_free(v->items);
  violations_init(v);
}

bool violations_any(const struct violations *v)
{
  return v->count > 0;
}

void violations_add(struct violations *v, enum violation_place place, const char *code, const char *where,
                    const char *detail, ...)
{
  if (v->count == VIOLATIONS_MAX) {
    v->dropped++;
    return;
  }
  if (v->items == NULL)
    v->items = g_new(struct violation, VIOLATIONS_MAX);
  va_list args;
  va_start(args, detail);
  v->items[v->count++] = (struct violation){
      .place = place, .where = g_strdup(where), .code = code, .detail = g_strdup_vprintf(detail, args)};
  va_end(args);
}
