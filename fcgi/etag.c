#include "fcgi/etag.h"

#include <string.h>

#include <sodium.h>

#define TAG_BYTES 16

char *etag_make(const char *figures, gsize figures_length, const GString *flags)
{
  crypto_generichash_state state;
  unsigned char hash[TAG_BYTES];
  char hex[2 * TAG_BYTES + 1];
  crypto_generichash_init(&state, NULL, 0, sizeof hash);
  crypto_generichash_update(&state, (const unsigned char *)figures, figures_length);
  crypto_generichash_update(&state, (const unsigned char *)flags->str, flags->len);
  crypto_generichash_final(&state, hash, sizeof hash);
  return g_strdup_printf("W/\"%s\"", sodium_bin2hex(hex, sizeof hex, hash, sizeof hash));
}

/* The tag without its weakness: weak comparison looks at nothing else. */
static const char *opaque(const char *tag)
{
  return strncmp(tag, "W/", 2) == 0 ? tag + 2 : tag;
}

bool etag_matches(const char *if_none_match, const char *etag)
{
  if (strcmp(if_none_match, "*") == 0)
    return true;
  /* a comma within a tag would split it, but no tag of ours has one */
  g_auto(GStrv) tags = g_strsplit(if_none_match, ",", -1);
  for (char **tag = tags; *tag != NULL; tag++)
    if (strcmp(opaque(g_strstrip(*tag)), opaque(etag)) == 0)
      return true;
  return false;
}
