#include "batch/link_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "base/log.h"
#include "batch/wire.h"

#define LINK_END_MS 5000

struct link_pipe {
  struct link link;
  char *program;
  char *config_path;
  GPid child; /* 0: none */
  int to_child;
  int from_child; /* non-blocking */
  GString *received;
};

static struct link_pipe *self_of(struct link *link)
{
  return (struct link_pipe *)link;
}

/* A tailer that ends in the middle of something, or is killed, takes its child with it. */
static void end_with_parent(void *unused)
{
  (void)unused;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

MUST_CHECK static enum result start_child(struct link_pipe *self, struct err *e)
{
  char *argv[] = {self->program, (char *)"serve", (char *)"--config", self->config_path, NULL};
  g_autoptr(GError) error = NULL;
  if (!g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                                end_with_parent, NULL, &self->child, &self->to_child, &self->from_child, NULL,
                                &error)) {
    self->child = 0;
    return err_set(e, RESULT_UNAVAILABLE, "%s cannot be started: %s", self->program, error->message);
  }
  if (fcntl(self->from_child, F_SETFL, O_NONBLOCK) != 0 || fcntl(self->to_child, F_SETFD, FD_CLOEXEC) != 0)
    return err_set(e, RESULT_INTERNAL, "pipe: %s", strerror(errno));
  g_string_truncate(self->received, 0);
  log_event(LOG_LEVEL_INFO, "batch_started", "pid=%d", self->child);
  return RESULT_OK;
}

static bool ended_within(GPid child, int64_t ms)
{
  for (int64_t waited = 0; waited <= ms; waited += 10) {
    if (waitpid(child, NULL, WNOHANG) != 0)
      return true;
    g_usleep(10000);
  }
  return false;
}

/* Its input's end tells the child to finish what it does and go. */
static void end_child(struct link_pipe *self)
{
  if (self->child == 0)
    return;
  close(self->to_child);
  close(self->from_child);
  if (!ended_within(self->child, LINK_END_MS)) {
    kill(self->child, SIGKILL);
    waitpid(self->child, NULL, 0);
  }
  g_spawn_close_pid(self->child);
  self->child = 0;
}

MUST_CHECK static enum result write_all(struct link_pipe *self, const GString *text, struct err *e)
{
  size_t done = 0;
  while (done < text->len) {
    ssize_t n = write(self->to_child, text->str + done, text->len - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      enum result r = err_set(e, RESULT_UNAVAILABLE, "the batch does not take requests: %s", strerror(errno));
      end_child(self);
      return r;
    }
    done += (size_t)n;
  }
  return RESULT_OK;
}

MUST_CHECK static enum result send_text(struct link_pipe *self, const GString *text, struct err *e)
{
  enum result r = self->child == 0 ? start_child(self, e) : RESULT_OK;
  return r == RESULT_OK ? write_all(self, text, e) : r;
}

MUST_CHECK static enum result link_flush(struct link *link, const struct flush *flush, struct err *e)
{
  GString *text = g_string_new(NULL);
  wire_put_flush(text, flush);
  enum result r = send_text(self_of(link), text, e);
  g_string_free(text, TRUE);
  return r;
}

MUST_CHECK static enum result link_rebuild(struct link *link, const struct rebuild *rebuild, struct err *e)
{
  GString *text = g_string_new(NULL);
  wire_put_rebuild(text, rebuild);
  enum result r = send_text(self_of(link), text, e);
  g_string_free(text, TRUE);
  return r;
}

/* Takes what the pipe has. False: the child has closed it. */
static bool fill(struct link_pipe *self)
{
  char buffer[256];
  ssize_t n = read(self->from_child, buffer, sizeof buffer);
  if (n > 0)
    g_string_append_len(self->received, buffer, n);
  return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

MUST_CHECK static enum result link_receive(struct link *link, bool *got, struct link_reply *out,
                                           struct err *e)
{
  struct link_pipe *self = self_of(link);
  *got = false;
  if (self->child == 0)
    return err_set(e, RESULT_UNAVAILABLE, "there is no batch");
  bool alive = fill(self);
  char *newline = strchr(self->received->str, '\n');
  if (newline == NULL && !alive) {
    end_child(self);
    return err_set(e, RESULT_UNAVAILABLE, "the batch has ended");
  }
  if (newline == NULL)
    return RESULT_OK;
  *newline = '\0';
  size_t length = strlen(self->received->str);
  enum result r = wire_read_reply(self->received->str, out, e);
  g_string_erase(self->received, 0, (gssize)length + 1);
  *got = r == RESULT_OK;
  return r;
}

struct link *link_pipe_new(const char *program, const char *config_path)
{
  struct link_pipe *self = g_new0(struct link_pipe, 1);
  self->link = (struct link){.flush = link_flush, .rebuild = link_rebuild, .receive = link_receive};
  self->program = g_strdup(program);
  self->config_path = g_strdup(config_path);
  self->received = g_string_new(NULL);
  return &self->link;
}

void link_pipe_free(struct link *link)
{
  if (link == NULL)
    return;
  struct link_pipe *self = self_of(link);
  end_child(self);
  g_string_free(self->received, TRUE);
  g_free(self->program);
  g_free(self->config_path);
  g_free(self);
}

int link_pipe_fd(const struct link *link)
{
  const struct link_pipe *self = (const struct link_pipe *)link;
  return self->child != 0 ? self->from_child : -1;
}
