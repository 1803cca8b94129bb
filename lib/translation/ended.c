#include "translation/ended.h"

#include <string.h>

#include <glib.h>

#include "base/text_fields.h"
#include "domain/ulid.h"

#define SESSION_DIGITS 64
#define PREFIX_LENGTH 4

static const char *const names[] = {[ENDED_SESSION] = "session", [ENDED_USER] = "user", [ENDED_KEY] = "key"};
static const char *const prefixes[] = {[ENDED_USER] = "usr_", [ENDED_KEY] = "key_"};

const char *ended_kind_name(enum ended_kind kind)
{
  return names[kind];
}

bool ended_id_valid(enum ended_kind kind, const char *id)
{
  struct ulid ulid;
  size_t length = strlen(id);
  if (kind == ENDED_SESSION)
    return length == SESSION_DIGITS && strspn(id, "0123456789abcdef") == length;
  return strncmp(id, prefixes[kind], PREFIX_LENGTH) == 0 &&
         ulid_parse(id + PREFIX_LENGTH, length - PREFIX_LENGTH, &ulid);
}

char *ended_format(enum ended_kind kind, const char *id)
{
  return g_strdup_printf("%s %s", names[kind], id);
}

bool ended_parse(const char *text, size_t length, struct ended *out)
{
  char *fields[2];
  g_autofree char *copy = length <= 2 * ENDED_ID_SIZE ? text_fields_of(text, length) : NULL;
  if (copy == NULL || !text_fields_split(copy, fields, 2) ||
      !text_fields_copy(fields[1], out->id, sizeof out->id))
    return false;
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
    if (strcmp(fields[0], names[i]) == 0) {
      out->kind = (enum ended_kind)i;
      return ended_id_valid(out->kind, out->id);
    }
  return false;
}
