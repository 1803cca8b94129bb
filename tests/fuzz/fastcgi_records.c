/* A whole worker, with libfcgi, over stores in memory, at the other end of a socket pair.
 *
 * Input: 'r' and records as they are; or a digit, which says into how large pieces the streams are cut, and a
 * request written out: a parameter a line, an empty line, the body. */
#include <assert.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "fcgi/fastcgi.h"
#include "tests/fuzz/answer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/worker/world.h"

enum { BEGIN_REQUEST = 1, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, STDERR = 7 };
#define RECORD_HEAD 8

/* ---- what libfcgi does that is not for us to mend ---- */

/* It loses a few bytes when it is asked for its limits. The front door asks for nothing. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
  return "leak:libfcgi.so";
}

/* It gives up the process when a parameter's name and value are announced as 2 GiB together and no memory is
 * to be had for them. The front door announces what it has, tens of kilobytes. Here only the request ends. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
  return "allocator_may_return_null=1";
}

static jmp_buf given_up;

void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
  (void)assertion, (void)line, (void)function;
  if (strcmp(file, "fcgiapp.c") == 0)
    longjmp(given_up, 1);
  abort();
}

/* ---- the world ---- */

static struct context context;
static int
    nobody; /* a listening socket to which nobody comes: libfcgi asks it when a request is broken off */

static int listen_for_nobody(void)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX}; /* the kernel gives it a name */
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  FUZZ_CHECK(bind(fd, (const struct sockaddr *)&address, sizeof(sa_family_t)) == 0 && listen(fd, 1) == 0);
  return fd;
}

static void make_world(void)
{
  struct err e = ERR_NONE;
  log_init("fuzz", LOG_LEVEL_ERROR + 1);
  world_init();
  world_add_merchant("shop", "Europe/Berlin");
  world_set_checkpoint(cluster_time_make((uint32_t)(WORLD_NOW_MS / 1000), 7), WORLD_NOW_MS - 40);
  world_add_key("tk_live_all", "shop", SCOPE_ALL_OF_KEYS);
  world_add_user("a@b", "secret", "shop", "owner");
  nobody = listen_for_nobody();
  FUZZ_CHECK(FCGX_Init() == 0 && context_init(&context, &world.service, &e) == RESULT_OK);
}

/* Whatever came before, each input finds the same. */
static void reset_world(void)
{
  g_ptr_array_set_size(world.ledger.entries, 0);
  g_array_set_size(world.sessions, 0);
  g_hash_table_remove_all(world.attempts);
  world.clock.now_ms = WORLD_NOW_MS; /* who waits moves it */
}

/* ---- a request as records ---- */

struct written {
  size_t body;        /* bytes */
  const char *length; /* CONTENT_LENGTH as it was given, NULL: not at all, or twice */
};

static void append_record(GString *out, int type, const char *content, size_t length)
{
  const char head[RECORD_HEAD] = {1, (char)type, 0, 1, (char)(length >> 8), (char)length, 0, 0};
  g_string_append_len(out, head, sizeof head);
  g_string_append_len(out, content, (gssize)length);
}

static void append_stream(GString *out, int type, const char *content, size_t length, size_t piece)
{
  for (size_t i = 0; i < length; i += piece)
    append_record(out, type, content + i, MIN(piece, length - i));
  append_record(out, type, "", 0);
}

static void append_length(GString *out, size_t length)
{
  if (length >= 0x80)
    g_string_append_c(out, (char)(0x80 | length >> 24));
  for (int shift = length < 0x80 ? 0 : 16; shift >= 0; shift -= 8)
    g_string_append_c(out, (char)(length >> shift));
}

static void append_pair(GString *out, const char *line)
{
  size_t name = strcspn(line, "=");
  const char *value = line[name] == '=' ? line + name + 1 : "";
  append_length(out, name);
  append_length(out, strlen(value));
  g_string_append_len(out, line, (gssize)name);
  g_string_append(out, value);
}

static void note_length(struct written *written, const char *line, int *given)
{
  if (g_str_has_prefix(line, "CONTENT_LENGTH=")) {
    (*given)++;
    written->length = *given == 1 ? line + strlen("CONTENT_LENGTH=") : NULL;
  }
}

/* `lines` of the head, then the body. */
static void append_request(GString *out, char **lines, const char *body, size_t length, size_t piece,
                           struct written *written)
{
  g_autoptr(GString) pairs = g_string_new(NULL);
  int given = 0;
  *written = (struct written){.body = length};
  append_record(out, BEGIN_REQUEST, "\0\1\0\0\0\0\0\0", 8);
  for (char **line = lines; *line != NULL; line++) {
    append_pair(pairs, *line);
    note_length(written, *line, &given);
  }
  append_stream(out, PARAMS, pairs->str, pairs->len, piece);
  append_stream(out, STDIN, body, length, piece);
}

