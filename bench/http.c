#include "bench/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 65536
#define HEAD_END "\r\n\r\n"

void http_init(struct http *http, int port)
{
  *http = (struct http){.port = port, .fd = -1, .received = g_string_sized_new(READ_SIZE)};
}

static void hang_up(struct http *http)
{
  if (http->fd >= 0)
    close(http->fd);
  http->fd = -1;
}

void http_clear(struct http *http)
{
  hang_up(http);
  g_string_free(http->received, TRUE);
}

static bool connect_once(struct http *http)
{
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)http->port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int on = 1;
  if (http->fd >= 0)
    return true;
  http->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (http->fd < 0)
    return false;
  setsockopt(http->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connect(http->fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

static bool send_all(int fd, const GString *request)
{
  for (gsize sent = 0; sent < request->len;) {
    ssize_t n = send(fd, request->str + sent, request->len - sent, MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    sent += (gsize)n;
  }
  return true;
}

static bool receive_some(struct http *http)
{
  char buffer[READ_SIZE];
  ssize_t n = recv(http->fd, buffer, sizeof buffer, 0);
  if (n <= 0)
    return false;
  g_string_append_len(http->received, buffer, n);
  return true;
}

/* What follows `name` in the head, which nginx writes in these very letters; or NULL. */
static const char *header(const char *head, const char *name)
{
  const char *found = strstr(head, name);
  return found != NULL ? found + strlen(name) : NULL;
}

/* Reads until the head is there; it is cut off behind its last line. Returns where the body begins, 0 on
 * failure. */
static gsize receive_head(struct http *http)
{
  char *end;
  while ((end = strstr(http->received->str, HEAD_END)) == NULL)
    if (!receive_some(http))
      return 0;
  *end = '\0';
  return (gsize)(end - http->received->str) + strlen(HEAD_END);
}

static int exchange(struct http *http, const GString *request, const char **body)
{
  g_string_truncate(http->received, 0);
  if (!connect_once(http) || !send_all(http->fd, request))
    return 0;
  gsize start = receive_head(http);
  const char *length = start > 0 ? header(http->received->str, "\r\nContent-Length:") : NULL;
  if (length == NULL || !g_str_has_prefix(http->received->str, "HTTP/1.1 "))
    return 0;
  int status = (int)g_ascii_strtoll(http->received->str + strlen("HTTP/1.1 "), NULL, 10);
  bool last = header(http->received->str, "\r\nConnection: close") != NULL;
  gsize whole = start + g_ascii_strtoull(length, NULL, 10);
  while (http->received->len < whole)
    if (!receive_some(http))
      return 0;
  if (last)
    hang_up(http);
  *body = http->received->str + start;
  return status;
}

int http_ask(struct http *http, const GString *request, const char **body)
{
  int status = exchange(http, request, body);
  if (status == 0)
    hang_up(http);
  return status;
}
