#include "fcgi/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>

#define SYSTEMD_FIRST_FD 3
#define BACKLOG 511
#define SOCKET_MODE 0660

static bool is_listening(int fd)
{
  int listening = 0;
  socklen_t size = sizeof listening;
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

/* The socket that systemd hands over, or -1. */
static int from_systemd(void)
{
  const char *pid = getenv("LISTEN_PID");
  const char *count = getenv("LISTEN_FDS");
  if (pid == NULL || count == NULL || g_ascii_strtoll(pid, NULL, 10) != getpid() ||
      g_ascii_strtoll(count, NULL, 10) < 1)
    return -1;
  return is_listening(SYSTEMD_FIRST_FD) ? SYSTEMD_FIRST_FD : -1;
}

/* Takes away what an earlier worker left behind; RESULT_INVALID when somebody still listens there. */
MUST_CHECK static enum result clear_path(const struct sockaddr_un *address, struct err *e)
{
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0)
    return err_set(e, RESULT_INTERNAL, "socket: %s", g_strerror(errno));
  int answered = connect(probe, (const struct sockaddr *)address, sizeof *address);
  int why = errno;
  close(probe);
  if (answered == 0)
    return err_set(e, RESULT_INVALID, "another worker listens on %s", address->sun_path);
  if (why == ECONNREFUSED && unlink(address->sun_path) != 0)
    return err_set(e, RESULT_INTERNAL, "%s: %s", address->sun_path, g_strerror(errno));
  return RESULT_OK;
}

MUST_CHECK static enum result bind_path(const char *path, int *fd, struct err *e)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
    return err_set(e, RESULT_INVALID, "[worker] socket: the path is too long for a socket: %s", path);
  enum result r = clear_path(&address, e);
  if (r != RESULT_OK)
    return r;
  *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (*fd < 0 || bind(*fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
      chmod(path, SOCKET_MODE) != 0 || listen(*fd, BACKLOG) != 0) {
    r = err_set(e, RESULT_INTERNAL, "cannot listen on %s: %s", path, g_strerror(errno));
    if (*fd >= 0)
      close(*fd);
  }
  return r;
}

enum result listening_open(const struct conf *conf, struct listening *out, struct err *e)
{
  *out = (struct listening){.fd = from_systemd()};
  if (out->fd < 0 && is_listening(STDIN_FILENO))
    out->fd = STDIN_FILENO;
  if (out->fd < 0) {
    enum result r = bind_path(conf->worker_socket, &out->fd, e);
    if (r != RESULT_OK)
      return r;
    out->path = g_strdup(conf->worker_socket);
  }
  int flags = fcntl(out->fd, F_GETFL);
  if (flags < 0 || fcntl(out->fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
      fcntl(out->fd, F_SETFD, FD_CLOEXEC) != 0) {
    enum result r = err_set(e, RESULT_INTERNAL, "the listening socket: %s", g_strerror(errno));
    listening_close(out);
    return r;
  }
  return RESULT_OK;
}

void listening_close(struct listening *listening)
{
  if (listening->path != NULL)
    unlink(listening->path);
  g_clear_pointer(&listening->path, g_free);
  close(listening->fd);
  listening->fd = -1;
}
