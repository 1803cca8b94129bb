#include "fcgi/position.h"

#include <stdio.h>
#include <string.h>

#include "base/text_fields.h"

#define PREFIX "p1_"

const char *position_format(cluster_time time, char out[POSITION_TEXT_SIZE])
{
  snprintf(out, POSITION_TEXT_SIZE, PREFIX "%" PRI_CLUSTER_TIME, time);
  return out;
}

bool position_parse(const char *text, cluster_time *out)
{
  return strncmp(text, PREFIX, strlen(PREFIX)) == 0 && text_fields_hex64(text + strlen(PREFIX), out);
}
