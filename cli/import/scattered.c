#include "cli/import/scattered.h"

#include <stdint.h>

#include <glib.h>

struct scattered {
  GHashTable *references;
};

/* FNV-1a, 64 bits. */
static gpointer hash_of(const char *reference)
{
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (const char *p = reference; *p != '\0'; p++)
    hash = (hash ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
  return (gpointer)(uintptr_t)hash;
}

struct scattered *scattered_scan(struct cells_reader *cells, const struct mapping *mapping)
{
  struct scattered *scattered = g_new0(struct scattered, 1);
  scattered->references = g_hash_table_new(g_direct_hash, g_direct_equal);
  g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
  gpointer before = NULL;
  struct cells row = {0};
  bool end = false;
  while (cells->next(cells, &row, &end, NULL) == RESULT_OK && !end) {
    const char *reference = mapping_get(mapping, ROW_FIELD_REFERENCE, &row);
    gpointer hash = reference != NULL ? hash_of(reference) : NULL;
    if (reference != NULL && hash != before && !g_hash_table_add(seen, hash))
      g_hash_table_add(scattered->references, hash);
    before = hash;
  }
  return scattered;
}

void scattered_free(struct scattered *scattered)
{
  if (scattered == NULL)
    return;
  g_hash_table_destroy(scattered->references);
  g_free(scattered);
}

bool scattered_has(const struct scattered *scattered, const char *reference)
{
  return scattered != NULL && g_hash_table_contains(scattered->references, hash_of(reference));
}
