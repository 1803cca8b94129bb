/* load: sends requests to nginx from several clients, each on a kept connection, and prints how it went as
 * JSON.
 *
 * Takes the targets in turn. With --body it posts that body, each time under a new Idempotency-Key; else it
 * gets. With
 * --times it writes a line for each stored order: when it was sent (bench/ticks.h), its position in hex, and
 * the target's path.
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clients.h"
#include "bench/http.h"
#include "bench/ticks.h"

#define STATUS_OK 200
#define STATUS_CREATED 201
#define POSITION_MARK "\"position\":\"p1_"
#define POSITION_DIGITS 16

struct options {
  int port;
  const char *targets;
  const char *body;
  const char *times;
  struct clients_plan plan;
};

struct target {
  const char *path;
  const char *key; /* of the API */
};

struct stored {
  int64_t sent_ns;
  const char *path; /* its target's */
  char position[POSITION_DIGITS + 1];
};

struct sender {
  struct http http;
  GString *request;
  const GArray *targets; /* of struct target */
  guint next;
  const char *body; /* NULL: get */
  GArray *stored;   /* of struct stored */
};

/* ---- the command line ---- */

static const struct argp_option option_list[] = {
    {.name = "port", .key = 'p', .arg = "PORT", .doc = "of nginx on 127.0.0.1"},
    {.name = "targets",
     .key = 't',
     .arg = "FILE",
     .doc = "a line for each target: its path, a blank, an API key"},
    {.name = "body", .key = 'b', .arg = "FILE", .doc = "what to post (default: get)"},
    {.name = "times",
     .key = 'T',
     .arg = "FILE",
     .doc = "write when each order was sent, its position, and where"},
    {0},
};

static const struct argp_child children[] = {{.argp = &clients_options}, {0}};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct options *options = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &options->plan;
    return 0;
  case 'p':
    options->port = (int)g_ascii_strtoll(arg, NULL, 10);
    return 0;
  case 't':
    options->targets = arg;
    return 0;
  case 'b':
    options->body = arg;
    return 0;
  case 'T':
    options->times = arg;
    return 0;
  case ARGP_KEY_END:
    if (options->port == 0 || options->targets == NULL)
      argp_error(state, "--port and --targets are needed");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp parser = {.options = option_list,
                                   .parser = parse_option,
                                   .doc = "Sends requests to nginx and prints how long they took.",
                                   .children = children};

/* ---- files ---- */

static char *read_file(const char *path)
{
  char *text = NULL;
  g_autoptr(GError) error = NULL;
  if (!g_file_get_contents(path, &text, NULL, &error)) {
    fprintf(stderr, "load: %s\n", error->message);
    exit(EXIT_FAILURE);
  }
  return text;
}

/* Cuts `text` into targets, which borrow it. */
static GArray *read_targets(char *text)
{
  GArray *targets = g_array_new(FALSE, FALSE, sizeof(struct target));
  char *rest = text;
  for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
    struct target target = {.path = strsep(&line, " "), .key = line};
    if (target.key == NULL) {
      fprintf(stderr, "load: a target without a key\n");
      exit(EXIT_FAILURE);
    }
    g_array_append_val(targets, target);
  }
  return targets;
}

static void write_times(const char *path, const struct sender *senders, size_t count)
{
  FILE *file = fopen(path, "w");
  if (file == NULL) {
    perror(path);
    exit(EXIT_FAILURE);
  }
  for (size_t i = 0; i < count; i++)
    for (guint j = 0; j < senders[i].stored->len; j++) {
      const struct stored *stored = &g_array_index(senders[i].stored, struct stored, j);
      fprintf(file, "%" PRId64 " %s %s\n", stored->sent_ns, stored->position, stored->path);
    }
  fclose(file);
}

/* ---- one request ---- */

static const struct target *write_request(struct sender *sender)
{
  const struct target *target =
      &g_array_index(sender->targets, struct target, sender->next++ % sender->targets->len);
  g_string_printf(sender->request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n",
                  sender->body != NULL ? "POST" : "GET", target->path, target->key);
  if (sender->body != NULL) {
    g_autofree char *key = g_uuid_string_random();
    g_string_append_printf(sender->request,
                           "Idempotency-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n",
                           key, strlen(sender->body));
  }
  g_string_append(sender->request, "\r\n");
  if (sender->body != NULL)
    g_string_append(sender->request, sender->body);
  return target;
}

/* False when the answer names no position. */
static bool keep_position(struct sender *sender, struct stored stored, const char *answer)
{
  const char *mark = strstr(answer, POSITION_MARK);
  if (mark == NULL)
    return false;
  g_strlcpy(stored.position, mark + strlen(POSITION_MARK), sizeof stored.position);
  g_array_append_val(sender->stored, stored);
  return true;
}

static bool send_one(void *client)
{
  struct sender *sender = client;
  const char *answer = NULL;
  const struct target *target = write_request(sender);
  struct stored stored = {.sent_ns = ticks_now_ns(), .path = target->path};
  int status = http_ask(&sender->http, sender->request, &answer);
  if (sender->body == NULL)
    return status == STATUS_OK;
  return status == STATUS_CREATED && keep_position(sender, stored, answer);
}

/* ---- all of them ---- */

static size_t run(const struct options *options, const GArray *targets, const char *body)
{
  size_t count = options->plan.clients;
  g_autofree struct sender *senders = g_new0(struct sender, count);
  g_autofree void **clients = g_new0(void *, count);
  struct clients_report report;
  for (size_t i = 0; i < count; i++) {
    senders[i] = (struct sender){.targets = targets, .next = (guint)i, .body = body};
    senders[i].request = g_string_new(NULL);
    senders[i].stored = g_array_new(FALSE, FALSE, sizeof(struct stored));
    http_init(&senders[i].http, options->port);
    clients[i] = &senders[i];
  }
  clients_run(&options->plan, clients, send_one, &report);
  if (options->times != NULL)
    write_times(options->times, senders, count);
  clients_report_print(&report);
  size_t failed = report.failed;
  clients_report_clear(&report);
  for (size_t i = 0; i < count; i++) {
    g_string_free(senders[i].request, TRUE);
    g_array_unref(senders[i].stored);
    http_clear(&senders[i].http);
  }
  return failed;
}

int main(int argc, char **argv)
{
  struct options options = {.plan = {.clients = 8, .seconds = 5}};
  argp_parse(&parser, argc, argv, 0, NULL, &options);
  g_autofree char *text = read_file(options.targets);
  g_autofree char *body = options.body != NULL ? read_file(options.body) : NULL;
  g_autoptr(GArray) targets = read_targets(text);
  if (targets->len == 0) {
    fprintf(stderr, "load: no targets\n");
    return EXIT_FAILURE;
  }
  return run(&options, targets, body) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
