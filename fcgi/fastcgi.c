#include "fcgi/fastcgi.h"

#include <fastcgi.h>

#include "base/log.h"
#include "fcgi/exchange.h"

static size_t read_body(void *arg, char *buffer, size_t size)
{
  FCGX_Stream *in = arg;
  int got = FCGX_GetStr(buffer, (int)size, in);
  return FCGX_GetError(in) == 0 && got > 0 ? (size_t)got : 0;
}

static bool write_answer(void *arg, const char *bytes, size_t length)
{
  return FCGX_PutStr(bytes, (int)length, arg) == (int)length;
}

static void answer(struct context *context, FCGX_Request *fastcgi)
{
  const struct exchange_ends ends = {
      .read = read_body, .read_arg = fastcgi->in, .write = write_answer, .write_arg = fastcgi->out};
  exchange_run(context, (const char *const *)fastcgi->envp, &ends);
}

void fastcgi_serve(struct context *context, FCGX_Request *fastcgi)
{
  if (fastcgi->role == FCGI_RESPONDER)
    answer(context, fastcgi);
  else
    log_event(LOG_LEVEL_WARN, "role_refused", "role=%d", fastcgi->role);
  fastcgi->keepConnection = 0; /* nobody would wait for what comes over it next */
  FCGX_Finish_r(fastcgi);
}
