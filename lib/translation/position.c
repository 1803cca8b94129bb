#include "translation/position.h"

#include <stdio.h>
#include <string.h>

#include "base/text_fields.h"

const char *position_at(cluster_time at, char out[POSITION_AT_SIZE])
{
  snprintf(out, POSITION_AT_SIZE, "at:%" PRI_CLUSTER_TIME, at);
  return out;
}

bool position_is_at(const char *position, cluster_time *at)
{
  return strncmp(position, "at:", 3) == 0 && text_fields_hex64(position + 3, at);
}
