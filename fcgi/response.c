#include "fcgi/response.h"

#define BODY_GUESS 1024

void response_init(struct response *response)
{
  *response = (struct response){.headers = g_string_new(NULL), .body = g_string_sized_new(BODY_GUESS)};
}

void response_clear(struct response *response)
{
  g_string_free(response->headers, TRUE);
  g_string_free(response->body, TRUE);
}

void response_header(struct response *response, const char *name, const char *value)
{
  for (const char *p = value; *p != '\0'; p++)
    if (g_ascii_iscntrl(*p))
      return;
  g_string_append_printf(response->headers, "%s: %s\r\n", name, value);
}

void response_header_int(struct response *response, const char *name, int64_t value)
{
  g_string_append_printf(response->headers, "%s: %" G_GINT64_FORMAT "\r\n", name, value);
}

GString *response_begin(struct response *response, const char *content_type)
{
  response->status = 200;
  response->secret = false;
  response->content_type = content_type;
  return g_string_truncate(response->body, 0);
}

GString *response_json(struct response *response, int status)
{
  GString *body = response_begin(response, "application/json");
  response->status = status;
  return body;
}

static const char *reason(int status)
{
  static const struct {
    int status;
    const char *reason;
  } reasons[] = {
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
    if (reasons[i].status == status)
      return reasons[i].reason;
  return "Unknown";
}

void response_write_head(const struct response *response, const char *request_id, GString *out)
{
  g_string_append_printf(out, "Status: %d %s\r\n", response->status, reason(response->status));
  g_string_append_printf(out, "Request-Id: %s\r\n", request_id);
  g_string_append_printf(out, "Cache-Control: %s\r\n", response->secret ? "no-store" : "private, no-cache");
  if (response->content_type != NULL) {
    g_string_append_printf(out, "Content-Type: %s\r\n", response->content_type);
    g_string_append_printf(out, "Content-Length: %" G_GSIZE_FORMAT "\r\n", response->body->len);
  }
  g_string_append_len(out, response->headers->str, (gssize)response->headers->len);
  g_string_append(out, "\r\n");
}
