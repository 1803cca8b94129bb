#include "fcgi/paging.h"

size_t paging_read_limit(struct exchange *x, size_t normal, size_t most)
{
  const char *text = query_get(&x->request.query, "limit");
  if (text == NULL)
    return normal;
  char *end;
  gint64 limit = g_ascii_strtoll(text, &end, 10);
  if (end == text || *end != '\0' || (*text != '-' && !g_ascii_isdigit(*text)))
    violations_add(&x->violations, VIOLATION_PARAMETER, "invalid_field", "limit", "a whole number");
  else if (limit < 1 || limit > (gint64)most)
    violations_add(&x->violations, VIOLATION_PARAMETER, "out_of_range", "limit", "1 to %zu", most);
  else
    return (size_t)limit;
  return normal;
}
