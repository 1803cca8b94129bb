#include "tests/fuzz/answer.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "translation/json_scan.h"

#define JSON "application/json"
#define PROBLEM "application/problem+json"

static void check_status(int status)
{
  static const int ours[] = {200, 201, 202, 204, 304, 400, 401, 403, 404,
                             405, 406, 411, 413, 415, 422, 429, 500, 503};
  size_t i = 0;
  while (i < G_N_ELEMENTS(ours) && status != ours[i])
    i++;
  FUZZ_CHECK(i < G_N_ELEMENTS(ours));
}

/* The value of a header, or NULL. Every line must be "Name: value" in visible ASCII and blanks: one more line
 * break would be a header that somebody else wrote. */
static const char *find_header(char **lines, const char *name)
{
  const char *found = NULL;
  for (char **line = lines; *line != NULL; line++) {
    const char *colon = strstr(*line, ": ");
    FUZZ_CHECK(colon != NULL && colon != *line);
    for (const char *p = *line; *p != '\0'; p++)
      FUZZ_CHECK(*p == ' ' || g_ascii_isgraph(*p));
    if ((size_t)(colon - *line) == strlen(name) && g_str_has_prefix(*line, name))
      found = colon + 2;
  }
  return found;
}

int answer_check(const struct answer *answer)
{
  FUZZ_CHECK(answer->head != NULL);
  g_auto(GStrv) lines = g_strsplit(answer->head, "\r\n", -1);
  g_clear_pointer(&lines[g_strv_length(lines) - 1], g_free); /* behind the last line break */
  const char *type = find_header(lines, "Content-Type");
  FUZZ_CHECK(find_header(lines, "Request-Id") != NULL);
  check_status(answer->status);
  FUZZ_CHECK(answer->status < 400 || (type != NULL && g_str_has_prefix(type, PROBLEM)));
  size_t offset;
  if (*answer->body != '\0' && type != NULL &&
      (g_str_has_prefix(type, JSON) || g_str_has_prefix(type, PROBLEM)))
    FUZZ_CHECK(json_scan(answer->body, strlen(answer->body), &offset) == JSON_SCAN_OK);
  return answer->status;
}
