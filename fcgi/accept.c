#include "fcgi/accept.h"

#include <stddef.h>
#include <string.h>

#include <glib.h>

/* The quality among a media range's parameters, in thousandths; 1000 when there is none. Nonsense counts as
 * 0. */
static int quality(char **parameters)
{
  for (; *parameters != NULL; parameters++) {
    const char *parameter = g_strstrip(*parameters);
    if (g_ascii_strncasecmp(parameter, "q=", 2) != 0)
      continue;
    char *end;
    double q = g_ascii_strtod(parameter + 2, &end);
    return *end == '\0' && q >= 0 && q <= 1 ? (int)(q * 1000) : 0;
  }
  return 1000;
}

/* How closely a range names the type: 0 not at all. */
static int closeness(const char *range, const char *type)
{
  size_t head = strcspn(type, "/") + 1;
  if (g_ascii_strcasecmp(range, type) == 0)
    return 3;
  if (g_ascii_strncasecmp(range, type, head) == 0 && strcmp(range + head, "*") == 0)
    return 2;
  return strcmp(range, "*/*") == 0 ? 1 : 0;
}

bool accept_allows(const char *accept, const char *type)
{
  g_auto(GStrv) ranges = g_strsplit(accept, ",", -1);
  int closest = 0;
  bool allowed = false;
  for (char **range = ranges; *range != NULL; range++) {
    g_auto(GStrv) parts = g_strsplit(*range, ";", -1);
    if (parts[0] == NULL)
      continue;
    int close = closeness(g_strstrip(parts[0]), type);
    if (close > closest) {
      closest = close;
      allowed = quality(parts + 1) > 0;
    }
  }
  return allowed;
}

static bool parameter_fits(char *parameter)
{
  g_strstrip(parameter);
  if (*parameter == '\0')
    return true;
  return g_ascii_strcasecmp(parameter, "charset=utf-8") == 0 ||
         g_ascii_strcasecmp(parameter, "charset=\"utf-8\"") == 0;
}

bool accept_is_type(const char *content_type, const char *type)
{
  if (content_type == NULL)
    return false;
  g_auto(GStrv) parts = g_strsplit(content_type, ";", -1);
  if (parts[0] == NULL || g_ascii_strcasecmp(g_strstrip(parts[0]), type) != 0)
    return false;
  for (char **part = parts + 1; *part != NULL; part++)
    if (!parameter_fits(*part))
      return false;
  return true;
}
