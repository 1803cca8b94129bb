#include "cli/import/file_prefix.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#define PREFIX_DIGITS 12

enum result file_prefix(FILE *stream, char **out, struct err *e)
{
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  guchar chunk[65536];
  size_t length;
  while ((length = fread(chunk, 1, sizeof chunk, stream)) > 0)
    g_checksum_update(checksum, chunk, (gssize)length);
  if (ferror(stream))
    return err_set(e, RESULT_UNAVAILABLE, "the file cannot be read: %s", strerror(errno));
  rewind(stream);
  *out = g_strndup(g_checksum_get_string(checksum), PREFIX_DIGITS);
  return RESULT_OK;
}
