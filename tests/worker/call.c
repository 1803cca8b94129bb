#include "tests/worker/call.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>

#include "fcgi/exchange.h"

char **call_params(const struct call *call)
{
  GPtrArray *params = g_ptr_array_new();
  const char *query = strchr(call->uri, '?');
  g_ptr_array_add(params, g_strdup_printf("REQUEST_METHOD=%s", call->method));
  g_ptr_array_add(params, g_strdup_printf("REQUEST_URI=%s", call->uri));
  g_ptr_array_add(params, g_strdup_printf("QUERY_STRING=%s", query != NULL ? query + 1 : ""));
  g_ptr_array_add(params,
                  g_strdup_printf("REMOTE_ADDR=%s", call->address != NULL ? call->address : "192.0.2.1"));
  g_ptr_array_add(params, g_strdup("REQUEST_ID=00112233445566778899aabbccddeeff"));
  if (call->secret != NULL)
    g_ptr_array_add(params, g_strdup_printf("HTTP_AUTHORIZATION=Bearer %s", call->secret));
  if (call->body != NULL) {
    g_ptr_array_add(params,
                    g_strdup_printf("CONTENT_TYPE=%s", call->type != NULL ? call->type : "application/json"));
    g_ptr_array_add(params, g_strdup_printf("CONTENT_LENGTH=%zu", strlen(call->body)));
  }
  for (const char *const *more = call->more; more != NULL && *more != NULL; more++)
    g_ptr_array_add(params, g_strdup(*more));
  g_ptr_array_add(params, NULL);
  return (char **)g_ptr_array_free(params, FALSE);
}

struct answer answer_of_text(const GString *text)
{
  struct answer answer = {.status = 0};
  const char *end = strstr(text->str, "\r\n\r\n");
  if (end == NULL)
    return answer;
  answer.head = g_strndup(text->str, (gsize)(end + 2 - text->str));
  answer.body = g_strdup(end + 4);
  if (g_str_has_prefix(answer.head, "Status: "))
    answer.status = (int)g_ascii_strtoll(answer.head + strlen("Status: "), NULL, 10);
  answer.json = json_tokener_parse(answer.body);
  return answer;
}

void answer_clear(struct answer *answer)
{
  g_free(answer->head);
  g_free(answer->body);
  json_object_put(answer->json);
}

char *answer_header(const struct answer *answer, const char *name)
{
  g_auto(GStrv) lines = g_strsplit(answer->head, "\r\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix(*line, name) && g_str_has_prefix(*line + strlen(name), ": "))
      return g_strdup(*line + strlen(name) + 2);
  return NULL;
}

const char *answer_code(const struct answer *answer)
{
  const char *code = json_object_get_string(json_object_object_get(answer->json, "code"));
  return code != NULL ? code : "";
}

/* ---- in this thread ---- */

static size_t read_body(void *arg, char *buffer, size_t size)
{
  const char *body = arg != NULL ? arg : "";
  size_t length = MIN(strlen(body), size);
  memcpy(buffer, body, length);
  return length;
}

static bool append(void *arg, const char *bytes, size_t length)
{
  g_string_append_len(arg, bytes, (gssize)length);
  return true;
}

struct answer call_run(struct context *context, const struct call *call)
{
  g_auto(GStrv) params = call_params(call);
  g_autoptr(GString) out = g_string_new(NULL);
  exchange_run(context, (const char *const *)params,
               &(struct exchange_ends){
                   .read = read_body, .read_arg = (void *)call->body, .write = append, .write_arg = out});
  return answer_of_text(out);
}

/* ---- over a socket ---- */

enum { RECORD_BEGIN = 1, RECORD_END = 3, RECORD_PARAMS = 4, RECORD_STDIN = 5, RECORD_STDOUT = 6 };

static void append_record(GString *out, int type, const char *content, size_t length)
{
  const char head[8] = {1, (char)type, 0, 1, (char)(length >> 8), (char)length, 0, 0};
  g_string_append_len(out, head, sizeof head);
  g_string_append_len(out, content, (gssize)length);
}

static void append_length(GString *out, size_t length)
{
  const char four[4] = {(char)(0x80 | length >> 24), (char)(length >> 16), (char)(length >> 8), (char)length};
  g_string_append_len(out, four, sizeof four);
}

static GString *request_of(const struct call *call)
{
  g_auto(GStrv) params = call_params(call);
  g_autoptr(GString) pairs = g_string_new(NULL);
  GString *out = g_string_new(NULL);
  append_record(out, RECORD_BEGIN, "\0\1\0\0\0\0\0\0", 8); /* responder, connection not kept */
  for (char **param = params; *param != NULL; param++) {
    size_t name = (size_t)(strchr(*param, '=') - *param);
    append_length(pairs, name);
    append_length(pairs, strlen(*param) - name - 1);
    g_string_append_len(pairs, *param, (gssize)name);
    g_string_append(pairs, *param + name + 1);
  }
  append_record(out, RECORD_PARAMS, pairs->str, pairs->len);
  append_record(out, RECORD_PARAMS, "", 0);
  if (call->body != NULL)
    append_record(out, RECORD_STDIN, call->body, strlen(call->body));
  append_record(out, RECORD_STDIN, "", 0);
  return out;
}

static bool read_exactly(int fd, char *buffer, size_t size)
{
  for (size_t got = 0; got < size;) {
    ssize_t more = read(fd, buffer + got, size - got);
    if (more <= 0)
      return false;
    got += (size_t)more;
  }
  return true;
}

/* What came on standard output until the end of the request; cut short when the worker hangs up. */
static GString *read_answer(int fd)
{
  unsigned char head[8];
  char content[65536 + 256];
  GString *out = g_string_new(NULL);
  while (read_exactly(fd, (char *)head, sizeof head) && head[1] != RECORD_END) {
    size_t length = (size_t)head[4] << 8 | head[5];
    if (!read_exactly(fd, content, length + head[6]))
      break;
    if (head[1] == RECORD_STDOUT)
      g_string_append_len(out, content, (gssize)length);
  }
  return out;
}

struct answer call_send(const char *socket_path, const struct call *call)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct answer answer = {.status = 0};
  g_autoptr(GString) request = request_of(call);
  g_strlcpy(address.sun_path, socket_path, sizeof address.sun_path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
      send(fd, request->str, request->len, MSG_NOSIGNAL) == (ssize_t)request->len) {
    g_autoptr(GString) text = read_answer(fd);
    answer = answer_of_text(text);
  }
  close(fd);
  return answer;
}
