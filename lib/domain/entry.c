#include "domain/entry.h"

#include <stdio.h>
#include <string.h>

#include <glib.h>

#define ULID_DIGITS (ULID_TEXT_SIZE - 1)
#define PUBLIC_PREFIX_SIZE 4

static const char *const public_prefix[] = {[ENTRY_ORDER] = "ord_", [ENTRY_REFUND] = "rfd_"};

void entry_init(struct entry *entry, enum entry_kind kind)
{
  *entry = (struct entry){.kind = kind};
  order_init(&entry->order);
  refund_init(&entry->refund);
}

void entry_clear(struct entry *entry)
{
  g_free(entry->idem);
  g_free(entry->import_id);
  order_clear(&entry->order);
  refund_clear(&entry->refund);
  entry_init(entry, entry->kind);
}

const char *entry_id_format(const char *merchant, const struct ulid *id, char out[ENTRY_ID_SIZE])
{
  char text[ULID_TEXT_SIZE];
  snprintf(out, ENTRY_ID_SIZE, "%s/%s", merchant, ulid_format(id, text));
  return out;
}

bool entry_id_parse(const char *text, size_t length, char merchant[MERCHANT_ID_SIZE], struct ulid *id)
{
  if (length < ULID_DIGITS + 1)
    return false;
  size_t slash = length - ULID_DIGITS - 1;
  if (text[slash] != '/' || !merchant_id_valid(text, slash) || !ulid_parse(text + slash + 1, ULID_DIGITS, id))
    return false;
  memcpy(merchant, text, slash);
  merchant[slash] = '\0';
  return true;
}

const char *entry_public_id(enum entry_kind kind, const struct ulid *id, char out[ENTRY_PUBLIC_ID_SIZE])
{
  char text[ULID_TEXT_SIZE];
  snprintf(out, ENTRY_PUBLIC_ID_SIZE, "%s%s", public_prefix[kind], ulid_format(id, text));
  return out;
}

bool entry_public_id_parse(const char *text, size_t length, enum entry_kind kind, struct ulid *id)
{
  return length == PUBLIC_PREFIX_SIZE + ULID_DIGITS &&
         memcmp(text, public_prefix[kind], PUBLIC_PREFIX_SIZE) == 0 &&
         ulid_parse(text + PUBLIC_PREFIX_SIZE, ULID_DIGITS, id);
}

bool entry_request_id_valid(const char *text, size_t length)
{
  bool good = length > 0 && length < REQUEST_ID_SIZE;
  for (size_t i = 0; i < length && good; i++)
    good = g_ascii_isalnum(text[i]) || text[i] == '-' || text[i] == '_';
  return good;
}
