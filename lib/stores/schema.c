#include "stores/schema.h"

#include <stdio.h>

#include <glib.h>

const char *schema_entry_bound(const char *merchant, int64_t ms, char out[ENTRY_ID_SIZE])
{
  static const uint8_t least[ULID_RANDOM_SIZE];
  struct ulid id = ulid_make(CLAMP(ms, 0, ULID_MS_MAX), least);
  return entry_id_format(merchant, &id, out);
}

const char *schema_entry_end(const char *merchant, char out[ENTRY_ID_SIZE])
{
  /* '0' comes right after '/': what lies between begins with "<merchant>/". */
  snprintf(out, ENTRY_ID_SIZE, "%s0", merchant);
  return out;
}