/* ---- what came back ---- */

/* Only records of the protocol's form, none cut off; their standard output is put together. */
static GString *read_records(const uint8_t *at, size_t left)
{
  GString *text = g_string_new(NULL);
  while (left > 0) {
    FUZZ_CHECK(left >= RECORD_HEAD && at[0] == 1);
    size_t length = (size_t)at[4] << 8 | at[5], whole = RECORD_HEAD + length + at[6];
    FUZZ_CHECK(whole <= left && (at[1] == END_REQUEST || at[1] >= STDOUT));
    FUZZ_CHECK(at[1] != STDERR);
    if (at[1] == STDOUT)
      g_string_append_len(text, (const char *)at + RECORD_HEAD, (gssize)length);
    at += whole;
    left -= whole;
  }
  return text;
}

static GByteArray *read_all(int fd)
{
  GByteArray *all = g_byte_array_new();
  uint8_t buffer[16384];
  ssize_t got;
  while ((got = read(fd, buffer, sizeof buffer)) > 0)
    g_byte_array_append(all, buffer, (guint)got);
  return all;
}

/* One connection, which says all at once and no more; caller owns what came back. All of it fits into the
 * socket's buffer, for neither side waits for the other. */
static GByteArray *converse(const char *said, size_t length)
{
  int pair[2], room = 1 << 20;
  FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  FUZZ_CHECK(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
  FUZZ_CHECK(write(pair[0], said, length) == (ssize_t)length && shutdown(pair[0], SHUT_WR) == 0);
  static FCGX_Request fastcgi; /* kept over a jump */
  FUZZ_CHECK(FCGX_InitRequest(&fastcgi, nobody, FCGI_FAIL_ACCEPT_ON_INTR) == 0);
  fastcgi.ipcFd = pair[1]; /* as if accepted and kept from the last request */
  fastcgi.keepConnection = 1;
  if (setjmp(given_up) == 0)
    while (FCGX_Accept_r(&fastcgi) == 0)
      fastcgi_serve(&context, &fastcgi);
  FCGX_Free(&fastcgi, 1);
  GByteArray *answer = read_all(pair[0]);
  close(pair[0]);
  return answer;
}

/* ---- one input ---- */

/* 0: none came. */
static int status_of(const GString *text)
{
  if (text->len == 0)
    return 0;
  struct answer answer = answer_of_text(text);
  int status = answer_check(&answer);
  answer_clear(&answer);
  return status;
}

/* An order is stored when its sender is told so, and only whole. */
static void check_written(size_t piece, const char *said, size_t size)
{
  const char *end = g_strstr_len(said, (gssize)size, "\n\n");
  const char *body = end != NULL ? end + 2 : said + size;
  g_autofree char *head = g_strndup(said, end != NULL ? (gsize)(end - said) : size);
  g_auto(GStrv) lines = g_strsplit(head, "\n", -1);
  g_autoptr(GString) records = g_string_new(NULL);
  struct written written;
  append_request(records, lines, body, (size_t)(said + size - body), piece, &written);
  g_autoptr(GByteArray) answer = converse(records->str, records->len);
  g_autoptr(GString) out = read_records(answer->data, answer->len);
  int status = status_of(out);
  guint stored = world.ledger.entries->len;
  FUZZ_CHECK(stored == (status == 201));
  FUZZ_CHECK(stored == 0 ||
             (written.length != NULL && g_ascii_strtoull(written.length, NULL, 10) == written.body));
}

/* Several requests may have come over one connection. */
static void check_records(const char *said, size_t size)
{
  g_autoptr(GByteArray) answer = converse(said, size);
  g_autoptr(GString) out = read_records(answer->data, answer->len);
  guint told = 0;
  for (const char *p = out->str; (p = strstr(p, "Status: 201 ")) != NULL; p++)
    told++;
  FUZZ_CHECK(world.ledger.entries->len <= told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 2)
    return 0;
  if (context.redis == NULL)
    make_world();
  reset_world();
  static const size_t pieces[] = {65535, 1, 7, 8, 64, 100, 1000, 4096, 16384, 30000};
  if (data[0] == 'r')
    check_records((const char *)data + 1, size - 1);
  else
    check_written(pieces[data[0] % G_N_ELEMENTS(pieces)], (const char *)data + 1, size - 1);
  return 0;
}
