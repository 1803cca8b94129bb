#include "translation/field_digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void update(GChecksum *checksum, const char *text)
{
  g_checksum_update(checksum, (const guchar *)text, (gssize)strlen(text));
}

static void update_number(GChecksum *checksum, int64_t number)
{
  char text[24];
  snprintf(text, sizeof text, "%" PRId64, number);
  update(checksum, text);
}

static void update_text(GChecksum *checksum, const char *text)
{
  update_number(checksum, (int64_t)strlen(text));
  update(checksum, ":");
  update(checksum, text);
}

static void update_value(GChecksum *checksum, const struct field *field, const void *record)
{
  switch (field->type) {
  case FIELD_INTEGER:
  case FIELD_INSTANT:
    update_number(checksum, *field_integer(field, record));
    break;
  case FIELD_CODE:
  case FIELD_PRINTABLE:
  case FIELD_PROSE:
  case FIELD_TEXT:
    update_text(checksum, *field_text(field, record));
    break;
  case FIELD_CURRENCY:
    update_text(checksum, field_currency(field, record));
    break;
  case FIELD_LIST:
    update_number(checksum, (int64_t)field_item_count(field, record));
    break;
  }
}

void field_digest_update(GChecksum *checksum, const struct field_table *table, const void *record)
{
  for (size_t i = 0; i < table->count; i++) {
    const struct field *field = &table->fields[i];
    if (!field_given(field, record))
      continue;
    update(checksum, field->name);
    update(checksum, "=");
    update_value(checksum, field, record);
    update(checksum, "\n");
    for (size_t k = 0; field->type == FIELD_LIST && k < field_item_count(field, record); k++)
      field_digest_update(checksum, field->items, field_item(field, record, k));
  }
}
