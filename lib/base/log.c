#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *log_program = "takings";
static enum log_level log_least = LOG_LEVEL_INFO;

void log_init(const char *program, enum log_level least)
{
  log_program = program;
  log_least = least;
}

static int write_prefix(char *line, size_t size, enum log_level level, const char *event)
{
  static const char *const names[] = {"debug", "info", "warn", "error"};
  struct timespec now;
  struct tm utc;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &utc);
  char stamp[32];
  strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
  return snprintf(line, size, "ts=%s.%03ldZ level=%s program=%s event=%s", stamp, now.tv_nsec / 1000000,
                  names[level], log_program, event);
}

void log_event(enum log_level level, const char *event, const char *fields, ...)
{
  if (level < log_least)
    return;
  char line[1024];
  size_t room = sizeof line - 1;
  size_t used = (size_t)write_prefix(line, room, level, event);
  if (used < room && fields[0] != '\0') {
    line[used++] = ' ';
    va_list args;
    va_start(args, fields);
    int more = vsnprintf(line + used, room - used, fields, args);
    va_end(args);
    used += more > 0 ? (size_t)more : 0;
  }
  if (used >= room)
    used = room - 1;
  for (size_t i = 0; i < used; i++)
    if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
      line[i] = '?';
  line[used++] = '\n';
  /* A log that cannot be written has nowhere to be reported. */
  ssize_t ignored = write(STDERR_FILENO, line, used);
  (void)ignored;
}

const char *log_quote(char *out, size_t size, const char *text)
{
  size_t used = 0;
  out[used++] = '"';
  for (const char *p = text; *p != '\0' && used + 2 < size; p++) {
    unsigned char c = (unsigned char)*p;
    out[used++] = c < 0x20 || c == '"' || c == '\\' || c == 0x7f ? '?' : *p;
  }
  out[used++] = '"';
  out[used] = '\0';
  return out;
}
