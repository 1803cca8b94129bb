#include "cli/import/bad.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <csv.h>
#include <glib.h>

struct bad {
  char *path;
  FILE *stream;
  size_t count;
};

enum result bad_open(const char *path, struct bad **out, struct err *e)
{
  FILE *stream = fopen(path, "we");
  if (stream == NULL)
    return err_set(e, RESULT_UNAVAILABLE, "%s cannot be made for bad rows (--bad names another file): %s",
                   path, strerror(errno));
  fputs("line,field,code,reason\n", stream);
  struct bad *bad = g_new0(struct bad, 1);
  bad->path = g_strdup(path);
  bad->stream = stream;
  *out = bad;
  return RESULT_OK;
}

void bad_add_fault(struct bad *bad, size_t line, const char *field, const char *code, const char *reason)
{
  fprintf(bad->stream, "%zu,", line);
  csv_fwrite(bad->stream, field, strlen(field));
  fprintf(bad->stream, ",%s,", code);
  csv_fwrite(bad->stream, reason, strlen(reason));
  fputc('\n', bad->stream);
  bad->count++;
}

void bad_add(struct bad *bad, const struct draft *draft)
{
  for (guint i = 0; i < draft->faults->len; i++) {
    const struct fault *fault = &g_array_index(draft->faults, struct fault, i);
    bad_add_fault(bad, fault->line, fault->field, fault->code, fault->reason);
  }
}

enum result bad_close(struct bad *bad, struct err *e)
{
  enum result r = RESULT_OK;
  bool failed = ferror(bad->stream) != 0;
  if (fclose(bad->stream) != 0 || failed)
    r = err_set(e, RESULT_UNAVAILABLE, "%s cannot be written: %s", bad->path, strerror(errno));
  if (bad->count == 0)
    unlink(bad->path);
  g_free(bad->path);
  g_free(bad);
  return r;
}
