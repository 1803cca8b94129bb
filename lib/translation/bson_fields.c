#include "translation/bson_fields.h"

#include <string.h>

#include <glib.h>

/* ---- members of structs; offsets come from offsetof, so that the casts are to what is there ---- */

static const void *member(const void *object, size_t offset)
{
  return (const char *)object + offset;
}

static void *member_of(void *object, size_t offset)
{
  return (char *)object + offset;
}

static bool is_zero(const struct bson_field *field, const void *object)
{
  const void *at = member(object, field->offset);
  switch (field->kind) {
  case BSON_FIELD_TEXT:
    return *(char *const *)at == NULL;
  case BSON_FIELD_CHARS:
    return *(const char *)at == '\0';
  case BSON_FIELD_INT64:
  case BSON_FIELD_DATE:
    return *(const int64_t *)at == 0;
  case BSON_FIELD_INT32:
    return *(const int *)at == 0;
  case BSON_FIELD_BOOL:
    return !*(const bool *)at;
  case BSON_FIELD_BINARY:
    return false;
  }
  return false;
}

static bool is_there(const struct bson_field *field, const void *object)
{
  switch (field->presence) {
  case BSON_FIELD_REQUIRED:
    return true;
  case BSON_FIELD_OPTIONAL:
    return !is_zero(field, object);
  case BSON_FIELD_FLAGGED:
    return *(const bool *)member(object, field->flag);
  }
  return false;
}

/* ---- writing ---- */

static bool append_text(bson_t *out, const char *name, const char *text)
{
  if (text == NULL)
    return false;
  size_t length = strlen(text);
  return bson_utf8_validate(text, length, false) && bson_append_utf8(out, name, -1, text, (int)length);
}

static bool append(const struct bson_field *field, const void *object, bson_t *out)
{
  const void *at = member(object, field->offset);
  switch (field->kind) {
  case BSON_FIELD_TEXT:
    return append_text(out, field->name, *(char *const *)at);
  case BSON_FIELD_CHARS:
    return append_text(out, field->name, at);
  case BSON_FIELD_INT64:
    return bson_append_int64(out, field->name, -1, *(const int64_t *)at);
  case BSON_FIELD_INT32:
    return bson_append_int32(out, field->name, -1, *(const int *)at);
  case BSON_FIELD_DATE:
    return bson_append_date_time(out, field->name, -1, *(const int64_t *)at);
  case BSON_FIELD_BOOL:
    return bson_append_bool(out, field->name, -1, *(const bool *)at);
  case BSON_FIELD_BINARY:
    return bson_append_binary(out, field->name, -1, BSON_SUBTYPE_BINARY, at, (uint32_t)field->size);
  }
  return false;
}

enum result bson_fields_write(const struct bson_field *fields, size_t count, const void *object, bson_t *out,
                              struct err *e)
{
  for (size_t i = 0; i < count; i++)
    if (is_there(&fields[i], object) && !append(&fields[i], object, out))
      return err_set(e, RESULT_INVALID, "field %s: missing, not UTF-8 or too large", fields[i].name);
  return RESULT_OK;
}

/* ---- reading ---- */

static const char *utf8_of(const bson_iter_t *iter, size_t *length)
{
  uint32_t size = 0;
  if (!BSON_ITER_HOLDS_UTF8(iter))
    return NULL;
  const char *text = bson_iter_utf8(iter, &size);
  *length = size;
  return bson_utf8_validate(text, size, false) ? text : NULL;
}

static bool read_chars(const bson_iter_t *iter, char *into, size_t size)
{
  size_t length = 0;
  const char *text = utf8_of(iter, &length);
  if (text == NULL || length >= size)
    return false;
  memcpy(into, text, length + 1);
  return true;
}

static bool read_binary(const bson_iter_t *iter, void *into, size_t size)
{
  bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
  uint32_t length = 0;
  const uint8_t *bytes = NULL;
  if (!BSON_ITER_HOLDS_BINARY(iter))
    return false;
  bson_iter_binary(iter, &subtype, &length, &bytes);
  if (length != size)
    return false;
  memcpy(into, bytes, size);
  return true;
}

static bool read_value(const struct bson_field *field, const bson_iter_t *iter, void *object)
{
  void *at = member_of(object, field->offset);
  size_t length = 0;
  switch (field->kind) {
  case BSON_FIELD_TEXT:
    *(char **)at = g_strdup(utf8_of(iter, &length));
    return *(char **)at != NULL;
  case BSON_FIELD_CHARS:
    return read_chars(iter, at, field->size);
  case BSON_FIELD_INT64:
    *(int64_t *)at = bson_iter_int64(iter);
    return BSON_ITER_HOLDS_INT64(iter);
  case BSON_FIELD_INT32:
    *(int *)at = bson_iter_int32(iter);
    return BSON_ITER_HOLDS_INT32(iter);
  case BSON_FIELD_DATE:
    *(int64_t *)at = bson_iter_date_time(iter);
    return BSON_ITER_HOLDS_DATE_TIME(iter);
  case BSON_FIELD_BOOL:
    *(bool *)at = bson_iter_bool(iter);
    return BSON_ITER_HOLDS_BOOL(iter);
  case BSON_FIELD_BINARY:
    return read_binary(iter, at, field->size);
  }
  return false;
}

enum result bson_fields_read(const struct bson_field *fields, size_t count, const bson_t *document,
                             void *object, struct err *e)
{
  for (size_t i = 0; i < count; i++) {
    bson_iter_t iter;
    bool found = bson_iter_init_find(&iter, document, fields[i].name);
    if (!found && fields[i].presence == BSON_FIELD_REQUIRED)
      return err_set(e, RESULT_CORRUPT, "field %s is missing", fields[i].name);
    if (found && !read_value(&fields[i], &iter, object))
      return err_set(e, RESULT_CORRUPT, "field %s is not what was written", fields[i].name);
    if (fields[i].presence == BSON_FIELD_FLAGGED)
      *(bool *)member_of(object, fields[i].flag) = found;
  }
  return RESULT_OK;
}

void bson_fields_append_text(bson_t *array, uint32_t index, const char *text)
{
  char buffer[16];
  const char *key = NULL;
  bson_uint32_to_string(index, &key, buffer, sizeof buffer);
  BSON_APPEND_UTF8(array, key, text);
}

const char *bson_fields_text(const bson_t *document, const char *name, size_t *length)
{
  bson_iter_t iter;
  return bson_iter_init_find(&iter, document, name) ? utf8_of(&iter, length) : NULL;
}

bool bson_fields_sub(const bson_t *document, const char *name, bson_type_t type, bson_t *out)
{
  bson_iter_t iter;
  if (!bson_iter_init_find(&iter, document, name) || bson_iter_type(&iter) != type)
    return false;
  const uint8_t *bytes = NULL;
  uint32_t length = 0;
  if (type == BSON_TYPE_ARRAY)
    bson_iter_array(&iter, &length, &bytes);
  else
    bson_iter_document(&iter, &length, &bytes);
  return bson_init_static(out, bytes, length);
}
