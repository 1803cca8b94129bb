#include "fcgi/request.h"

#include <string.h>

#include <glib.h>

#include "base/mutant.h"
#include "base/random_id.h"
#include "fcgi/percent.h"

#define LENGTH_DIGITS_MAX 18

/* The headers that decide something: two of one name could be read one way here and another way by somebody
 * else. */
static const char *const single_headers[] = {
    "CONTENT_LENGTH",     "CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE",
    "HTTP_AUTHORIZATION", "HTTP_COOKIE",  "HTTP_ORIGIN",         "HTTP_X_CSRF_TOKEN",
};

static const char *const method_names[] = {
    [METHOD_GET] = "GET",     [METHOD_POST] = "POST",     [METHOD_PUT] = "PUT",
    [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE", [METHOD_OTHER] = "other",
};

void request_init(struct request *request, const char *const *params)
{
  *request = (struct request){.params = params, .method = METHOD_OTHER};
  query_init(&request->query);
}

void request_clear(struct request *request)
{
  g_strfreev(request->path);
  query_clear(&request->query);
  g_free(request->body);
}

/* ---- headers ---- */

/* The value when `param` is "name=value", else NULL. */
static const char *value_of(const char *param, const char *name)
{
  size_t length = strlen(name);
  return strncmp(param, name, length) == 0 && param[length] == '=' ? param + length + 1 : NULL;
}

const char *request_header(const struct request *request, const char *name)
{
  for (const char *const *param = request->params; *param != NULL; param++) {
    const char *value = value_of(*param, name);
    if (value != NULL)
      return *value != '\0' ? value : NULL;
  }
  return NULL;
}

char *request_header_all(const struct request *request, const char *name)
{
  g_autoptr(GString) all = g_string_new(NULL);
  for (const char *const *param = request->params; *param != NULL; param++) {
    const char *value = value_of(*param, name);
    if (value != NULL && *value != '\0')
      g_string_append_printf(all, "%s%s", all->len > 0 ? ", " : "", value);
  }
  return all->len > 0 ? g_strdup(all->str) : NULL;
}

bool request_header_repeated(const struct request *request, const char *name)
{
  int found = 0;
  for (const char *const *param = request->params; *param != NULL; param++)
    found += value_of(*param, name) != NULL;
  return found > 1;
}

MUST_CHECK static enum result check_headers(const struct request *request, struct err *e)
{
  for (size_t i = 0; i < G_N_ELEMENTS(single_headers); i++)
    if (request_header_repeated(request, single_headers[i]))
      return err_set(e, RESULT_INVALID, "a header that decides something comes twice: %s", single_headers[i]);
  return RESULT_OK;
}

/* ---- id, method, path, length ---- */

static bool id_valid(const char *id)
{
  size_t length = strlen(id);
  return length >= 8 && length < REQUEST_ID_SIZE && strspn(id, "0123456789abcdefABCDEF-") == length;
}

static void read_id(struct request *request)
{
  const char *given = request_header(request, "REQUEST_ID");
  if (given != NULL && id_valid(given)) {
    g_strlcpy(request->id, given, sizeof request->id);
    return;
  }
  random_id_make(request->id);
  random_id_make(request->id + RANDOM_ID_SIZE - 1);
}

static void read_method(struct request *request)
{
  const char *name = request_header(request, "REQUEST_METHOD");
  if (name == NULL)
    return;
  request->head = strcmp(name, "HEAD") == 0;
  request->method = METHOD_GET;
  while (!request->head && request->method != METHOD_OTHER &&
         strcmp(name, method_names[request->method]) != 0)
    request->method++;
}

MUST_CHECK static enum result read_path(struct request *request, struct err *e)
{
  /* as it was sent: the front door's own reading has "/a/../b" made into "/b" */
  const char *uri = request_header(request, "REQUEST_URI");
  if (uri == NULL || uri[0] != '/')
    return err_set(e, RESULT_INVALID, "the path must begin with a slash");
  g_autofree char *path = g_strndup(uri + 1, strcspn(uri + 1, "?#"));
  request->path = g_strsplit(path, "/", -1);
  for (char **segment = request->path; *segment != NULL; segment++) {
    char *decoded = percent_decode(*segment, strlen(*segment));
    if (decoded == NULL)
      return err_set(e, RESULT_INVALID, "the path has a bad escape or is not UTF-8");
    g_free(*segment);
    *segment = decoded;
  }
  return RESULT_OK;
}

MUST_CHECK static enum result read_length(struct request *request, struct err *e)
{
  const char *text = request_header(request, "CONTENT_LENGTH");
  if (text == NULL)
    return RESULT_OK;
  size_t digits = strspn(text, "0123456789");
  if (text[digits] != '\0' || digits > LENGTH_DIGITS_MAX)
    return err_set(e, RESULT_INVALID, "Content-Length must be a number of bytes");
  request->has_length = true;
  request->content_length = g_ascii_strtoll(text, NULL, 10);
  return RESULT_OK;
}

enum result request_parse(struct request *request, struct err *e)
{
  read_id(request);
  read_method(request);
  enum result r = read_path(request, e);
  if (r == RESULT_OK)
    r = query_parse(&request->query, request_header(request, "QUERY_STRING"), e);
  if (r == RESULT_OK)
    r = read_length(request, e);
  if (r == RESULT_OK)
    r = check_headers(request, e);
  return r;
}

/* ---- body ---- */

enum result request_read_body(struct request *request, request_read_fn read, void *arg, struct err *e)
{
  size_t length = (size_t)request->content_length;
  request->body = g_malloc(length + (MUTANT("body-has-no-end") ? 0 : 1));
  /* one byte more than announced, to see that the body ends there */
  size_t got = read(arg, request->body, length + 1);
  request->body_length = MIN(got, length);
  request->body[request->body_length] = '\0';
  if (got != length && !MUTANT("body-believes-its-length"))
    return err_set(e, RESULT_INVALID, "the body is not as long as Content-Length says");
  return RESULT_OK;
}

const char *request_method_name(const struct request *request)
{
  return request->head ? "HEAD" : method_names[request->method];
}
