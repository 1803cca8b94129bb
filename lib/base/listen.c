#include "base/listen.h"

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

/* The socket that systemd hands over, or -1 when it hands none to this process. One that it should have
 * handed over is missed at once: whatever else this one listened on, nobody would come there. */
MUST_CHECK static enum result from_systemd(int *fd, struct err *e)
{
  const char *pid = getenv("LISTEN_PID");
  const char *count = getenv("LISTEN_FDS");
  *fd = -1;
  if (pid == NULL || count == NULL || g_ascii_strtoll(pid, NULL, 10) != getpid())
    return RESULT_OK;
  if (g_ascii_strtoll(count, NULL, 10) < 1 || !is_listening(SYSTEMD_FIRST_FD))
    return err_set(e, RESULT_INVALID, "LISTEN_FDS=%s, but file descriptor %d is not a listening socket",
                   count, SYSTEMD_FIRST_FD);
  *fd = SYSTEMD_FIRST_FD;
  return RESULT_OK;
}

/* Takes away what an earlier process left behind; RESULT_INVALID when somebody still listens there. */
MUST_CHECK static enum result clear_path(const struct sockaddr_un *address, struct err *e)
{
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0)
    return err_set(e, RESULT_INTERNAL, "socket: %s", g_strerror(errno));
  int answered = connect(probe, (const struct sockaddr *)address, sizeof *address);
  int why = errno;
  close(probe);
  if (answered == 0)
    return err_set(e, RESULT_INVALID, "another process listens on %s", address->sun_path);
  if (why == ECONNREFUSED && unlink(address->sun_path) != 0)
    return err_set(e, RESULT_INTERNAL, "%s: %s", address->sun_path, g_strerror(errno));
  return RESULT_OK;
}

MUST_CHECK static enum result bind_path(const char *path, const char *setting, int *fd, struct err *e)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
    return err_set(e, RESULT_INVALID, "%s: the path is too long for a socket: %s", setting, path);
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

MUST_CHECK static enum result make_ready(int fd, struct err *e)
{
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    return err_set(e, RESULT_INTERNAL, "the listening socket: %s", g_strerror(errno));
  return RESULT_OK;
}

enum result listening_open(const char *path, const char *setting, struct listening *out, struct err *e)
{
  *out = (struct listening){.fd = -1};
  enum result r = from_systemd(&out->fd, e);
  if (r == RESULT_OK && out->fd < 0 && is_listening(STDIN_FILENO))
    out->fd = STDIN_FILENO;
  if (r == RESULT_OK && out->fd < 0) {
    r = bind_path(path, setting, &out->fd, e);
    out->path = r == RESULT_OK ? g_strdup(path) : NULL;
  }
  if (r != RESULT_OK)
    return r;
  r = make_ready(out->fd, e);
  if (r != RESULT_OK)
    listening_close(out);
  return r;
}

void listening_close(struct listening *listening)
{
  if (listening->path != NULL)
    unlink(listening->path);
  g_clear_pointer(&listening->path, g_free);
  close(listening->fd);
  listening->fd = -1;
}
