#include <string.h>

#include "stores/people.h"

static const struct {
  enum scope scope;
  const char *name;
} scopes[] = {
    {SCOPE_ORDERS_WRITE, "orders:write"},   {SCOPE_ORDERS_READ, "orders:read"},
    {SCOPE_ORDERS_IMPORT, "orders:import"}, {SCOPE_REFUNDS_WRITE, "refunds:write"},
    {SCOPE_METRICS_READ, "metrics:read"},   {SCOPE_ADMIN, "admin"},
};

static const struct {
  const char *role;
  unsigned scopes;
} roles[] = {
    {"owner", SCOPE_ALL_OF_KEYS | SCOPE_ADMIN},
    {"analyst", SCOPE_METRICS_READ | SCOPE_ORDERS_READ},
    {"clerk", SCOPE_ORDERS_READ | SCOPE_ORDERS_WRITE},
};

const char *scope_name(enum scope scope)
{
  for (size_t i = 0; i < G_N_ELEMENTS(scopes); i++)
    if (scopes[i].scope == scope)
      return scopes[i].name;
  return "unknown";
}

static unsigned scope_of_key(const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS(scopes); i++)
    if (strcmp(scopes[i].name, name) == 0)
      return (unsigned)scopes[i].scope & SCOPE_ALL_OF_KEYS;
  return 0;
}

unsigned scopes_parse(const char *text)
{
  unsigned all = 0;
  g_auto(GStrv) names = g_strsplit(text, ",", -1);
  for (char **name = names; *name != NULL; name++) {
    unsigned one = scope_of_key(*name);
    if (one == 0)
      return 0;
    all |= one;
  }
  return all;
}

char *scopes_format(unsigned set)
{
  GString *text = g_string_new(NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(scopes); i++)
    if ((set & (unsigned)scopes[i].scope) != 0)
      g_string_append_printf(text, "%s%s", text->len > 0 ? "," : "", scopes[i].name);
  return g_string_free(text, FALSE);
}

unsigned role_scopes(const char *role)
{
  for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
    if (strcmp(roles[i].role, role) == 0)
      return roles[i].scopes;
  return 0;
}
